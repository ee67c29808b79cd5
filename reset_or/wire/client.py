"""The server's paths as calls: signs requests, keeps the nonce, turns problems into errors of the tree.

Decides nothing about data; what comes back is still untrusted where its name or type says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.ids import sha256_hex
from reset_or.revisions.receipts import Signed
from reset_or.wire import auth, blobs, holds, invites, messages, problems, server_status
from reset_or.wire.holds import Hold, decode_holds
from reset_or.wire.problems import Problem
from reset_or.wire.server_status import ServerStatus, decode_status
from reset_or.wire.transport import Call, FilePart, HeldPart, Reply, Transport, is_gateway_trouble

_BYTES: Final = {"content-type": "application/octet-stream"}
_OK: Final = frozenset({200, 201, 204, 206})


class ServerProblem(Exception):
    """A numbered refusal, for callers that go on from it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Client:
    """One server through one transport. `key`: the device's signing key, None before there is one."""

    def __init__(self, transport: Transport, key: Ed25519PrivateKey | None) -> None:
        self._transport = transport
        self._key = key
        self.requests = 0

    # --- records -----------------------------------------------------------------------------------

    def sync(self, request: bytes) -> bytes:
        """POST /v1/sync; the answer's bytes, still untrusted."""
        headers = {"content-type": messages.CONTENT_TYPE}
        reply = self._signed(Call("POST", messages.PATH, body=request, headers=headers))
        if reply.content_type != messages.CONTENT_TYPE:
            raise EnvironmentTrouble("server_not_ours")
        return reply.untrusted_body

    # --- photos ------------------------------------------------------------------------------------

    def blob_offset(self, blob_id: str) -> tuple[int, Signed | None]:
        """(bytes the server has, its receipt once it has all)."""
        reply = self._signed(Call("HEAD", blobs.blob_path(blob_id)))
        offset = reply.headers.get(auth.OFFSET_HEADER.lower(), "")
        if not offset.isdigit() or len(offset) > 12:
            raise EnvironmentTrouble("server_not_ours")
        text = reply.headers.get(auth.RECEIPT_HEADER.lower())
        return int(offset), blobs.read_receipt_text(text) if text else None

    def blob_put(
        self, blob_id: str, part: FilePart | HeldPart, length: int, pace: Callable[[int], None] | None = None
    ) -> blobs.PutAnswer:
        """Sends a part of the sealed file, whose whole length is `length`.

        Raises ServerProblem(`blob_offset`, `blob_hash_differs`), and EnvironmentTrouble whose `reason` is
        "cut" where the connection broke: some of it may have arrived. What `pace` raises passes.
        """
        query = blobs.put_query(part.start, length)
        body = part if isinstance(part, FilePart) else part.data
        reply = self._signed(
            Call("PUT", blobs.blob_path(blob_id), query, body, _BYTES, repeatable=False, pace=pace),
            keep=("blob_offset", "blob_hash_differs"),
        )
        try:
            return blobs.decode_put_answer(reply.untrusted_body)
        except TrustBroken as error:  # what a server really says wrongly is found by its receipt
            raise EnvironmentTrouble("server_not_ours", reason=error.code) from error

    def blob_get(
        self, blob_id: str, offset: int, length: int, write: Callable[[bytes], None],
        pace: Callable[[int], None] | None = None,
    ) -> None:  # fmt: skip
        """Hands the sealed file from `offset` to its end to `write`, as it comes and never more.

        Raises EnvironmentTrouble whose `reason` is "cut" where the connection broke on the way.
        """
        taker = _Taker(offset, length, write)
        headers = {"range": f"bytes={offset}-{length - 1}"}
        path = blobs.blob_path(blob_id)
        self._signed(Call("GET", path, headers=headers, repeatable=False, into=taker.look, pace=pace))
        if taker.left != 0:
            raise EnvironmentTrouble("server_not_ours")

    # --- who it is ---------------------------------------------------------------------------------

    def status(self) -> ServerStatus:
        """What the server says of itself, not yet believed. Raises EnvironmentTrouble."""
        return decode_status(self._plain("GET", server_status.PATH).untrusted_body)

    def holds(self) -> tuple[Hold, ...]:
        """Devices of this device's site that are on hold. Raises EnvironmentTrouble and what refuses it."""
        return decode_holds(self._signed(Call("GET", holds.PATH)).untrusted_body)

    # --- invites -----------------------------------------------------------------------------------

    def invite_post(self, invite_id: str, sealed: bytes) -> None:
        self._plain("POST", f"/v1/invite/{invite_id}", body=sealed)

    def invite_get(self, invite_id: str) -> bytes:
        """Raises UserFixable `invite_unknown`, `invite_expired`."""
        return self._plain("GET", f"/v1/invite/{invite_id}").untrusted_body

    def answer_post(self, invite_id: str, sealed: bytes) -> None:
        """Raises TrustBroken("invite_answered") where other keys were posted first."""
        self._plain("POST", f"/v1/invite/{invite_id}/answer", body=sealed)

    def answer_get(self, invite_id: str) -> bytes | None:
        """The sealed answer, None while nobody has answered."""
        try:
            reply = self._send(Call("GET", f"/v1/invite/{invite_id}/answer"), keep=("invite_not_answered",))
        except ServerProblem:
            return None
        return reply.untrusted_body

    # --- inside ------------------------------------------------------------------------------------

    def _plain(self, method: str, path: str, *, body: bytes = b"") -> Reply:
        headers = _BYTES if body else {}
        return self._send(Call(method, path, body=body, headers=headers, most=invites.MAX_SEALED * 2))

    def _signed(self, call: Call, keep: tuple[str, ...] = ()) -> Reply:
        """One signed request; a nonce that is too old is replaced once."""
        assert self._key is not None
        body_sha256 = _sha256_of(call.body)
        for last_try in (False, True):
            if not self._transport.nonce:
                self._transport.nonce = self._fresh_nonce()
            header = auth.sign_request(
                self._key, method=call.method, path=call.path, query=call.query,
                nonce=self._transport.nonce, body_sha256=body_sha256,
            )  # fmt: skip
            signed = replace(call, headers={**call.headers, auth.HEADER: header})
            try:
                return self._send(signed, keep=keep if last_try else (*keep, "nonce"))
            except ServerProblem as refused:
                if refused.problem.code != "nonce":
                    raise
                self._transport.nonce = refused.problem.nonce or self._transport.nonce
        raise AssertionError("unreachable")

    def _fresh_nonce(self) -> str:
        reply = self._send(Call("GET", auth.NONCE_PATH))
        try:
            nonce = json.loads(reply.untrusted_body)["nonce"]
        except (ValueError, RecursionError, KeyError, TypeError) as error:
            raise EnvironmentTrouble("server_not_ours") from error
        if not isinstance(nonce, str) or not nonce.isascii() or not 0 < len(nonce) <= 96:
            raise EnvironmentTrouble("server_not_ours")
        return nonce

    def _send(self, call: Call, keep: tuple[str, ...] = ()) -> Reply:
        """The reply to a request that was taken; otherwise the problem's error, or ServerProblem for the
        codes in `keep`."""
        self.requests += 1
        reply = self._transport.send(call)
        nonce = reply.headers.get(auth.NONCE_HEADER.lower())
        if nonce:
            self._transport.nonce = nonce
        if reply.status in _OK:
            if reply.content_type == "text/html":  # the server has no pages: somebody else's sign-in page
                raise EnvironmentTrouble("server_not_ours", status=reply.status)
            return reply
        problem = _problem(reply)
        if problem is None:
            away = is_gateway_trouble(reply)
            raise EnvironmentTrouble("server_unavailable" if away else "server_not_ours", status=reply.status)
        if problem.nonce is None and nonce:
            problem = Problem(problem.code, problem.retry_s, nonce, problem.offset, problem.why)
        if problem.code in keep:
            raise ServerProblem(problem)
        raise problem.as_error()


def _problem(reply: Reply) -> Problem | None:
    found = problems.decode_problem(reply.headers.get("content-type", ""), reply.untrusted_body)
    if found is None:
        code = reply.headers.get(auth.PROBLEM_HEADER.lower(), "")  # HEAD has no body
        found = Problem(code) if code in problems.PROBLEMS else None
    return found


def _sha256_of(body: bytes | FilePart) -> str:
    if isinstance(body, bytes):
        return sha256_hex(body)
    digest = hashlib.sha256()
    for chunk in body.chunks():
        digest.update(chunk)
    return digest.hexdigest()


@dataclass
class _Taker:
    """Takes the bytes of one sealed file from `offset` on. `left`: None until a reply had a file."""

    offset: int
    length: int
    write: Callable[[bytes], None]
    left: int | None = None
    _skip: int = 0

    def look(self, head: Reply) -> Callable[[bytes], None] | None:
        """Anything but the part that was asked for, or the whole file, is left to whoever reads problems."""
        if head.status not in (200, 206) or head.content_type != _BYTES["content-type"]:
            return None
        if head.status == 200:  # a server may answer with the whole file
            self._skip = self.offset
        elif head.headers.get("content-range") != f"bytes {self.offset}-{self.length - 1}/{self.length}":
            return None
        self.left = self.length - self.offset
        return self._take

    def _take(self, data: bytes) -> None:
        skipped, self._skip = self._skip, max(0, self._skip - len(data))
        data = data[skipped:]
        self.left = (self.left or 0) - len(data)
        if self.left < 0:
            raise EnvironmentTrouble("server_not_ours")
        self.write(data)
