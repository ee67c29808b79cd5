"""Reading: where a caller stands against the server, and the entries it has not seen. Writes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from reset_or.central import tables
from reset_or.central.door import Caller
from reset_or.central.feed import End, Place, ends
from reset_or.revisions.receipts import Signed
from reset_or.wire.frames import Frame
from reset_or.wire.messages import MAX_ANSWER_FRAMES, MAX_FRAMES, Cursor, Entry, Outcome, Own, SyncRequest

_FRAME_OVERHEAD = 8 + 64


@dataclass(frozen=True)
class Standing:
    """The server's view of the caller before anything is appended.

    `ends`: of the sites it names and of its own. `astray`: cursors that do not fit.
    `other_feed`: the caller speaks of a feed that is no longer in use, so nothing of it fits.
    """

    outcome: Outcome
    other_feed: bool
    ends: dict[str, End]
    astray: frozenset[str]


def standing(connection: sa.Connection, caller: Caller, request: SyncRequest) -> Standing:
    """Compares the caller's cursors and its own chains with what is here."""
    feed, dev, home = caller.feed, caller.device.key_id, caller.device.site
    sites = [cursor.site for cursor in request.cursors]
    others = sorted({*sites, *(o.site for o in request.own)} - {home})
    found = ends(connection, feed, dev, others) | {home: caller.state.end}
    other_feed = request.feed not in ("", feed)
    astray = frozenset(sites) if other_feed else _astray(connection, feed, request.cursors, found)
    lost = _lost(connection, dev, request.own, found)
    outcome: Outcome = "ok"
    if astray or lost or other_feed:
        outcome = "rolled_back"
    elif any(found[each.site].own[0] > each.head for each in request.own):
        outcome = "behind"
    return Standing(outcome, other_feed, found, astray)


def common_places(connection: sa.Connection, feed: str, cursor: Cursor, head: Place) -> tuple[Cursor, ...]:
    """Places at and before the cursor, ever further apart, seq 0 last: one of them both sides hold."""
    wanted, at, step = [], min(cursor.seq, head.seq), 1
    while at > 0:
        wanted.append(at)
        at, step = at - step, step * 2
    entry = tables.entry
    found = connection.execute(
        sa.select(entry.c.seq, entry.c.feed_hash)
        .where(entry.c.feed == feed, entry.c.site == cursor.site, entry.c.seq.in_(wanted))
        .order_by(entry.c.seq.desc())
    )
    return (*(Cursor(cursor.site, row.seq, row.feed_hash) for row in found), Cursor(cursor.site))


def _astray(
    connection: sa.Connection, feed: str, cursors: Iterable[Cursor], found: dict[str, End]
) -> frozenset[str]:
    bad, older = set(), []
    for cursor in cursors:
        head = found[cursor.site].head
        if cursor.seq > head.seq or (cursor.seq == head.seq and cursor.feed_hash != head.feed_hash):
            bad.add(cursor.site)
        elif 0 < cursor.seq < head.seq:
            older.append(cursor)
    if older:
        entry = tables.entry
        places = [(cursor.site, cursor.seq) for cursor in older]
        rows = connection.execute(
            sa.select(entry.c.site, entry.c.seq, entry.c.feed_hash).where(
                entry.c.feed == feed, sa.tuple_(entry.c.site, entry.c.seq).in_(places)
            )
        ).all()
        held = {(row.site, row.seq, row.feed_hash) for row in rows}
        bad |= {c.site for c in older if (c.site, c.seq, c.feed_hash) not in held}
    return frozenset(bad)


def _lost(connection: sa.Connection, dev: str, receipted: Sequence[Own], found: dict[str, End]) -> bool:
    """Whether an envelope that the caller holds a receipt for is not here."""
    older = []
    for each in receipted:
        n, env_id = found[each.site].own
        if each.n > n or (each.n == n and each.env_id != env_id):
            return True
        if 0 < each.n < n:
            older.append(each.env_id)
    if not older:
        return False
    table = tables.envelope
    asked = sa.select(sa.func.count()).where(table.c.env_id.in_(older), table.c.dev == dev)
    return connection.scalar(asked) != len(older)


@dataclass
class ReceiptShelf:
    """The receipts of one answer, each once; entries and items name them by their place."""

    feed: str
    signed: list[Signed] = field(default_factory=list)
    _places: dict[tuple[str, ...], int] = field(default_factory=dict)

    def covering(
        self, connection: sa.Connection, places: Iterable[tuple[str, int]]
    ) -> dict[tuple[str, int], int]:
        """(site, seq) -> place on the shelf of the receipt that covers it; the places are there."""
        by_site: dict[str, set[int]] = {}
        for site, seq in places:
            by_site.setdefault(site, set()).add(seq)
        found: dict[tuple[str, int], int] = {}
        for site, seqs in sorted(by_site.items()):
            for run in _runs(sorted(seqs)):
                found |= self._of_run(connection, site, run)
        return found

    def _of_run(self, connection: sa.Connection, site: str, run: Sequence[int]) -> dict[tuple[str, int], int]:
        """Of places that lie close together, which is nearly always all of them."""
        asked = {"feed": self.feed, "site": site, "low": run[0], "high": run[-1]}
        found, left = dict[tuple[str, int], int](), deque(run)
        for row in connection.execute(_RECEIPTS, asked):
            if row.last_seq < left[0]:
                continue
            place = self._add((site, str(row.first_seq)), Signed(row.data, row.sig))
            while left and left[0] <= row.last_seq:
                found[site, left.popleft()] = place
            if not left:
                break
        return found

    def proofs(self, connection: sa.Connection, site: str, low: int, high: int) -> dict[str, int]:
        """env_id -> place on the shelf of the old receipt it came with, for a stretch of a feed."""
        rows = connection.execute(_PROOFS, {"feed": self.feed, "site": site, "low": low, "high": high})
        return {row.env_id: self._add((row.id,), Signed(row.data, row.sig)) for row in rows}

    def _add(self, name: tuple[str, ...], signed: Signed) -> int:
        if name not in self._places:
            self._places[name] = len(self.signed)
            self.signed.append(signed)
        return self._places[name]


@dataclass
class Page:
    """How much of an answer is still free: entries and bytes of frames."""

    entries: int
    octets: int = MAX_ANSWER_FRAMES

    @property
    def full(self) -> bool:
        return self.entries <= 0 or self.octets <= 0


@dataclass(frozen=True)
class Spare:
    """Whose bodies stay here: what device `wrote` wrote and what device `brought` brought ("": nobody's)."""

    wrote: str = ""
    brought: str = ""


def entries_since(
    connection: sa.Connection, cursor: Cursor, last: int, page: Page, shelf: ReceiptShelf, spare: Spare
) -> tuple[Entry, ...]:
    """The next entries of a site up to the place `last`, as many as fit.

    What others append while the answer is made stands behind `last`: with the head that is signed into the
    answer it would look as if the server kept something back.
    """
    rows = _chosen(connection, shelf.feed, cursor, last, page, spare)
    if not rows:
        return ()
    low, high = rows[0].seq, rows[-1].seq
    kinds = {row.kind for row in rows}
    frames = _frames(connection, shelf.feed, cursor.site, low, high, spare, kinds)
    receipts = shelf.covering(connection, [(cursor.site, row.seq) for row in rows])
    proven = any(row.proven for row in rows)
    proofs = shelf.proofs(connection, cursor.site, low, high) if proven else {}
    return tuple(
        Entry(
            seq=row.seq, kind=row.kind, id=row.id, received_ms=row.received_ms,
            receipt=receipts[(cursor.site, row.seq)], frame=frames[row.id],
            has_body=bool(frames[row.id].body), proof=proofs.get(row.id),
        )
        for row in rows
    )  # fmt: skip


def _runs(seqs: Sequence[int]) -> Iterator[list[int]]:
    """Stretches of ascending places without a gap of more than a batch."""
    run: list[int] = []
    for seq in seqs:
        if run and seq - run[-1] > MAX_FRAMES:
            yield run
            run = []
        run.append(seq)
    if run:
        yield run


def _chosen(
    connection: sa.Connection, feed: str, cursor: Cursor, last: int, page: Page, spare: Spare
) -> list[Any]:
    asked = {"feed": feed, "site": cursor.site, "seq": cursor.seq, "last": last, "most": page.entries}
    asked |= vars(spare)
    chosen = []
    for row in connection.execute(_NEXT, asked).all():
        if page.full:
            break
        page.entries -= 1
        page.octets -= _FRAME_OVERHEAD + 512 + row.size
        chosen.append(row)
    return chosen


def _frames(
    connection: sa.Connection, feed: str, site: str, low: int, high: int, spare: Spare, kinds: set[str]
) -> dict[str, Frame]:
    """id -> frame of all in a stretch of a feed, where only entries of `kinds` stand."""
    asked, frames = {"feed": feed, "site": site, "low": low, "high": high}, dict[str, Frame]()
    if "env" in kinds:
        for row in connection.execute(_ENVELOPES, asked | vars(spare)):
            frames[row.env_id] = Frame(row.hdr, row.dsig, row.body or b"")
    if "stmt" in kinds:
        for said in connection.execute(_STATEMENTS, asked):
            frames[said.stmt_id] = Frame(said.data, said.sig)
    if "rcpt" in kinds:
        for held in connection.execute(_CENTRE_RECEIPTS, asked):
            frames[held.id] = Frame(held.data, held.sig)
    return frames


# Built once: putting them together costs more than answering them.
_E: Final = tables.entry.c
_STRETCH: Final = (
    (_E.feed == sa.bindparam("feed"))
    & (_E.site == sa.bindparam("site"))
    & _E.seq.between(sa.bindparam("low"), sa.bindparam("high"))
)
_SPARED: Final = (tables.envelope.c.dev == sa.bindparam("wrote")) | (
    tables.envelope.c.sender == sa.bindparam("brought")
)
_SIZE: Final = sa.func.coalesce(
    sa.case((_SPARED, 0), else_=tables.envelope.c.body_len), sa.func.length(tables.centre_receipt.c.data), 0
)
_NEXT: Final = (
    sa.select(
        _E.seq, _E.kind, _E.id, _E.received_ms, _SIZE.label("size"), tables.proof.c.env_id.label("proven")
    )
    .outerjoin(tables.envelope, tables.envelope.c.env_id == _E.id)
    .outerjoin(tables.proof, tables.proof.c.env_id == _E.id)
    .outerjoin(tables.centre_receipt, tables.centre_receipt.c.id == _E.id)
    .where(
        _E.feed == sa.bindparam("feed"),
        _E.site == sa.bindparam("site"),
        _E.seq > sa.bindparam("seq"),
        _E.seq <= sa.bindparam("last"),
    )
    .order_by(_E.seq)
    .limit(sa.bindparam("most"))
)
_ENVELOPES: Final = (
    sa.select(
        tables.envelope.c.env_id, tables.envelope.c.hdr, tables.envelope.c.dsig,
        sa.case((_SPARED, sa.null()), else_=tables.envelope.c.body).label("body"),
    )
    .select_from(tables.entry.join(tables.envelope, tables.envelope.c.env_id == _E.id))
    .where(_STRETCH)
)  # fmt: skip
_CENTRE_RECEIPTS: Final = (
    sa.select(tables.centre_receipt)
    .select_from(tables.entry.join(tables.centre_receipt, tables.centre_receipt.c.id == _E.id))
    .where(_STRETCH, _E.kind == "rcpt")
)
_STATEMENTS: Final = (
    sa.select(tables.statement.c.stmt_id, tables.statement.c.data, tables.statement.c.sig)
    .select_from(tables.entry.join(tables.statement, tables.statement.c.stmt_id == _E.id))
    .where(_STRETCH, _E.kind == "stmt")
)
_PROOFS: Final = (
    sa.select(
        tables.proof.c.env_id, tables.old_receipt.c.id, tables.old_receipt.c.data, tables.old_receipt.c.sig
    )
    .select_from(
        tables.entry.join(tables.proof, tables.proof.c.env_id == _E.id).join(
            tables.old_receipt, tables.old_receipt.c.id == tables.proof.c.receipt_id
        )
    )
    .where(_STRETCH)
    .order_by(_E.seq)
)
_R: Final = tables.receipt.c
_RECEIPTS: Final = (
    sa.select(_R.first_seq, _R.last_seq, _R.data, _R.sig)
    .where(
        _R.feed == sa.bindparam("feed"),
        _R.site == sa.bindparam("site"),
        _R.first_seq
        >= sa.select(_E.first_seq)
        .where(
            _E.feed == sa.bindparam("feed"), _E.site == sa.bindparam("site"), _E.seq == sa.bindparam("low")
        )
        .scalar_subquery(),
        _R.first_seq <= sa.bindparam("high"),
    )
    .order_by(_R.first_seq)
)
