"""The spine: one user action appends one signed, sealed revision in one local transaction.

Everything an action writes goes through `write`, or through one `Writing` for several revisions in one
transaction. The author's right is asked before (authority), values are held against the codebook, the old
value stands beside the new one, and the projection is folded anew from the record's whole history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions import casefiles
from reset_or.actions.context import CLOCK_SLACK_MS, Context, DeviceKeys, Saved
from reset_or.base.changes import Changes
from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.base.ids import new_rec
from reset_or.record.codebook import Value, check_value
from reset_or.revisions import envelope as envelopes
from reset_or.revisions.authority import DEVICE_ROLE, allows, same_side
from reset_or.revisions.history import Placed, RecordState, author_standing
from reset_or.revisions.revision import (
    LOOSE_FORMS,
    Anchor,
    BlobRef,
    FieldChange,
    Revision,
    Sig,
    SignedRevision,
    sign_revision,
)

if TYPE_CHECKING:
    from reset_or.store.rows import BlobRow, ChainHead, Cursor, DraftKey
    from reset_or.store.unit import Unit

_BACK_SLACK_MS = 1_000


@dataclass(frozen=True)
class Intent:
    """What an action wants written. `values`: field -> new value, None to clear it.

    `author` None: the person at the keyboard; "": the device itself (events). `key`: the author's key where
    the person was asked for a secret just now, otherwise that of the session.
    """

    form: str
    act: str
    rec: str = ""
    case: str = ""
    values: Mapping[str, Value | None] = field(default_factory=dict)
    why: str = ""
    note: str = ""
    blobs: tuple[BlobRef, ...] = ()
    sig: Sig | None = None
    moved_from: str = ""
    author: str | None = None
    key: Ed25519PrivateKey | None = None


def write(
    ctx: Context, intent: Intent, *, draft: DraftKey | None = None, files: Sequence[BlobRow] = ()
) -> Saved:
    """Writes one revision in one transaction; when it returns, the save is durable."""
    with writing(ctx) as one:
        return one.append(intent, draft=draft, files=files)


@contextmanager
def writing(ctx: Context) -> Iterator[Writing]:
    """One transaction for several revisions: all are durable when the block ends, or none."""
    if ctx.read_only:
        raise EnvironmentTrouble("store_read_only")
    with ctx.store.transaction() as unit:
        one = Writing(ctx, unit)
        yield one
        shelf = one.project()
    shelf.hold()


class Writing:
    """The revisions of one transaction. Nothing is visible in the store before it ends, so this keeps
    what was appended: the chain's head and the histories that later appends stand on."""

    def __init__(self, ctx: Context, unit: Unit) -> None:
        self._ctx = ctx
        self._unit = unit
        self._head: ChainHead = ctx.store.own_head_of(ctx.site, ctx.device.dev)
        self._cursor = ctx.store.cursor(ctx.site)
        self._pending: dict[str, list[Placed]] = {}

    def history(self, rec: str) -> list[Placed]:
        """All revisions of a record, with those of this transaction."""
        stored = [casefiles.placed_of(row, self._ctx.parsed) for row in self._ctx.store.record_history(rec)]
        return [*stored, *self._pending.get(rec, ())]

    def append(
        self, intent: Intent, *, draft: DraftKey | None = None, files: Sequence[BlobRow] = ()
    ) -> Saved:
        """Signs, seals and appends one revision."""
        ctx, rec = self._ctx, intent.rec or new_rec()
        if ctx.reboot_test == "pending" and intent.form not in LOOSE_FORMS:
            raise UserFixable("reboot_test_pending")
        history = self.history(rec) if intent.rec else []  # a record of this moment has none
        before = ctx.parsed.fold(history) if history else None
        self._check_there(intent, before)
        signed = _sign(ctx, self._cursor, intent, rec, before)
        sealed = self._seal(signed)
        standing = author_standing(signed, ctx.directory, None)
        ctx.parsed.keep(signed.rev_id, signed)
        self._pending.setdefault(rec, []).append(Placed(signed, None, standing))
        self._unit.append(sealed, signed, standing=standing.value, drop_draft=draft, blobs=files)
        case = signed.revision.root
        changes = Changes(frozenset({rec}), frozenset({case} - {""}), frozenset({intent.form}), ledger=True)
        return Saved(changes, rec, signed.rev_id)

    def _check_there(self, intent: Intent, before: RecordState | None) -> None:
        """Nothing is written into what an order of erasure took."""
        ctx = self._ctx
        if not ctx.directory.erased(ctx.site) or intent.form in LOOSE_FORMS:
            return
        case = ctx.store.record(intent.case) if intent.case else None
        if (before is not None and before.erased) or (case is not None and case.status == "erased"):
            raise UserFixable("erased_by_order")

    def project(self) -> casefiles.Shelf:
        """Puts the projections of everything this transaction touched; gives the cases as they will be."""
        by_root: dict[str, list[Placed]] = {}
        for placed in self._pending.values():
            by_root.setdefault(placed[0].signed.revision.root, []).extend(placed)
        ctx, pending = self._ctx, (each for placed in by_root.values() for each in placed)
        shelf = casefiles.Shelf(ctx.store, pending, ctx.parsed)
        self._unit.put_records(shelf.rows(by_root, whole=False))
        return shelf

    def _seal(self, signed: SignedRevision) -> envelopes.Envelope:
        sealed = seal_next(self._ctx, self._ctx.device, self._head, signed)
        self._head = replace(self._head, n=self._head.n + 1, env_id=sealed.env_id)
        return sealed


def seal_next(
    ctx: Context, device: DeviceKeys, head: ChainHead, signed: SignedRevision
) -> envelopes.Envelope:
    """A revision of this site, sealed and signed by a device as what comes after `head` in its chain."""
    recipients = ctx.directory.recipients(ctx.site)
    return envelopes.sign_envelope(
        device.sign, study=ctx.study, site=ctx.site, kind="rev", n=head.n + 1, prev=head.env_id,
        epoch=recipients.epoch, body=envelopes.seal(signed.plaintext(), recipients.as_list()),
        blobs=[blob.id for blob in signed.revision.blobs],
    )  # fmt: skip


def _sign(
    ctx: Context, cursor: Cursor, intent: Intent, rec: str, before: RecordState | None
) -> SignedRevision:
    user = ctx.user if intent.author is None else intent.author
    role = ctx.role_of(user) if user else DEVICE_ROLE
    now_at = ctx.clock.now_at()
    revision = Revision(
        study=ctx.study,
        site=ctx.site,
        rec=rec,
        form=intent.form,
        act=intent.act,
        user=user,
        role=role or "none",
        dev=ctx.device.dev,
        at=now_at,
        tz_min=ctx.clock.offset_min(),
        clk=_clock_mark(ctx, now_at, cursor),
        app=ctx.app,
        case=intent.case,
        parents=before.heads if before is not None else (),
        chg=_changes(intent, before),
        blobs=intent.blobs,
        anchor=Anchor(cursor.feed, cursor.seq, cursor.feed_hash) if cursor.feed else None,
        sig=intent.sig,
        moved_from=intent.moved_from,
    )
    state = str(before.value("state") or "") if before is not None else ""
    its_own = before is None or same_side(intent.form, before.created_role, role)
    if not role or not its_own or not allows(revision, state):
        raise UserFixable("role_may_not", role=role or "none", form=intent.form, act=intent.act)
    key = intent.key or (ctx.people.signing_key(user) if user else ctx.device.sign)
    return sign_revision(revision, key)


def _clock_mark(ctx: Context, now_at: int, cursor: Cursor) -> str:
    """`back`: earlier than a time the server has signed; `jump`: far from the server's at the last sync."""
    if now_at < cursor.head_at - _BACK_SLACK_MS:
        return "back"
    return "jump" if abs(ctx.sync.clock_off_ms or 0) > CLOCK_SLACK_MS else "ok"


def _changes(intent: Intent, before: RecordState | None) -> dict[str, FieldChange]:
    """Old value beside new; unchanged fields are left out, and an open conflict is never written over."""
    changes: dict[str, FieldChange] = {}
    for name, new in intent.values.items():
        if new is not None:
            check_value(intent.form, name, new)
        if before is not None and name in before.conflicts:
            raise UserFixable("conflict_open", field=name)
        old = before.value(name) if before is not None else None
        if type(old) is type(new) and old == new:
            continue
        changes[name] = FieldChange(old, new, intent.why if before is not None else "", intent.note)
    if intent.act == "update" and not changes:
        raise UserFixable("nothing_changed")
    return changes
