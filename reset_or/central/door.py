"""The door: who calls, and may they? Nonces, request signatures, device states. Reads no body.

One question to the database answers it all, and where the caller's own site stands.

A nonce is the server's time under a secret that all its processes share, so no process keeps any. It guards
against the replay of old requests; inside its life a replay changes nothing, for ids are primary keys.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from reset_or.base.errors import TrustBroken
from reset_or.central import tables
from reset_or.central.admission import Admission, View
from reset_or.central.database import Database
from reset_or.central.feed import State, state_of
from reset_or.central.refusal import Refused
from reset_or.revisions.directory import KeyGrant
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
    """A request's head, as far as it is signed, and what its `RO-Auth` says."""

    untrusted: auth.RequestAuth
    method: str
    path: str
    query: str

    def hold_against(self, body_sha256: str) -> None:
        """Raises Refused unless this is the hash of the body that the caller signed."""
        if self.untrusted.body_sha256 != body_sha256:
            raise Refused("request_not_signed", why="body")


@dataclass(frozen=True)
class Caller:
    """Who calls, as the door found it: the view and the state of its own site at that moment."""

    device: KeyGrant
    view: View
    state: State

    @property
    def feed(self) -> str:
        return self.state.feed


@dataclass(frozen=True)
class Door:
    """Lets admitted devices in."""

    database: Database
    admission: Admission
    nonces: Nonces

    def read(self, header: str, method: str, path: str, query: str, now: int) -> Asked:
        """What can be said without the database. Raises Refused: `request_not_signed`, `nonce`."""
        try:
            said = auth.read_auth(header)
        except TrustBroken as error:
            raise Refused("request_not_signed", why=error.code) from error
        if not self.nonces.valid(said.nonce, now):
            raise Refused("nonce")
        return Asked(said, method, path, query)

    def let_in(self, asked: Asked) -> Caller:
        """`enter` with a connection of its own."""
        with self.database.reading() as connection:
            return self.enter(connection, asked)

    def enter(self, connection: sa.Connection, asked: Asked) -> Caller:
        """Raises Refused: `request_not_signed`, `device_not_admitted`, `_revoked`, `_suspended`,
        and why nobody is admitted."""
        said, site = asked.untrusted, self.admission.site_of(asked.untrusted.dev)
        state = state_of(connection, site, said.dev)
        view = self.admission.view(connection, state.newest_statement)
        device = view.device(said.dev)
        try:
            auth.verify_request(said, device.public, method=asked.method, path=asked.path, query=asked.query)
        except TrustBroken as error:
            raise Refused("request_not_signed", why=error.code) from error
        if state.suspended:
            raise Refused("device_suspended")
        if self.admission.closed:
            raise Refused(self.admission.closed)
        if device.site != site:  # known here only since a moment ago
            return self.enter(connection, asked)
        return Caller(device, view, state)
