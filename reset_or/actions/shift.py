"""The receipt of a shift: what this device saved since a moment, and what of it the centre has receipted.

Nothing is taken from a status column alone: every line at the centre is read again from a receipt that
verifies now under the coordinating centre's key. Ids, times and user codes only: no value of any field, no
arm, no verdict. A blinded reader is shown own entries; those of others are counted and not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, get_args

from reset_or.actions.context import Context
from reset_or.actions.ledger import BLIND_ROLES
from reset_or.base.clock import DAY_MS, local_text, zone_text
from reset_or.base.errors import TrustBroken
from reset_or.base.ids import labelled_hash
from reset_or.base.words import Language, keys, say
from reset_or.revisions import signing
from reset_or.revisions.receipts import Receipt, Signed, read_blob_receipt, read_receipt, walk

if TYPE_CHECKING:
    from reset_or.reports.shift_receipt import ShiftSheet
    from reset_or.store.rows import BlobRow, LedgerRow, SentRow

Since = Literal["today", "hours12", "last"]
SINCE: Final[tuple[Since, ...]] = get_args(Since)
_LAST: Final = "shift/receipt_at"
_HOURS_12_MS: Final = 12 * 3_600_000
_MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class ShiftLine:
    """One saved entry or one photo. `id`: of its envelope, or of the sealed photo.

    `received_at` is the server's time in the receipt, None while the centre has not receipted it; then place,
    `feed_hash` and `receipt` (the id of the receipt: the hash of its bytes) are empty too. `at_relay`: the
    hospital's relay has it, says a receipt that this device holds; the centre has not receipted it.
    """

    kind: str
    subject: str
    rec: str
    user: str
    saved_at: int
    id: str
    received_at: int | None = None
    site: str = ""
    seq: int | None = None
    feed: str = ""
    feed_hash: str = ""
    receipt: str = ""
    at_relay: bool = False


@dataclass(frozen=True)
class ShiftReceipt:
    """`items`, `photos`: records and photos of the span that are wholly at the centre.

    `only_here`: records of this device that are not, whatever their age, counted as on the sync page, and
    `photos_only_here` of them have photos. `relayed`: records that the hospital's relay has and the centre
    has not, listed in `at_relay`: no receipt of the centre certifies them. `unfinished`: drafts. `events`:
    lines of the trail such as signing in, all at the centre. `since`: what `since_at` stands for.
    `not_listed`: lines of other people that this reader is not shown. `feed_seq`, `feed_hash`: the newest
    place that these receipts prove.
    """

    study: str
    site: str
    device: str
    since: Since
    since_at: int
    until_at: int
    zone_min: int
    users: tuple[str, ...]
    items: int
    photos: int
    events: int
    only_here: int
    photos_only_here: int
    unfinished: int
    not_listed: int
    at_centre: tuple[ShiftLine, ...]
    here: tuple[ShiftLine, ...]
    feed: str = ""
    feed_seq: int = 0
    feed_hash: str = ""
    demo: bool = False
    version: str = ""
    relayed: int = 0
    at_relay: tuple[ShiftLine, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether nothing of this device is missing at the centre; drafts are not sent and count apart."""
        return not self.only_here and not self.relayed


def shift_receipt(ctx: Context, *, since: Since = "today") -> ShiftReceipt:
    """What this device saved since then, proved by receipts or named as not yet at the centre."""
    kind, since_at = _since(ctx, since)
    proof, rows = _Proof(ctx), ctx.store.saved_here(since_at)
    lines = [proof.entry(row) for row in rows]
    lines += [proof.photo(blob, row) for blob, row in _photos(ctx, rows)]
    unsent, recs = ctx.store.ledger(), {line.rec for line in lines}
    older = [proof.waiting(row) for row in unsent if row.rec not in recs]
    not_there = [line for line in lines if line.received_at is None] + older
    here = [line for line in not_there if not line.at_relay]
    relayed = [line for line in not_there if line.at_relay]
    there = [line for line in lines if line.received_at is not None]
    only_here = {row.rec for row in unsent if row.only_here} | {line.rec for line in here}
    at_relay = ({row.rec for row in unsent} | {line.rec for line in relayed}) - only_here
    waiting = only_here | at_relay
    whole = {line.rec: line.kind for line in there if line.rec not in waiting}
    pictures = {line.rec for line in lines if line.kind == "photo_file"} & whole.keys()
    events = sum(1 for form in whole.values() if form == "event")
    every = (there, here, relayed)
    shown = shown_there, shown_here, shown_relayed = [_listed(ctx, lines) for lines in every]
    feed, feed_seq, feed_hash = proof.newest()
    return ShiftReceipt(
        study=ctx.study, site=ctx.site, device=ctx.device.dev, since=kind, since_at=since_at,
        until_at=ctx.clock.now_at(), zone_min=ctx.clock.offset_min(),
        users=tuple(sorted({row.user for row in rows} - {""})),
        items=len(whole) - len(pictures) - events, photos=len(pictures), events=events,
        only_here=len(only_here), photos_only_here=sum(1 for row in unsent if row.photos),
        relayed=len(at_relay), unfinished=len(ctx.store.drafts()),
        not_listed=sum(map(len, every)) - sum(map(len, shown)),
        at_centre=shown_there, here=shown_here, at_relay=shown_relayed,
        feed=feed, feed_seq=feed_seq, feed_hash=feed_hash,
        demo=ctx.demo, version=ctx.app,
    )  # fmt: skip


def shift_pdf(
    ctx: Context, *, since: Since = "today", language: Language = "en"
) -> tuple[ShiftReceipt, bytes]:
    """The facts and the same as a PDF; nothing of it touches the disk."""
    from reset_or.reports.shift_receipt import render

    facts = shift_receipt(ctx, since=since)
    return facts, render(sheet_of(facts, language), language)


def note_printed(ctx: Context, *, until_at: int) -> None:
    """A receipt left this program: the next one "since the last" begins where it ended."""
    with ctx.store.transaction() as unit:
        unit.put_meta(_LAST, str(until_at))


def _since(ctx: Context, since: Since) -> tuple[Since, int]:
    """Where the span begins. Without an earlier receipt "last" is "today": midnight or the sign-in, if that
    was earlier."""
    now_at = ctx.clock.now_at()
    if since == "hours12":
        return since, now_at - _HOURS_12_MS
    last = ctx.store.meta(_LAST)
    if since == "last" and last is not None:
        return since, int(last)
    local_ms = now_at + ctx.clock.offset_min() * _MINUTE_MS
    midnight_at = now_at - local_ms % DAY_MS
    return "today", min(midnight_at, _signed_in_at(ctx, midnight_at))


def _signed_in_at(ctx: Context, midnight_at: int) -> int:
    """The last sign-in of the person at the keyboard, where it was before midnight; else midnight."""
    mine = [row for row in ctx.store.saved_here(midnight_at - DAY_MS) if row.user == ctx.people.active]
    for row in reversed(mine):
        if row.form != "event":
            continue
        stored = ctx.store.revision(row.rev_id)
        change = stored and stored.read().revision.chg.get("what")
        if change and change.new == "login":
            return min(row.at, midnight_at)
    return midnight_at


def _photos(ctx: Context, rows: Sequence[SentRow]) -> Iterable[tuple[BlobRow, SentRow]]:
    """Sealed photos of records that this device wrote in the span."""
    made = {row.rec: row for row in reversed(rows)}
    return [(blob, made[blob.rec]) for blob in ctx.store.blobs() if blob.rec in made]


def _listed(ctx: Context, lines: Sequence[ShiftLine]) -> tuple[ShiftLine, ...]:
    """A blinded reader learns from no line that somebody else's readings exist."""
    user = ctx.people.active
    if not user or ctx.role_of(user) not in BLIND_ROLES:
        return tuple(lines)
    return tuple(line for line in lines if line.user == user)


def centre_keys(ctx: Context) -> list[bytes]:
    """Whose receipts count as "at the coordinating centre": its server's keys, and no relay's. The one place
    that says so."""
    return ctx.directory.server_keys("00")


@dataclass
class _Proof:
    """Receipts read from the store, each verified once."""

    ctx: Context
    _known: dict[str, Receipt | None] = field(default_factory=dict)
    _subjects: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._subjects = {row.rec: row.subject for row in self.ctx.store.case_rows()}

    def newest(self) -> tuple[str, int, str]:
        """(feed, place, feed hash) of the newest place that the receipts read so far prove."""
        read = [receipt for receipt in self._known.values() if receipt is not None]
        last = max(read, key=lambda receipt: receipt.last_seq, default=None)
        return ("", 0, "") if last is None else (last.feed, last.last_seq, last.feed_after)

    def waiting(self, row: LedgerRow) -> ShiftLine:
        """A record with something unsent from before the span."""
        revisions = self.ctx.store.revisions(row.rec)
        user = revisions[0].user if revisions else ""
        subject = self._subjects.get(row.case or row.rec, "")
        return ShiftLine(row.form, subject, row.rec, user, row.oldest_at, "", at_relay=not row.only_here)

    def entry(self, row: SentRow) -> ShiftLine:
        subject = self._subjects.get(row.case or row.rec, "")
        at_relay = bool(row.relay_receipt)
        line = ShiftLine(row.form, subject, row.rec, row.user, row.at, row.env_id, at_relay=at_relay)
        receipt = self._read(row.receipt)
        if receipt is None:
            return line
        ids = [item for item, _at in receipt.items]
        if row.env_id not in ids:
            return line
        at = ids.index(row.env_id)
        return replace(
            line, received_at=receipt.items[at][1], site=receipt.site, seq=receipt.first_seq + at,
            feed=receipt.feed, feed_hash=walk(receipt)[at], receipt=row.receipt,
        )  # fmt: skip

    def photo(self, blob: BlobRow, row: SentRow) -> ShiftLine:
        subject = self._subjects.get(row.case, "")
        held, at_relay = blob.centre_receipt, blob.receipt is not None and blob.centre_receipt is None
        line = ShiftLine("photo_file", subject, row.rec, row.user, blob.at, blob.id, at_relay=at_relay)
        if held is None:
            return line
        try:
            said = read_blob_receipt(Signed(*held), centre_keys(self.ctx))
        except TrustBroken:
            return line
        if said[:2] != (blob.id, blob.length):
            return line
        receipt = labelled_hash(signing.BLOB, held[0])
        return replace(line, received_at=said[2], site=blob.site, receipt=receipt)

    def _read(self, receipt_id: str) -> Receipt | None:
        if receipt_id not in self._known:
            self._known[receipt_id] = self._verified(receipt_id)
        return self._known[receipt_id]

    def _verified(self, receipt_id: str) -> Receipt | None:
        """None where it is not held, does not verify, or somebody else than the centre signed it."""
        row = self.ctx.store.receipt(receipt_id) if receipt_id else None
        try:
            return None if row is None else read_receipt(Signed(row.data, row.sig), centre_keys(self.ctx))
        except TrustBroken:
            return None


# --- in words ------------------------------------------------------------------------------------------


def headlines(facts: ShiftReceipt, language: Language) -> tuple[str, ...]:
    """What is not at the centre first and plainly, then what is."""
    lines = []
    if facts.only_here:
        lines.append(say("shift.only_here", language, n=facts.only_here))
    if facts.relayed:
        lines.append(say("shift.at_relay", language, n=facts.relayed))
    if facts.unfinished:
        lines.append(say("shift.unfinished", language, n=facts.unfinished))
    if facts.items or facts.photos:
        which = "all_at_centre" if facts.complete else "some_at_centre"
        lines.append(say(f"shift.{which}", language, what=_counted(facts, language)))
    elif facts.complete:
        lines.append(say("shift.nothing", language))
    return tuple(lines)


def _counted(facts: ShiftReceipt, language: Language) -> str:
    items = say("shift.items", language, n=facts.items)
    photos = say("shift.photos", language, n=facts.photos)
    if facts.items and facts.photos:
        return say("shift.both", language, items=items, photos=photos)
    return items if facts.items else photos


def remarks(facts: ShiftReceipt, language: Language) -> tuple[str, ...]:
    """Smaller truths: entries of the trail, and how many lines this reader is not shown."""
    found = []
    if facts.events:
        found.append(say("shift.events", language, n=facts.events))
    if facts.not_listed:
        found.append(say("shift.not_listed", language, n=facts.not_listed))
    return tuple(found)


def sheet_of(facts: ShiftReceipt, language: Language) -> ShiftSheet:
    """The receipt in the words of one language, for paper."""
    from reset_or.reports.model import Labelled
    from reset_or.reports.shift_receipt import ShiftRow, ShiftSheet

    def when(at: int | None) -> str:
        return "" if at is None else local_text(at, facts.zone_min, "%m-%d %H:%M:%S")

    def row(line: ShiftLine) -> ShiftRow:
        key = f"sync.kind_{line.kind}"
        place = f"{line.site} · {line.seq}" if line.seq is not None else ""
        return ShiftRow(
            kind=say(key if key in keys() else "sync.kind_other", language), subject=line.subject,
            user=line.user, saved=when(line.saved_at), received=when(line.received_at), place=place,
            id=line.id, feed_hash=line.feed_hash, receipt=line.receipt,
        )  # fmt: skip

    span = f"{local_text(facts.since_at, facts.zone_min)} – {local_text(facts.until_at, facts.zone_min)}"
    pairs = [
        ("study", facts.study), ("site", facts.site), ("device", facts.device[:12]),
        ("span", f"{span} {zone_text(facts.zone_min)}"), ("users", ", ".join(facts.users)),
    ]  # fmt: skip
    proof = [
        ("device_full", facts.device), ("feed", facts.feed), ("feed_seq", str(facts.feed_seq or "")),
        ("feed_hash", facts.feed_hash),
    ]  # fmt: skip
    return ShiftSheet(
        lead=headlines(facts, language), complete=facts.complete, remarks=remarks(facts, language),
        facts=tuple(Labelled(say(f"shift.{name}", language), value) for name, value in pairs),
        proof=tuple(Labelled(say(f"shift.{name}", language), value) for name, value in proof),
        here=tuple(row(line) for line in facts.here),
        at_relay=tuple(row(line) for line in facts.at_relay),
        at_centre=tuple(row(line) for line in facts.at_centre),
        study=facts.study, site=facts.site, until_at=facts.until_at, zone_min=facts.zone_min,
        demo=facts.demo, version=facts.version,
    )  # fmt: skip
