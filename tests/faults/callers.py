"""Who calls a server in a campaign: an honest device, an insider with a key of another site, a revoked one.

`ask` gives a valid request of any endpoint, `wire` its bytes. Site 03 is honest and site 04 has the insider;
only what `made`, `photos` and `granted` name may stand in the server's tables afterwards, beside what the
insider wrote by the rules.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.ids import sha256_hex
from reset_or.revisions import signing
from reset_or.revisions.envelope import Envelope, seal
from reset_or.revisions.statements import Statement
from reset_or.wire import auth, blobs, messages
from reset_or.wire.frames import envelope_frame, statement_frame
from reset_or.wire.messages import Cursor, Own, SyncRequest
from tests.fakes.server import ChildServer
from tests.fakes.trial import SyntheticTrial, TrialDevice
from tests.faults.raw_http import Heard, Shot

HONEST, WRONGED = "03", "04"
_PHOTOS = 4
_KEPT = 40


@dataclass(frozen=True)
class Ask:
    """A request before it is signed; `by` None goes unsigned."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    by: TrialDevice | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass
class Callers:
    """`made`: env_id -> the honest device's envelopes, of which `pending` has no receipt yet."""

    server: ChildServer
    trial: SyntheticTrial
    dice: random.Random
    nonce: str = ""
    insiders: int = 0
    pending: Envelope | None = None
    made: dict[str, Envelope] = field(default_factory=dict)
    signed_false: int = 0
    photos: dict[str, bytes] = field(default_factory=dict)
    public: dict[str, bytes] = field(default_factory=dict)
    granted: set[str] = field(default_factory=set)
    _said: deque[bytes] = field(default_factory=lambda: deque(maxlen=_KEPT))
    _invites: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def prepare(self) -> None:
        """Two sites, a revoked device, photos that site 03 names, and the first nonce."""
        self.photos = {sha256_hex(data): data for data in map(self._photo, range(_PHOTOS))}
        honest = self.trial.add_site(HONEST, devices=2)
        self.device, self.revoked = honest.devices
        self.stranger = TrialDevice(HONEST)
        self._grant(*honest.statements, self.trial.revoke_device(self.revoked))
        self._grant(*self.trial.add_site(WRONGED, devices=0, people={}).statements)
        self.body = seal(b"x" * 1024, self.trial.recipients[WRONGED])
        self.new_insider()
        first = self.trial.envelope(self.device, blobs=sorted(self.photos))
        self.made[first.env_id] = first
        device = self.server.client(self.device)
        self._stored(device.push([first]))
        self.nonce = device.nonce

    def new_insider(self) -> None:
        """The one before was found out."""
        self.insider = TrialDevice(WRONGED)
        self.public[self.insider.dev] = signing.public_bytes(self.insider.key)
        self._grant(self.trial.grant_device(self.insider))
        self.insiders += 1

    def heard(self, said: Heard | None, pushed: bool) -> None:
        """Nonces go on; a valid push is repeated until it has its receipt, as a device does."""
        if said is None:
            return
        self.nonce = said.headers.get(auth.NONCE_HEADER.lower(), self.nonce)
        if said.headers.get(auth.PROBLEM_HEADER.lower()) == "device_suspended":
            self.new_insider()
        if pushed and said.status == 200 and self.pending is not None:
            statuses = {item.id: item.status for item in messages.decode_answer(said.body).items}
            if statuses.get(self.pending.env_id) in ("stored", "duplicate"):
                self.pending = None

    # --- what is right -------------------------------------------------------------------------------

    def ask(self) -> Ask:
        """A valid request of any endpoint."""
        makers = (self._sync, self._sync, self._sync, self._statements, self._photo_asks, self._photo_asks,
                  self._invite, self._plain)  # fmt: skip
        return self.dice.choice(makers)()  # type: ignore[operator,no-any-return]

    def _sync(self) -> Ask:
        cursors = (Cursor(HONEST),) if self.dice.random() < 0.3 else ()
        own = (Own(HONEST),) if self.dice.random() < 0.2 else ()
        limit = self.dice.choice((1, 5, 20))
        push = (envelope_frame(self._next()),) if self.dice.random() < 0.8 else ()
        said = SyncRequest(cursors=cursors, own=own, envelopes=push, limit=limit)
        return Ask("POST", messages.PATH, body=messages.encode_request(said), by=self.device)

    def _next(self) -> Envelope:
        if self.pending is None:
            self.pending = self.trial.envelope(self.device)
            self.made[self.pending.env_id] = self.pending
        return self.pending

    def _statements(self) -> Ask:
        frames = tuple(map(statement_frame, self.dice.sample(self.trial.statements, 2)))
        said = messages.encode_request(SyncRequest(statements=frames))
        return Ask("POST", messages.PATH, body=said, by=self.trial.centre_device)

    def _photo_asks(self) -> Ask:
        name, data = self.dice.choice(sorted(self.photos.items()))
        method = self.dice.choice(("HEAD", "GET", "PUT", "PUT"))
        query, body = "", b""
        if method == "PUT":
            offset = self.dice.choice((0, 0, blobs.PIECE))
            query, body = blobs.put_query(offset, len(data)), data[offset:]
        return Ask(method, blobs.blob_path(name), query, body, self.device)

    def _photo(self, number: int) -> bytes:
        return self.dice.randbytes((500, 3000, 70_000, blobs.PIECE + 777)[number % 4])

    def _invite(self) -> Ask:
        known = self._invites and self.dice.random() < 0.6
        name = self.dice.choice(self._invites) if known else sha256_hex(self.dice.randbytes(8))
        if self.dice.random() < 0.02:
            self._invites.append(name)
        answer = "/answer" if self.dice.random() < 0.5 else ""
        method = self.dice.choice(("GET", "POST"))
        body = self.dice.randbytes(self.dice.choice((1, 300, 65536))) if method == "POST" else b""
        return Ask(method, f"/v1/invite/{name}{answer}", body=body)

    def _plain(self) -> Ask:
        return Ask(
            "GET", self.dice.choice(("/v1/nonce", "/v1/holds", "/status", "/metrics", "/openapi.json"))
        )

    # --- on the wire ---------------------------------------------------------------------------------

    def signature(self, ask: Ask, *, nonce: str = "", key: Ed25519PrivateKey | None = None) -> str:
        assert ask.by is not None
        return auth.sign_request(
            key or ask.by.key, method=ask.method, path=ask.path, query=ask.query, nonce=nonce or self.nonce,
            body_sha256=sha256_hex(ask.body),
        )  # fmt: skip

    def wire(self, ask: Ask, said: str | None = None, *, body: bytes | None = None) -> Shot:
        """As bytes, `said` in place of the right signature and `body` in place of what was signed."""
        if said is None and ask.by is not None:
            said = self.signature(ask)
        content = ask.body if body is None else body
        headers = [("Host", "x"), ("X-Forwarded-For", self._address()), *ask.headers]
        headers += [(auth.HEADER, said)] if said is not None else []
        headers += [("Content-Length", str(len(content)))] if content or ask.method != "GET" else []
        data = head_of(ask.method, ask.target.encode("latin-1"), headers) + content
        if len(data) < 20_000:
            self._said.append(data)
        return Shot(data, ask.method)

    def forget(self) -> None:
        """The newest request is none to send again."""
        if self._said:
            self._said.pop()

    def _address(self) -> str:
        """Many callers, so that the brake for strangers does not hide the rest; some no address at all."""
        if self.dice.random() < 0.05:
            return self.dice.choice(("", "x", "1.2.3.4, ::1", "::ffff:1.2.3.4", "999.1.1.1", "a" * 5000))
        return f"10.{self.dice.randrange(40)}.{self.dice.randrange(250)}.7"

    def _grant(self, *statements: Statement) -> None:
        self._stored(self.server.client().push(statements=statements))
        self.granted |= {each.stmt_id for each in statements}

    def _stored(self, answer: messages.SyncAnswer) -> None:
        assert {item.status for item in answer.items} <= {"stored", "duplicate"}, answer.items


def head_of(method: str, target: bytes, headers: list[tuple[str, str]]) -> bytes:
    lines = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers)
    return method.encode() + b" " + target + b" HTTP/1.1\r\n" + lines + b"\r\n"
