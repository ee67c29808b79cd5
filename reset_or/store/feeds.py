"""What takes back places of a feed: a server that lost its end, and a device that changes servers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Executable, case, delete, func, insert, literal, null, select, update

from reset_or.store import tables as t

RESEALED: Final = "resealed"
WAITING: Final = b""
"""In `blob.centre_data`: a relay has the photo, and the centre's receipt has not come."""


def forgetting(site: str, after_seq: int) -> Iterator[Executable]:
    """After `after_seq` the feed is lost: its entries go, and envelopes that no entry names any more count as
    unsent. What the centre has receipted beside a relay stays receipted by it."""
    e, b = t.entry.c, t.blob.c
    kept = select(e.id).where((e.site == site) & (e.seq <= after_seq))
    lost = (t.env.c.site == site) & (t.env.c.receipt != RESEALED) & t.env.c.env_id.not_in(kept)
    touched = select(t.rev.c.rec).join(t.env, t.env.c.env_id == t.rev.c.env_id).where(lost)
    yield _offered_again(b.rec.in_(touched) & (b.centre_data.is_(None) | (b.centre_data == WAITING)))
    yield _proven(site, lost)
    yield update(t.env).where(lost).values(receipt="", centre=func.nullif(t.env.c.centre, ""))
    yield delete(t.entry).where((e.site == site) & (e.seq > after_seq))


def moving(site: str, *, to_relay: bool) -> Iterator[Executable]:
    """From the centre's server to the hospital's relay or back: the feed of the one that is left is put aside
    with its cursor, and that of the other, if this device knew one, takes its place."""
    mine = (t.env.c.site == site) & (t.env.c.receipt != RESEALED)
    yield _proven(site, mine)
    yield from _put_aside(site, relay=not to_relay)
    known = _known_receipt(site, relay=to_relay)
    b = t.blob.c
    photos = b.site == site
    if to_relay:
        had = mine & (t.env.c.receipt != "") & t.env.c.centre.is_(None)
        yield update(t.env).where(had).values(centre=t.env.c.receipt)
        unknown = t.env.c.centre.is_(None) & (known != "")
        yield update(t.env).where(mine).values(
            receipt=known, centre=case((unknown, ""), else_=t.env.c.centre)
        )  # fmt: skip
        at_centre = photos & b.receipt_data.is_not(None) & b.centre_data.is_(None)
        yield update(t.blob).where(at_centre).values(centre_data=b.receipt_data, centre_sig=b.receipt_sig)
    else:
        theirs = func.nullif(t.env.c.centre, "")
        yield update(t.env).where(mine).values(receipt=func.coalesce(theirs, known), centre=null())
        yield _offered_again(photos & (b.centre_data == WAITING))
        yield (
            update(t.blob).where(photos & b.centre_data.is_not(None)).values(
                receipt_data=b.centre_data, receipt_sig=b.centre_sig, centre_data=null(), centre_sig=null()
            )
        )  # fmt: skip
    yield from _taken_up(site, relay=to_relay)


def _offered_again(wanted: Any) -> Executable:
    nothing = dict.fromkeys(("receipt_data", "receipt_sig", "centre_data", "centre_sig"), null())
    return update(t.blob).where(wanted).values(sent=0, **nothing)


def _proven(site: str, wanted: Any) -> Executable:
    """The first receipt of each stays its proof: it says when the envelope had arrived."""
    e = t.entry.c
    first = wanted & (t.env.c.receipt != "") & (t.env.c.proof == "")
    arrived = select(e.received_ms).where((e.site == site) & (e.id == t.env.c.env_id)).limit(1)
    return update(t.env).where(first).values(proof=t.env.c.receipt, proven_ms=arrived.scalar_subquery())


def _known_receipt(site: str, *, relay: bool) -> Any:
    """The receipt by which an envelope stood in the feed that is taken up again, "" for none."""
    e = t.left_entry.c
    found = select(e.receipt).where(
        (e.id == t.env.c.env_id) & (e.site == site) & (e.relay == int(relay))
    )  # fmt: skip
    return func.coalesce(found.limit(1).scalar_subquery(), "")


_CURSOR: Final = ("feed", "seq", "feed_hash", "head_at")
_ENTRY: Final = ("seq", "kind", "id", "received_ms", "feed_hash", "receipt")


def _put_aside(site: str, *, relay: bool) -> Iterator[Executable]:
    for left, held, names in ((t.left_cursor, t.cursor, _CURSOR), (t.left_entry, t.entry, _ENTRY)):
        yield delete(left).where((left.c.site == site) & (left.c.relay == int(relay)))
        values: list[Any] = [literal(site), literal(int(relay)), *(held.c[name] for name in names)]
        yield insert(left).from_select(["site", "relay", *names], select(*values).where(held.c.site == site))
        yield delete(held).where(held.c.site == site)


def _taken_up(site: str, *, relay: bool) -> Iterator[Executable]:
    for left, held, names in ((t.left_cursor, t.cursor, _CURSOR), (t.left_entry, t.entry, _ENTRY)):
        here = (left.c.site == site) & (left.c.relay == int(relay))
        more = ["relay"] if held is t.cursor else []
        values: list[Any] = [literal(site), *(left.c[name] for name in (*more, *names))]
        yield insert(held).from_select(["site", *more, *names], select(*values).where(here))
        yield delete(left).where(here)
