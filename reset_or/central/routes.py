"""The routes of the server, one function each. What they do stands in the desks, what they say in `wire`."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Final
from weakref import WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from reset_or.base import ids, resources
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import meter, status_page
from reset_or.central.callers import is_monitor
from reset_or.central.door import Asked, Caller
from reset_or.central.holds import holds
from reset_or.central.http import body_of, brake, chunks_of
from reset_or.central.photos import Photo
from reset_or.central.pieces import BlobStore
from reset_or.central.refusal import Refused
from reset_or.central.service import Service
from reset_or.revisions.receipts import Signed
from reset_or.wire import auth, blobs, invites, messages
from reset_or.wire.holds import Hold, encode_holds
from reset_or.wire.server_status import grants_object

BYTES: Final = "application/octet-stream"
OPENAPI: Final = "openapi.json"
_AHEAD: Final = 4
_SHORT: Final = 64 * 1024
"""A body of up to so many bytes the HTTP server reads of anybody: it may be there before its caller is known,
and all of a small sync is one turn of one thread. A longer one is read for who was let in."""
_RANGE = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")
_PUT_QUERY = re.compile(r"length=([0-9]{1,9})&offset=([0-9]{1,9})")


@dataclass
class Routes:
    """The handlers of one service. `_turns`: one batch for a device, one finisher of a photo at a time."""

    service: Service
    version: str
    _turns: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    async def sync(self, request: Request) -> Response:
        asked, body = self._asked(request), None
        if _is_short(request):
            body = await body_of(request, _SHORT, self.service.options)
        else:
            await run_in_threadpool(self.service.door.let_in, asked)
        async with self._turn(asked.untrusted.dev):
            if body is None:
                body = await body_of(request, messages.MAX_REQUEST, self.service.options)
            said_back = await run_in_threadpool(self._answer, asked, body)
        return Response(said_back, media_type=messages.CONTENT_TYPE)

    def _answer(self, asked: Asked, body: bytes) -> bytes:
        now = self.service.clock.now_at()
        answer = self.service.sync.answer(asked, body, now=now, nonce=self.service.nonces.make(now))
        self.service.meter.synced(answer)
        if answer.items:
            self._wake_relay()
        return messages.encode_answer(answer)

    async def nonce(self, request: Request) -> Response:
        brake(self.service, request)
        now = self.service.clock.now_at()
        return _json({"nonce": self.service.nonces.make(now), "at": now})

    async def blob_head(self, request: Request) -> Response:
        caller, _ = await self._enter(request, empty=True)
        photo = await run_in_threadpool(self.service.photos.look, caller, _blob_id(request))
        return Response(b"", headers=_photo_headers(photo.offset, photo.receipt))

    async def blob_get(self, request: Request) -> Response:
        caller, _ = await self._enter(request, empty=True)
        photo = await run_in_threadpool(self.service.photos.look, caller, _blob_id(request))
        if photo.length is None:
            raise Refused("blob_not_here")
        start, end = _range(request.headers.get("range"), photo.length)
        chunks = await run_in_threadpool(self.service.photos.chunks, photo, start, end)
        headers = _photo_headers(photo.length, photo.receipt) | {
            "content-length": str(end - start), "accept-ranges": "bytes",
        }  # fmt: skip
        status = 200
        if "range" in request.headers:
            status = 206
            headers["content-range"] = f"bytes {start}-{end - 1}/{photo.length}"
        return StreamingResponse(chunks, status, headers, media_type=BYTES)

    async def blob_put(self, request: Request) -> Response:
        caller, asked = await self._enter(request)
        said = _PUT_QUERY.fullmatch("&".join(sorted(_query(request).split("&"))))
        if said is None:
            raise Refused("request_malformed", why="query")
        length, offset = int(said[1]), int(said[2])
        photo = await run_in_threadpool(self.service.photos.look, caller, _blob_id(request))
        if photo.receipt is None:
            await run_in_threadpool(self.service.photos.begin, photo, offset, length)
            reached = await self._keep_pieces(request, asked, photo, offset, length)
            photo = Photo(photo.id, photo.site, reached)
            if reached == length:
                # Only here is a turn needed: a sender whose line fell silent keeps nobody waiting.
                async with self._turn(photo.id):
                    now = self.service.clock.now_at()
                    receipt = await run_in_threadpool(self.service.photos.finish, photo, length, now)
                self.service.meter.count("photos_finished_total")
                self._wake_relay()
                photo = Photo(photo.id, photo.site, length, length, receipt)
        answer = blobs.PutAnswer(photo.offset, photo.receipt)
        headers = _photo_headers(photo.offset, photo.receipt)
        return Response(blobs.encode_put_answer(answer), 200, headers, media_type="application/json")

    async def holds(self, request: Request) -> Response:
        caller, _ = await self._enter(request, empty=True)
        now = self.service.clock.now_at()
        found = await run_in_threadpool(self._holds, caller, now)
        return Response(encode_holds(found, now), media_type="application/json")

    def _holds(self, caller: Caller, now: int) -> tuple[Hold, ...]:
        view = caller.view
        sites = {site for site in view.sites if view.may_use(caller.device, site)}
        with self.service.database.reading() as connection:
            return holds(connection, view, sites, now)

    async def invite_post(self, request: Request) -> Response:
        invite_id, sealed = await self._sealed(request)
        await run_in_threadpool(self.service.invites.post, invite_id, sealed, self.service.clock.now_at())
        return Response(status_code=204)

    async def invite_get(self, request: Request) -> Response:
        brake(self.service, request)
        now = self.service.clock.now_at()
        sealed = await run_in_threadpool(self.service.invites.read, _hash_in(request, "invite_unknown"), now)
        return Response(sealed, media_type=BYTES)

    async def answer_post(self, request: Request) -> Response:
        invite_id, sealed = await self._sealed(request)
        now = self.service.clock.now_at()
        await run_in_threadpool(self.service.invites.post_answer, invite_id, sealed, now)
        return Response(status_code=204)

    async def answer_get(self, request: Request) -> Response:
        brake(self.service, request)
        now, invite_id = self.service.clock.now_at(), _hash_in(request, "invite_unknown")
        sealed = await run_in_threadpool(self.service.invites.read_answer, invite_id, now)
        return Response(sealed, media_type=BYTES)

    async def status(self, request: Request) -> Response:
        now, known = self.service.clock.now_at(), self._is_monitor(request)
        study, facts, answers = self.service.trial.study, None, True
        try:
            if known:
                facts = await run_in_threadpool(self.service.monitoring.facts, now)
            else:
                await run_in_threadpool(self.service.monitoring.ask)
        except EnvironmentTrouble:
            if not status_page.wants_page(request):
                raise
            answers = False
        if status_page.wants_page(request):
            return status_page.page(
                status_page.language_of(request), study=study, version=self.version, now=now, facts=facts,
                answers=answers,
            )  # fmt: skip
        said: dict[str, object] = {"v": 1, "study": study, "version": self.version, "at": now}
        said["grants"] = grants_object(self.service.grants)
        if facts is not None:
            said["facts"] = asdict(facts)
        return _json(said, {"vary": "Accept"})

    async def metrics(self, request: Request) -> Response:
        if not self._is_monitor(request):
            raise Refused("not_found")
        text = await self.service.monitoring.text(self.version, self.service.clock.now_at())
        return Response(text, media_type=meter.CONTENT_TYPE)

    def _is_monitor(self, request: Request) -> bool:
        options = self.service.options
        return is_monitor(request, options.trust_proxy, options.monitor_from)

    async def openapi(self, request: Request) -> Response:
        return Response(resources.read_bytes(OPENAPI), media_type="application/json")

    def _wake_relay(self) -> None:
        if self.service.relay is not None:
            self.service.relay.wake()

    async def _enter(self, request: Request, *, empty: bool = False) -> tuple[Caller, Asked]:
        asked = self._asked(request)
        caller = await run_in_threadpool(self.service.door.let_in, asked)
        if empty:
            asked.hold_against(auth.EMPTY_SHA256)
        return caller, asked

    def _asked(self, request: Request) -> Asked:
        header, path = request.headers.get(auth.HEADER, ""), str(request.scope["path"])
        now = self.service.clock.now_at()
        return self.service.door.read(header, request.method, path, _query(request), now)

    async def _sealed(self, request: Request) -> tuple[str, bytes]:
        brake(self.service, request)
        invite_id = _hash_in(request, "invite_unknown")
        sealed = await body_of(request, invites.MAX_SEALED, self.service.options)
        if not sealed:
            raise Refused("request_malformed", why="empty")
        return invite_id, sealed

    async def _keep_pieces(
        self, request: Request, asked: Asked, photo: Photo, offset: int, length: int
    ) -> int:
        """Stores whole pieces as they come and the last one; bytes of a cut piece are dropped.

        The next pieces are read while up to `_AHEAD` are being stored, and what was read counts even if the
        connection then breaks: so a cut costs the sender no more than the piece it was in.
        """
        body, digest, waiting = _Pieces(self.service.photos.store, photo.id), hashlib.sha256(), bytearray()
        reached = offset
        async with body:
            async for chunk in chunks_of(request, length - offset, self.service.options):
                digest.update(chunk)
                waiting += chunk
                while len(waiting) >= blobs.PIECE:
                    await body.store(reached // blobs.PIECE, bytes(waiting[: blobs.PIECE]))
                    del waiting[: blobs.PIECE]
                    reached += blobs.PIECE
        asked.hold_against(digest.hexdigest())
        if waiting and reached + len(waiting) == length:
            async with body:
                await body.store(reached // blobs.PIECE, bytes(waiting))
            reached = length
        return reached

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[None]:
        lock = self._turns.setdefault(name, asyncio.Lock())
        async with lock:
            yield


class _Pieces:
    """Stores pieces in worker threads, a few at a time. Leaving the block waits for all of them, raises what
    the first of them met, and lets what broke the block pass."""

    def __init__(self, store: BlobStore, blob_id: str) -> None:
        self._store, self._blob_id = store, blob_id
        self._under_way: deque[asyncio.Task[None]] = deque()

    async def store(self, number: int, data: bytes) -> None:
        if len(self._under_way) >= _AHEAD:
            await self._under_way.popleft()
        put = run_in_threadpool(self._store.put_piece, self._blob_id, number, data)
        self._under_way.append(asyncio.create_task(put))

    async def __aenter__(self) -> None:
        """Nothing is under way yet."""

    async def __aexit__(self, kind: object, *_: object) -> None:
        ended = await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way.clear()
        for outcome in ended if kind is None else ():
            if outcome is not None:
                raise outcome


def _is_short(request: Request) -> bool:
    declared = request.headers.get("content-length", "")
    return declared.isdecimal() and len(declared) < 8 and int(declared) <= _SHORT


def _query(request: Request) -> str:
    return bytes(request.scope.get("query_string", b"")).decode("latin-1")


def _hash_in(request: Request, problem: str) -> str:
    found = str(request.path_params.get("id", ""))
    if not ids.HASH_HEX.fullmatch(found):
        raise Refused(problem)
    return found


def _blob_id(request: Request) -> str:
    return _hash_in(request, "blob_not_named")


def _range(untrusted: str | None, length: int) -> tuple[int, int]:
    """(start, end) of the bytes asked for; raises Refused("range_not_satisfiable")."""
    if untrusted is None:
        return 0, length
    found = _RANGE.fullmatch(untrusted)
    if found is None:
        raise Refused("range_not_satisfiable")
    start = int(found[1])
    end = min(length, int(found[2]) + 1 if found[2] else length)
    if not start < end:
        raise Refused("range_not_satisfiable")
    return start, end


def _photo_headers(offset: int, receipt: Signed | None) -> dict[str, str]:
    headers = {auth.OFFSET_HEADER: str(offset)}
    if receipt is not None:
        headers[auth.RECEIPT_HEADER] = blobs.receipt_text(receipt)
    return headers


def _json(value: dict[str, object], headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(value, separators=(",", ":"))
    return Response(text, headers=headers, media_type="application/json")
