"""The door: who calls, and may they? Nonces, request signatures, device states. Reads no body.

A nonce is the server's time under a secret that all its processes share, so no process keeps any. It guards
against the replay of old requests; inside its life a replay changes nothing, for ids are primary keys.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from reset_or.base.errors import TrustBroken
from reset_or.central import tables
from reset_or.central.admission import Admission
from reset_or.central.database import Database
from reset_or.central.refusal import Refused
from reset_or.central.sync import Caller
from reset_or.wire import auth

_LABEL: Final = b"ro/nonce/1\0"
_AHEAD_MS: Final = 5 * 60 * 1000
"""How far another server's clock may be ahead of ours."""


@dataclass(frozen=True)
class Nonces:
    """Makes and recognises nonces: `<time in hex>.<HMAC>`."""

    secret: bytes
    life_ms: int

    def make(self, now: int) -> str:
        return f"{now:x}.{self._mac(now)}"

    def valid(self, untrusted: str, now: int) -> bool:
        said, _, mac = untrusted.partition(".")
        if not said or len(said) > 12 or "." in mac:
            return False
        made_at = int(said, 16)
        fresh = -_AHEAD_MS <= now - made_at <= self.life_ms
        return fresh and hmac.compare_digest(mac, self._mac(made_at)) and f"{made_at:x}" == said

    def _mac(self, at: int) -> str:
        return hmac.digest(self.secret, _LABEL + str(at).encode("ascii"), hashlib.sha256)[:16].hex()


def shared_secret(database: Database) -> bytes:
    """The nonce secret of this database, made by whoever comes first."""
    with database.writing() as connection:
        row = {"name": "nonce", "value": secrets.token_bytes(32)}
        database.insert_new(connection, tables.secret, [row])
        value = connection.scalar(sa.select(tables.secret.c.value).where(tables.secret.c.name == "nonce"))
    return bytes(value or b"")


@dataclass(frozen=True)
class Asked:
    """A request's head, as far as it is signed."""

    header: str
    method: str
    path: str
    query: str


@dataclass(frozen=True)
class Door:
    """Lets admitted devices in; blocks on the database, so call it from a worker thread."""

    database: Database
    admission: Admission
    nonces: Nonces

    def enter(self, asked: Asked, now: int) -> tuple[Caller, auth.RequestAuth]:
        """Raises Refused: `request_not_signed`, `nonce`, `device_not_admitted`, `_revoked`, `_suspended`,
        and why nobody is admitted."""
        try:
            said = auth.read_auth(asked.header)
        except TrustBroken as error:
            raise Refused("request_not_signed", why=error.code) from error
        if not self.nonces.valid(said.nonce, now):
            raise Refused("nonce")
        with self.database.reading() as connection:
            state = connection.execute(_STATE, {"dev": said.dev}).one()
            view = self.admission.view(connection, state.newest or 0)
        device = view.device(said.dev)
        try:
            auth.verify_request(said, device.public, method=asked.method, path=asked.path, query=asked.query)
        except TrustBroken as error:
            raise Refused("request_not_signed", why=error.code) from error
        if state.event == "suspended":
            raise Refused("device_suspended")
        if self.admission.closed:
            raise Refused(self.admission.closed)
        return Caller(device, view, state.feed), said


def _state() -> sa.Select[Any]:
    feed, event, statement = tables.feed, tables.device_event, tables.statement
    newest_event = (
        sa.select(event.c.kind).where(event.c.dev == sa.bindparam("dev")).order_by(event.c.at.desc()).limit(1)
    )
    return sa.select(
        sa.select(sa.func.max(statement.c.ord)).scalar_subquery().label("newest"),
        sa.select(feed.c.feed).order_by(feed.c.ord.desc()).limit(1).scalar_subquery().label("feed"),
        newest_event.scalar_subquery().label("event"),
    )


_STATE: Final = _state()
"""Newest statement, feed in use and newest event of a device, in one question."""
