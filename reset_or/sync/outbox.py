"""What goes out: statements made here, own envelopes in the order they were written, then other devices'.

The outbox of envelopes is those without a receipt; that of statements is a list of ids in the store's
settings, since a statement that came with the trial has no place in any feed. Other devices' envelopes go
out when the server lost them, each with the oldest receipt for it, which keeps its authority.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from reset_or.revisions.directory import Directory
from reset_or.revisions.receipts import Signed
from reset_or.revisions.statements import Statement, read_statement
from reset_or.wire.frames import Frame, signed_frame, statement_frame
from reset_or.wire.messages import MAX_FRAMES, MAX_PROOFS, MAX_REQUEST, Cursor, Own, SyncRequest

if TYPE_CHECKING:
    from reset_or.store.rows import Cursor as Held
    from reset_or.store.rows import StoredEnvelope
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit

UNSENT_STATEMENTS: Final = "stmts_unsent"
CENTRE: Final = "00"
Stuck = tuple[str, str]
"""(site, device): a chain that goes no further in this sync."""
_HEAD_ROOM: Final = 64 * 1024
_MOST_BYTES: Final = MAX_REQUEST - _HEAD_ROOM


@dataclass(frozen=True)
class Batch:
    """One request and what is in it, own and relayed `envelopes` in the order sent.

    `held`: the cursors as they are stored. `sites`: those asked about; `left_out`: some were not, since the
    server is only now told of them. `recs`: the records that the envelopes write. `behind`: how many own
    envelopes wait beside these.
    """

    request: SyncRequest
    statements: tuple[str, ...]
    envelopes: tuple[StoredEnvelope, ...]
    held: Mapping[str, Held]
    left_out: bool = False
    recs: frozenset[str] = frozenset()
    behind: int = 0

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(cursor.site for cursor in self.request.cursors)


def unsent_statements(store: Store) -> list[str]:
    """Ids of statements that were made here and that the server has not taken yet."""
    found: list[str] = json.loads(store.meta(UNSENT_STATEMENTS) or "[]")
    return found


def forget_sent(store: Store, unit: Unit, sent: Collection[str]) -> None:
    left = [stmt_id for stmt_id in unsent_statements(store) if stmt_id not in sent]
    unit.put_meta(UNSENT_STATEMENTS, json.dumps(left))


def send_all_again(store: Store, unit: Unit) -> None:
    """After the server lost statements: those it still has it answers as duplicates."""
    unit.put_meta(UNSENT_STATEMENTS, json.dumps([row.stmt_id for row in store.statements()]))


def statements_to_send(store: Store) -> list[Statement]:
    wanted = set(unsent_statements(store))
    if not wanted:
        return []
    rows = [row for row in store.statements() if row.stmt_id in wanted]
    return [read_statement(row.data, row.sig) for row in rows]


def next_batch(
    store: Store, directory: Directory, *, dev: str, sites: Sequence[str], stuck: Collection[Stuck],
    push: bool, own_bodies: bool,
) -> Batch:  # fmt: skip
    """The next request: of `stuck` chains, (site, device), nothing more is sent in this sync.

    A site whose first statement has not reached the server yet is not asked about: it has no feed there.
    """
    statements = statements_to_send(store)[:MAX_FRAMES] if push and CENTRE in sites else []
    new = {s.site for s in statements if s.type == "epoch"} - {CENTRE}
    asked = [site for site in sites if site not in new]
    room = _Room(directory)
    frames = tuple(frame for frame in map(statement_frame, statements) if room.take(frame.size))
    chosen: list[StoredEnvelope] = []
    proofs: dict[str, Signed] = {}
    sending = asked if push and not new else []
    waiting = store.waiting()
    for site in sending if waiting.own else ():
        if (site, dev) not in stuck:
            chosen += _fill(store, store.outbox(site, room.frames), room, proofs)
    behind = waiting.own - len(chosen)
    relayed = store.relay_chains() if waiting.relayed else ()
    for site in sorted({site for site, _dev in relayed} & set(sending)):
        without = [other for at, other in stuck if at == site]
        chosen += _fill(store, store.relays(site, without, room.frames), room, proofs)
    cursors = [store.cursor(site) for site in asked]
    feeds = {cursor.feed for cursor in cursors if cursor.feed}
    request = SyncRequest(
        feed=min(feeds) if len(feeds) == 1 else "",
        cursors=tuple(Cursor(c.site, c.seq, c.feed_hash) for c in cursors),
        own=tuple(_own(store, dev, site) for site in asked),
        statements=frames,
        envelopes=tuple(frame_of(row, directory) for row in chosen),
        proofs=tuple(proofs.values()),
        own_bodies=own_bodies,
    )
    ids = tuple(s.stmt_id for s in statements[: len(frames)])
    held = {cursor.site: cursor for cursor in cursors}
    recs = _recs_held(store, chosen)
    return Batch(request, ids, tuple(chosen), held, len(asked) < len(sites), recs, behind)


@dataclass(frozen=True)
class Following:
    """Own envelopes that go next, made ready while others are still at the server. `head`: as in `Own`."""

    envelopes: tuple[StoredEnvelope, ...]
    frames: tuple[Frame, ...]
    recs: frozenset[str]
    behind: int
    head: int

    def batch(self, before: Batch, held: Held) -> Batch:
        """To be sent once everything in `before` has a receipt; `held`: the cursor after its answer."""
        last = before.envelopes[-1]
        request = SyncRequest(
            feed=held.feed,
            cursors=(Cursor(held.site, held.seq, held.feed_hash),),
            own=(Own(held.site, last.n, last.env_id, self.head),),
            envelopes=self.frames,
        )
        return Batch(request, (), self.envelopes, {held.site: held}, recs=self.recs, behind=self.behind)


def following(store: Store, directory: Directory, dev: str, batch: Batch) -> Following | None:
    """What goes after `batch`: None where nothing does, or not without asking the store once more."""
    if batch.behind < 1 or batch.statements or len(batch.sites) != 1 or not _is_chain(batch.envelopes, dev):
        return None
    (site,) = batch.sites
    rows = store.outbox(site, MAX_FRAMES, after_n=batch.envelopes[-1].n)
    chosen = _fill(store, rows, _Room(directory), {})
    if not _is_chain(chosen, dev):
        return None
    frames = tuple(frame_of(row, directory) for row in chosen)
    head = store.own_head_of(site, dev).n
    behind = batch.behind - len(chosen)
    return Following(tuple(chosen), frames, _recs_of(store, chosen), behind, max(head, chosen[-1].n))


def _is_chain(rows: Sequence[StoredEnvelope], dev: str) -> bool:
    """Whether all are this device's own and no server ever had one of them."""
    return bool(rows) and all(row.dev == dev and row.own and not row.proof for row in rows)


def _recs_of(store: Store, rows: Sequence[StoredEnvelope]) -> frozenset[str]:
    return frozenset(store.recs_of([row.rev_id for row in rows if row.rev_id])) if rows else frozenset()


def _recs_held(store: Store, rows: Sequence[StoredEnvelope]) -> frozenset[str]:
    """The same, from what is asked again when their places come, and remembered until then."""
    return frozenset(row.rec for row in store.held_in(row.env_id for row in rows)) if rows else frozenset()


def frame_of(row: StoredEnvelope, directory: Directory) -> Frame:
    """As it travels: of what was erased by order header and signature only, whatever is still held here."""
    body = b"" if row.env_id in directory.erased(row.site) else row.body
    return Frame(row.hdr, row.dsig, body or b"")


@dataclass
class _Room:
    """What is left of one request."""

    directory: Directory
    frames: int = field(default_factory=lambda: MAX_FRAMES)
    octets: int = _MOST_BYTES

    def take(self, size: int) -> bool:
        if self.frames < 1 or self.octets < size:
            self.frames = 0  # what comes after it in its chain must not overtake it
            return False
        self.frames, self.octets = self.frames - 1, self.octets - size
        return True


def _fill(
    store: Store, rows: Sequence[StoredEnvelope], room: _Room, proofs: dict[str, Signed]
) -> list[StoredEnvelope]:
    """As many of them as there is room for, and the old receipts that they need."""
    found = []
    for row in rows:
        proof = None
        if row.proof and row.proof not in proofs:
            kept = store.receipt(row.proof)
            proof = Signed(kept.data, kept.sig) if kept is not None else None
        size = frame_of(row, room.directory).size + (signed_frame(proof).size if proof else 0)
        if len(proofs) == MAX_PROOFS or not room.take(size):
            room.frames = 0
            break
        if proof is not None:
            proofs[row.proof] = proof
        found.append(row)
    return found


def _own(store: Store, dev: str, site: str) -> Own:
    known, head = store.last_receipted(site, dev), store.own_head_of(site, dev)
    return Own(site, known.n, known.env_id, max(known.n, head.n))
