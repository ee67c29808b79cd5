"""Sealed invites and answers: unsigned, for nobody who asks has a key yet. The id is a secret's hash.

First come, first kept; reading is repeatable; everything ends 72 hours after the invite was posted.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.options import Options
from reset_or.central.refusal import Refused
from reset_or.wire.invites import LIFETIME_MS


@dataclass(frozen=True)
class InviteDesk:
    """Calls block; use worker threads."""

    database: Database
    options: Options

    def post(self, invite_id: str, sealed: bytes, now: int) -> None:
        """Keeps an invite; the same bytes again are welcome. Raises Refused("invite_taken")."""
        invite = tables.invite
        with self.database.writing() as connection:
            live = connection.scalar(
                sa.select(sa.func.count()).select_from(invite).where(invite.c.expires_at > now)
            )
            if live is not None and live >= self.options.live_invites:
                raise Refused("too_many_requests", retry_s=3600)
            row = {"id": invite_id, "sealed": sealed, "expires_at": now + LIFETIME_MS}
            self.database.insert_new(connection, invite, [row])
            kept = connection.execute(sa.select(invite).where(invite.c.id == invite_id)).one()
        if kept.sealed != sealed:
            raise Refused("invite_taken")

    def read(self, invite_id: str, now: int) -> bytes:
        """Raises Refused: `invite_unknown`, `invite_expired`."""
        with self.database.reading() as connection:
            return self._live(connection, invite_id, now)

    def post_answer(self, invite_id: str, sealed: bytes, now: int) -> None:
        """The first answer stays: another one raises Refused("invite_answered")."""
        answer = tables.invite_answer
        with self.database.writing() as connection:
            self._live(connection, invite_id, now)
            row = {"id": invite_id, "sealed": sealed, "at": now}
            self.database.insert_new(connection, answer, [row])
            kept = connection.execute(sa.select(answer).where(answer.c.id == invite_id)).one()
        if kept.sealed != sealed:
            raise Refused("invite_answered")

    def read_answer(self, invite_id: str, now: int) -> bytes:
        """Raises Refused("invite_not_answered") until the new device has posted its keys."""
        answer = tables.invite_answer
        with self.database.reading() as connection:
            self._live(connection, invite_id, now)
            sealed = connection.scalar(sa.select(answer.c.sealed).where(answer.c.id == invite_id))
        if sealed is None:
            raise Refused("invite_not_answered", retry_s=10)
        return bytes(sealed)

    def _live(self, connection: sa.Connection, invite_id: str, now: int) -> bytes:
        row = connection.execute(sa.select(tables.invite).where(tables.invite.c.id == invite_id)).first()
        if row is None:
            raise Refused("invite_unknown")
        if row.expires_at <= now:
            raise Refused("invite_expired")
        return bytes(row.sealed)
