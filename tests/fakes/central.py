"""A coordinating centre inside the test: the real server with a hand on its wire, its disk and its mind.

Every answer comes from the real application over its own database; requests and answers are encoded and
decoded as over a socket. Around it stand the faults that a network or a hostile operator could cause: a
`Line` loses, repeats, delays and replays, `HOSTILE` changes answers, `Central` restores old backups and
splits into two servers with one key. `dump` writes all of it down for a human.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.clock import Clock, ManualClock
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import tables
from reset_or.central.app import build_app
from reset_or.central.database import Database
from reset_or.central.feed import newest_feed, restart_feed
from reset_or.central.options import Options
from reset_or.central.pieces import FolderStore
from reset_or.central.service import Service, open_service
from reset_or.revisions import signing
from reset_or.revisions.envelope import Envelope
from reset_or.wire import frames, messages
from reset_or.wire.client import Client
from reset_or.wire.messages import SyncAnswer, SyncRequest
from reset_or.wire.transport import CHUNK, Call, Reply
from tests.fakes.faulty import sent_by
from tests.fakes.lies import HOSTILE
from tests.fakes.trial import SyntheticTrial

_MOST: Final = 2000
LINE_FAULTS: Final = ("lose_request", "lose_answer", "duplicate", "late")
"""late: the server gets the request only after the next one; its sender hears nothing."""


class Central:
    """One centre over a folder. `open` before use, `close` at the end.

    `twin`: another one that answers in its place (see `split`). `served`: number of requests that were
    answered.
    """

    def __init__(self, folder: Path, trial: SyntheticTrial, clock: Clock | None = None) -> None:
        self.folder, self.trial, self.clock = folder, trial, clock or ManualClock()
        self.served = 0
        self._service: Service | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._app: Any = None

    # --- the server ----------------------------------------------------------------------------------

    @property
    def service(self) -> Service:
        assert self._service is not None
        return self._service

    def open(self) -> Central:
        self.folder.mkdir(parents=True, exist_ok=True)
        options = Options(unsigned_requests_per_minute=1_000_000)
        database = Database(f"sqlite:///{self.folder / 'central.db'}")
        store = FolderStore(self.folder / "blobs")
        self._service = open_service(
            self.trial.file(), self.trial.server, database, store, options=options, clock=self.clock
        )
        self._app, self._loop = build_app(self._service), asyncio.new_event_loop()
        return self

    def close(self) -> None:
        if self._service is not None and self._loop is not None:
            self._service.close()
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
        self._service = self._loop = None

    def send(self, call: Call) -> Reply:
        """One request through the whole application, as uvicorn would hand it over."""
        assert self._loop is not None
        self.served += 1
        return self._loop.run_until_complete(_through(self._app, call))

    def line(self, seed: int = 0) -> Line:
        return Line(self, random.Random(seed))

    # --- its disk ------------------------------------------------------------------------------------

    def backup(self, place: Path) -> Path:
        """A copy of database and photos, as an operator makes one while the server runs."""
        place.mkdir(parents=True)
        with (
            closing(sqlite3.connect(self.folder / "central.db")) as here,
            closing(sqlite3.connect(place / "central.db")) as there,
        ):
            here.backup(there)
        if (self.folder / "blobs").exists():
            shutil.copytree(self.folder / "blobs", place / "blobs")
        return place

    def restore(self, place: Path, *, said: bool = True) -> None:
        """Goes back to a backup. `said`: the operator runs `restored`, which begins a new feed."""
        self.close()
        shutil.rmtree(self.folder)
        shutil.copytree(place, self.folder)
        self.open()
        if said:
            by = signing.key_id(signing.public_bytes(self.trial.server))
            restart_feed(self.service.database, self.trial.server, self.clock.now_at(), by, self.sites())

    def split(self, folder: Path) -> Central:
        """A second server with the same key that goes its own way from here: two feeds for two devices."""
        return Central(self.backup(folder), self.trial, self.clock).open()

    # --- what it holds -------------------------------------------------------------------------------

    def sites(self) -> list[str]:
        with self.service.database.reading() as connection:
            return sorted(self.service.door.admission.current(connection).sites)

    def push_statements(self, statements: Any) -> SyncAnswer:
        """The centre's own device brings statements."""
        client = Client(self.line(), self.trial.centre_device.key)
        pushed = SyncRequest(statements=tuple(frames.statement_frame(each) for each in statements))
        answer = messages.decode_answer(client.sync(messages.encode_request(pushed)))
        assert {item.status for item in answer.items} <= {"stored", "duplicate"}, answer.items
        return answer

    def push(self, key: Ed25519PrivateKey, envelope: Envelope) -> str:
        """One envelope by a device that keeps no store; what became of it."""
        pushed = SyncRequest(envelopes=(frames.envelope_frame(envelope),))
        answer = messages.decode_answer(Client(self.line(), key).sync(messages.encode_request(pushed)))
        return answer.items[0].problem or answer.items[0].status

    def feed(self, site: str) -> list[sa.Row[Any]]:
        """(seq, kind, id, received_ms, feed_hash) of the feed in use."""
        entry = tables.entry
        with self.service.database.reading() as connection:
            asked = sa.select(
                entry.c.seq, entry.c.kind, entry.c.id, entry.c.received_ms, entry.c.feed_hash
            ).where(entry.c.feed == newest_feed(connection), entry.c.site == site)
            return list(connection.execute(asked.order_by(entry.c.seq)))

    def envelopes(self, site: str) -> dict[str, tuple[str, int, bytes, bytes, bytes | None]]:
        """env_id -> (device, n, header, device's signature, body)."""
        c = tables.envelope.c
        with self.service.database.reading() as connection:
            rows = connection.execute(
                sa.select(c.env_id, c.dev, c.n, c.hdr, c.dsig, c.body).where(c.site == site)
            )
            return {
                r.env_id: (r.dev, r.n, bytes(r.hdr), bytes(r.dsig), None if r.body is None else bytes(r.body))
                for r in rows
            }

    def photos(self) -> frozenset[str]:
        """Sealed photos that are here whole."""
        with self.service.database.reading() as connection:
            return frozenset(connection.scalars(sa.select(tables.blob.c.id)))

    def dump(self, folder: Path) -> Path:
        """Feeds as text, bodies as .age files that `age -d -i identity.txt` opens, the rest as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "identity.txt").write_text(f"{self.trial.centre}\n", encoding="ascii")
        for site in self.sites():
            place = folder / site
            place.mkdir(parents=True, exist_ok=True)
            rows = self.feed(site)
            lines = [f"{r.seq:>6} {r.kind} {r.id} {r.received_ms} {r.feed_hash}" for r in rows]
            (place / "feed.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
            for env_id, (_dev, _n, hdr, _dsig, body) in self.envelopes(site).items():
                (place / f"{env_id}.header.json").write_bytes(hdr)
                if body is not None:
                    (place / f"{env_id}.age").write_bytes(body)
        with self.service.database.reading() as connection:
            for table, name in ((tables.receipt, "receipts"), (tables.statement, "statements")):
                said = [json.loads(row.data) for row in connection.execute(sa.select(table.c.data))]
                text = json.dumps(said, indent=1, ensure_ascii=False)
                (folder / f"{name}.json").write_text(text, encoding="utf-8")
        return folder


async def _through(app: Any, call: Call) -> Reply:
    body = sent_by(call)
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": call.method,
        "scheme": "https", "path": call.path, "raw_path": call.path.encode(), "root_path": "",
        "query_string": call.query.encode(), "client": ("127.0.0.1", 1), "server": ("central", 443),
        "headers": [(name.lower().encode(), value.encode()) for name, value in call.headers.items()]
        + [(b"content-length", str(len(body)).encode())],
    }  # fmt: skip
    asked = iter([{"type": "http.request", "body": body, "more_body": False}])
    started: dict[str, Any] = {}
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        said = next(asked, None)
        if said is None:
            await asyncio.Event().wait()  # nobody hangs up: whoever listens for that is stopped at the end
        return said or {}

    async def send(said: dict[str, Any]) -> None:
        started.update(said if said["type"] == "http.response.start" else {})
        parts.append(said.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode().lower(): value.decode() for name, value in started["headers"]}
    head = Reply(started["status"], headers, b"")
    said = b"".join(parts) if call.method != "HEAD" else b""
    take = call.into(head) if call.into is not None else None
    if take is None:
        return replace(head, untrusted_body=said)
    for at in range(0, len(said), CHUNK):
        take(said[at : at + CHUNK])
    return head


@dataclass
class Line:
    """A device's way to a centre: a `Transport`. `central` may be changed: another server answers then.

    `next`: faults of the coming requests to `/v1/sync`, one each; names of LINE_FAULTS, of HOSTILE, or
    "replay": an earlier answer to this device. `always`: of every one of them. `done`: those that happened.
    """

    central: Central
    dice: random.Random
    nonce: str = ""
    next: list[str] = field(default_factory=list)
    always: str = ""
    done: list[str] = field(default_factory=list)
    _waiting: list[Call] = field(default_factory=list)
    _answers: list[Reply] = field(default_factory=list)

    def send(self, call: Call) -> Reply:
        fault = ""
        if call.path == messages.PATH:
            fault = self.next.pop(0) if self.next else self.always
        if fault:
            assert len(self.done) < _MOST, "the client does not stop asking"
            self.done.append(fault)
        if fault == "lose_request":
            raise EnvironmentTrouble("server_unreachable", reason="connect")
        if fault == "late":
            self._waiting.append(call)
            raise EnvironmentTrouble("server_slow")
        reply = self.central.send(call)
        late, self._waiting = self._waiting, []
        for each in late:
            self.central.send(each)
        if fault == "duplicate":
            reply = self.central.send(call)
        if fault == "lose_answer":
            raise EnvironmentTrouble("server_unreachable", reason="cut")
        if reply.content_type != messages.CONTENT_TYPE:
            return reply
        self._answers.append(reply)
        if fault == "replay":
            return self.dice.choice(self._answers)
        if fault in HOSTILE:
            changed = HOSTILE[fault](self.central, self.dice, reply.untrusted_body)
            return replace(reply, untrusted_body=changed)
        return reply

    def close(self) -> None:
        """Nothing is held."""
