"""Carrying out ordered erasures: bodies go, photos go; headers, signatures and the chain stay.

The order is a statement with two signatures in the site's feed. Here nothing is judged: what the directory
names is erased, as often as it is asked, so a crash in the middle or a restored backup is made good by the
next start. The database checks by itself that a statement names the envelope (migration 0002).

A body that was on its way through another process in the very moment of the order is found by the next
round of housekeeping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import tables
from reset_or.central.admission import View
from reset_or.central.database import Database
from reset_or.central.pieces import BlobStore
from reset_or.central.quota import recount

_AT_ONCE = 500


def erase_bodies(database: Database, view: View) -> int:
    """Nulls every body that an order names; how many were still there."""
    envelope, erased = tables.envelope, 0
    for site, names in _ordered(view):
        asked = sa.select(envelope.c.env_id).where(
            envelope.c.env_id.in_(names), envelope.c.site == site, envelope.c.body.is_not(None)
        )
        with database.writing() as connection:
            database.lock(connection, [site])
            found = list(connection.scalars(asked))
            for name in found:
                _erase_body(database, connection, name)
        erased += len(found)
    if erased:
        log.event("bodies_erased", count=erased)
    return erased


def _erase_body(database: Database, connection: sa.Connection, name: str) -> None:
    if database.is_sqlite:
        envelope = tables.envelope
        connection.execute(sa.update(envelope).where(envelope.c.env_id == name).values(body=None))
    else:
        connection.execute(sa.select(sa.func.erase_body(name)))


@dataclass(frozen=True)
class Eraser:
    """Erases bodies and photos. Calls block; use worker threads."""

    database: Database
    store: BlobStore

    def carry_out(self, view: View) -> None:
        """Everything that was ever ordered and is still here.

        A photo's place that does not answer keeps nothing waiting: no photo of an order is given out, and
        the next round of housekeeping tries again.
        """
        erase_bodies(self.database, view)
        for site, names in _ordered(view):
            try:
                for blob_id in self._photos(site, names):
                    self.store.delete(blob_id)
            except EnvironmentTrouble as error:
                log.event("erased_photos_left", code=error.code)
        for site in sorted({site for site, _ in _ordered(view)}):
            self._recount(site, view)

    def recount(self, view: View) -> None:
        """Holds every site's running total against its photos and erasures."""
        for site in sorted(view.sites):
            self._recount(site, view)

    def _recount(self, site: str, view: View) -> None:
        names = sorted(view.directory.erased(site))
        recount(self.database, site, names, self._photos(site, names) if names else ())

    def _photos(self, site: str, names: Sequence[str]) -> list[str]:
        """Those of the site alone: one site's order never takes what another site's record names."""
        ref = tables.blob_ref
        with self.database.reading() as connection:
            found = connection.execute(
                sa.select(ref.c.blob, ref.c.site).where(ref.c.blob.in_(names)).distinct()
            ).all()
        foreign = {row.blob for row in found if row.site != site}
        return sorted({row.blob for row in found} - foreign)


def _ordered(view: View) -> Iterator[tuple[str, list[str]]]:
    """(site, some ids of envelopes and photos) of every order."""
    for site in sorted(view.sites):
        names = sorted(view.directory.erased(site))
        for at in range(0, len(names), _AT_ONCE):
            yield site, names[at : at + _AT_ONCE]
