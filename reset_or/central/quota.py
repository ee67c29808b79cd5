"""What a site holds at the server, and how much more of it is taken.

Records run on in `usage`, a row a batch. Photos, and what an erasure took away again, run on in `site_total`,
whose newest row counts, so that no push adds up photos. What rows say is held against the photos themselves
after every order of erasure and once an hour (`recount`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from reset_or.base import log
from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.feed import Place
from reset_or.central.options import Options
from reset_or.revisions.envelope import Envelope

DAY_MS: Final = 86_400_000
_TOTAL: Final = tables.site_total
_NEWEST: Final = (
    sa.select(_TOTAL.c.ord, _TOTAL.c.photos, _TOTAL.c.photo_bytes, _TOTAL.c.erased_bytes)
    .where(_TOTAL.c.site == sa.bindparam("site"))
    .order_by(_TOTAL.c.ord.desc())
    .limit(1)
)
_RECORDS: Final = (
    sa.select(tables.usage.c.site_bytes)
    .where(tables.usage.c.site == sa.bindparam("site"))
    .order_by(tables.usage.c.seq.desc())
    .limit(1)
)
_TODAY: Final = sa.select(sa.cast(sa.func.sum(tables.usage.c.envelopes), sa.BigInteger)).where(
    tables.usage.c.dev == sa.bindparam("dev"), tables.usage.c.day == sa.bindparam("day")
)
_PHOTOS: Final = _NEWEST.subquery("photos")
# The greatest of one row or of none: so that there is a row of zeros for a site that has nothing.
_HELD: Final = sa.select(
    sa.func.coalesce(_RECORDS.scalar_subquery(), 0).label("written"),
    *(sa.func.coalesce(sa.func.max(_PHOTOS.c[name]), 0).label(name)
      for name in ("erased_bytes", "photos", "photo_bytes")),
)  # fmt: skip
_HELD_AND_TODAY: Final = _HELD.add_columns(sa.func.coalesce(_TODAY.scalar_subquery(), 0).label("today"))


@dataclass(frozen=True)
class Held:
    """Bytes that a site wrote as records and bytes of those that were erased by order; its photos."""

    written: int = 0
    erased: int = 0
    photos: int = 0
    photo_bytes: int = 0

    @property
    def records(self) -> int:
        return max(0, self.written - self.erased)

    @property
    def octets(self) -> int:
        """What the site's quota is held against."""
        return self.records + self.photo_bytes


def held(connection: sa.Connection, site: str) -> Held:
    """Two rows, however much there is."""
    return Held(*connection.execute(_HELD, {"site": site}).one())


def add_photo(connection: sa.Connection, site: str, length: int) -> None:
    """Counts one photo more. The caller holds the site's lock and adds its row in the same transaction."""
    before = connection.execute(_NEWEST, {"site": site}).first()
    photos, octets, erased = before[1:] if before else (0, 0, 0)
    _add(connection, site, before.ord if before else 0, (photos + 1, octets + length, erased))


def recount(database: Database, site: str, ordered: Sequence[str], gone: Sequence[str]) -> None:
    """Puts right what the rows of a site say. `ordered`: every id that orders of erasure name; `gone`: those
    of them whose photos are deleted."""
    blob, envelope = tables.blob, tables.envelope
    with database.writing() as connection:
        database.lock(connection, [site])
        asked = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(blob.c.len), 0))
        photos, octets = connection.execute(asked.where(blob.c.site == site)).one()
        for some in _parts(gone):
            less = connection.execute(asked.where(blob.c.site == site, blob.c.id.in_(some))).one()
            photos, octets = photos - less[0], octets - less[1]
        erased = 0
        for some in _parts(ordered):
            erased += int(connection.scalar(
                sa.select(sa.func.coalesce(sa.func.sum(envelope.c.body_len), 0)).where(
                    envelope.c.env_id.in_(some), envelope.c.site == site, envelope.c.body.is_(None)
                )
            ) or 0)  # fmt: skip
        before = connection.execute(_NEWEST, {"site": site}).first()
        found = (int(photos), int(octets), erased)
        if found != (tuple(before[1:]) if before else (0, 0, 0)):
            _add(connection, site, before.ord if before else 0, found)
            log.event("site_recounted", photos=found[0])


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + 500] for at in range(0, len(names), 500)]


def _add(connection: sa.Connection, site: str, last: int, said: tuple[int, int, int]) -> None:
    names = ("site", "ord", "photos", "photo_bytes", "erased_bytes")
    row: dict[str, Any] = dict(zip(names, (site, last + 1, *said), strict=True))
    connection.execute(sa.insert(_TOTAL), [row])


@dataclass
class Quota:
    """What the sender and the site may still add; relays and repeats are not counted against anybody."""

    options: Options
    sender: str
    now: int
    before: Held
    envelopes_before: int
    envelopes: int = 0
    octets: int = 0

    @classmethod
    def of(cls, connection: sa.Connection, options: Options, sender: str, now: int, site: str) -> Quota:
        asked = {"site": site, "dev": sender, "day": now // DAY_MS}
        *before, today = connection.execute(_HELD_AND_TODAY, asked).one()
        return cls(options, sender, now, Held(*before), today)

    def refuses(self, envelope: Envelope) -> tuple[str, int | None]:
        """("", None) and counts it; or the problem and the seconds until it may succeed."""
        size = len(envelope.hdr) + len(envelope.body or b"")
        if envelope.header.dev == self.sender:
            if self.envelopes_before + self.envelopes >= self.options.envelopes_per_device_day:
                return "quota_device", ((self.now // DAY_MS + 1) * DAY_MS - self.now) // 1000 + 1
            if self.before.octets + self.octets + size > self.options.bytes_per_site:
                return "quota_site", 3600
            self.envelopes += 1
        self.octets += size
        return "", None

    def row(self, head: Place) -> dict[str, Any]:
        """For `usage`: `site_bytes` runs on, whatever is erased."""
        return {
            "site": head.site, "seq": head.seq, "dev": self.sender, "day": self.now // DAY_MS,
            "envelopes": self.envelopes, "site_bytes": self.before.written + self.octets,
        }  # fmt: skip
