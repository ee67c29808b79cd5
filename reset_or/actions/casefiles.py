"""Case files from and to the store: reads the revisions of a case, and writes what lists show of it.

The projection is a cache: it can be thrown away and folded anew from the revisions (`rebuild`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reset_or.actions.casefile import CaseFile, attachment, build, specimen_of
from reset_or.actions.context import Context, Parsed
from reset_or.base.errors import UserFixable
from reset_or.record.model import CaseRecord
from reset_or.revisions.authority import ATTACHED_STATES
from reset_or.revisions.canonical import canon
from reset_or.revisions.history import Placed, RecordState, Standing, fold
from reset_or.revisions.revision import LOOSE_FORMS
from reset_or.store.rows import RecordRow

if TYPE_CHECKING:
    from reset_or.store.rows import HistoryRow, StoredRevision
    from reset_or.store.store import Store


def placed_of(row: HistoryRow | StoredRevision, parsed: Parsed | None = None) -> Placed:
    """A stored revision at its place; its signature was verified when it arrived.

    `parsed` spares reading the same bytes again: a revision never changes, its id is its hash.
    """
    signed = parsed.get(row.rev_id) if parsed is not None else None
    if signed is None:
        signed = row.read()
        if parsed is not None:
            parsed.keep(row.rev_id, signed)
    return Placed(signed, row.seq, Standing(row.standing))


def load(store: Store, case: str, parsed: Parsed | None = None) -> CaseFile | None:
    """The case, or specimen without one. What lies under an attached specimen belongs to the case."""
    shelf = Shelf(store, (), parsed or Parsed())
    file = shelf.load(case)
    shelf.hold()
    return file


class Shelf:
    """Case files of a store together with `pending`, revisions that are being written in this very
    transaction.

    What the store has of all that these touch is asked for at once: a part of a sync touches dozens of cases,
    and a question costs more than its answer. The case in hand is not asked for again.
    """

    def __init__(self, store: Store, pending: Iterable[Placed], parsed: Parsed) -> None:
        self._store, self._parsed = store, parsed
        self._pending: dict[str, list[Placed]] = {}
        self._new_specimens = set[str]()
        for each in pending:
            revision = each.signed.revision
            self._pending.setdefault(revision.root, []).append(each)
            if revision.form == "specimen":
                self._new_specimens.add(revision.rec)
        self._rows: dict[str, list[HistoryRow]] = {}
        self._specimens: dict[str, list[str]] = {}
        self._newest: CaseFile | None = None
        roots = [root for root in self._pending if root]
        if len(roots) > 1:
            self._fetch(roots)

    def _fetch(self, roots: Sequence[str]) -> None:
        self._rows = {root: [] for root in roots}
        for row in self._store.case_histories(roots):
            self._rows[row.case].append(row)
        subjects = {name for root in roots for name in _subjects(self._whole(root))}
        self._specimens = {name: [] for name in subjects}
        for name, rec in self._store.specimens_of_subjects(sorted(subjects)) if subjects else ():
            self._specimens[name].append(rec)

    def load(self, case: str) -> CaseFile | None:
        """The case, or specimen without one; None where the record the others belong to is missing."""
        self._newest = self._load(case)
        return self._newest

    def hold(self) -> None:
        """The case that was loaded last is in hand, as it is in the store now: nothing is pending, or what
        was pending is written and nothing else."""
        if self._newest is not None:
            self._parsed.hold(self._newest, self._store.turn)

    def rows(self, by_root: Mapping[str, Sequence[Placed]], *, whole: bool) -> list[RecordRow]:
        """As `project`; without `whole` those of the case and of the records that were written."""
        rows: list[RecordRow] = []
        for root, placed in by_root.items():
            loose = [each for each in placed if not root or each.signed.revision.form in LOOSE_FORMS]
            rows += self._loose(loose)
            file = self.load(root) if root else None
            if file is None:
                continue  # its case record has not arrived yet; then everything of it is folded
            touched = {each.signed.revision.rec for each in placed}
            if whole and root in touched:
                touched |= {state.rec for state in file.parts if state.case == root}
            rows += rows_for(file, touched)
            for case in self._cases_of(file) - set(by_root):
                other = self.load(case)
                rows += [case_row(other)] if other is not None else []
        return rows

    def _load(self, case: str) -> CaseFile | None:
        held, new = self._parsed.file(case, self._store.turn), self._pending.get(case, ())
        if held is not None and not self._pending:
            return held
        if held is not None and not (held.specimens or self._new_specimens or _subjects(new)):
            return build([*held.placed, *new], held.received_at, self._parsed.fold)
        rows, placed = self._of(case), self._whole(case)
        for root in self._specimens_of(placed):
            whole = self._whole(root)
            if attached_case(whole) == case:
                rows, placed = [*rows, *self._of(root)], [*placed, *whole]
        received = {row.rev_id: row.received_at for row in rows if row.received_at is not None}
        return build(placed, received, self._parsed.fold)

    def _of(self, root: str) -> list[HistoryRow]:
        if root not in self._rows:
            self._rows[root] = self._store.case_history(root)
        return self._rows[root]

    def _whole(self, root: str) -> list[Placed]:
        stored = [placed_of(row, self._parsed) for row in self._of(root)]
        return [*stored, *self._pending.get(root, ())]

    def _specimens_of(self, case: Sequence[Placed]) -> list[str]:
        """The specimens that may belong to this case: said so in the store, or being written now."""
        subjects, found = _subjects(case), set[str]()
        for name in subjects:
            if name not in self._specimens:
                self._specimens[name] = self._store.specimens_of(name)
            found.update(self._specimens[name])
        return sorted(found | self._new_specimens) if subjects else []

    def _cases_of(self, file: CaseFile) -> set[str]:
        """The cases that a specimen belongs to now, and belonged to before."""
        if file.case.form != "specimen":
            return set()
        before = self._store.record(file.case.rec)
        named = {attached_case(file.placed), str(summary_of(before).get("case", "")) if before else ""}
        return named - {""}

    def _loose(self, placed: Sequence[Placed]) -> list[RecordRow]:
        """Projections of records that belong to no case (printed names, events)."""
        by_rec: dict[str, list[Placed]] = {each.signed.revision.rec: [] for each in placed}
        for rec in by_rec:
            by_rec[rec] = [placed_of(row, self._parsed) for row in self._store.record_history(rec)]
        for each in placed:
            by_rec[each.signed.revision.rec].append(each)
        return [record_row(self._parsed.fold(by_rec[rec])) for rec in sorted(by_rec)]


def _subjects(case: Iterable[Placed]) -> set[str]:
    return {
        str(each.signed.revision.chg["subject"].new)
        for each in case
        if each.signed.revision.form == "case" and "subject" in each.signed.revision.chg
    }


def attached_case(placed: Sequence[Placed]) -> str:
    """The case to which two people attached the specimen that these revisions belong to, else ""."""
    mine = [each for each in placed if each.signed.revision.form == "specimen"]
    if not mine:
        return ""
    found = attachment(fold(mine), mine[0].signed.revision.study)
    return found.case if found is not None and found.confirmed_by else ""


def roots(store: Store, case: str) -> tuple[str, ...]:
    """The recs under which records of a case lie: its own, and those of the specimens attached to it."""
    row = store.record(case)
    if row is None or row.form != "case":
        return (case,)
    found = store.records(form="specimen", subject=row.subject)
    return (case, *sorted(each.rec for each in found if summary_of(each).get("case") == case))


def case_of(store: Store, root: str) -> str:
    """The case to which a root belongs: that of an attached specimen, else the root itself."""
    row = store.record(root)
    return str(summary_of(row).get("case", "")) or root if row and row.form == "specimen" else root


def need(ctx: Context, case: str) -> CaseFile:
    """The case file, or UserFixable("case_unknown")."""
    found = load(ctx.store, case, ctx.parsed)
    if found is None:
        raise UserFixable("case_unknown")
    return found


def need_reading(ctx: Context, reading: str) -> RecordState:
    """The folded reading. Raises UserFixable `reading_unknown`, `erased_by_order`."""
    return need_record(ctx, "reading", reading)


def need_record(ctx: Context, form: str, rec: str) -> RecordState:
    """The folded record of a form. Raises UserFixable `<form>_unknown`, `erased_by_order`."""
    rows = ctx.store.record_history(rec)
    if not rows or rows[0].form != form:
        raise UserFixable(f"{form}_unknown")
    state = ctx.parsed.fold(placed_of(row, ctx.parsed) for row in rows)
    if state.erased:
        raise UserFixable("erased_by_order")
    return state


def record_row(state: RecordState) -> RecordRow:
    """The projection of one record other than a case."""
    return RecordRow(
        rec=state.rec,
        form=state.form,
        case=state.case,
        site=state.site,
        status="erased" if state.erased else "withdrawn" if state.withdrawn else "",
        fields=canon(state.fields()),
        heads=state.heads,
        conflicts=len(state.conflicts),
        uncertified=state.uncertified,
        unauthorised=state.unauthorised,
        created_at=state.created_at,
        changed_at=state.changed_at,
    )


def case_row(file: CaseFile) -> RecordRow:
    """The projection of a case: its fields, and the summary that the case list shows."""
    record, states, margins, owed = file.record, file.states, lifecycle(file), missing_signatures(file)
    return RecordRow(
        rec=file.case.rec,
        form="case",
        case=file.case.rec,
        site=file.case.site,
        subject=record.subject,
        status="erased" if file.case.erased else margins,
        fields=canon(file.case.fields()),
        summary=canon(_summary(file, record, margins, owed)),
        heads=file.case.heads,
        conflicts=sum(len(state.conflicts) for state in states),
        uncertified=sum(state.uncertified for state in states),
        unauthorised=sum(state.unauthorised for state in states),
        to_sign=" ".join(owed),
        search=" ".join([record.subject, record.room, record.initials, record.planned_on]),
        created_at=file.case.created_at,
        changed_at=max(state.changed_at for state in states),
    )


def summary_of(row: RecordRow) -> dict[str, Any]:
    """The summary as it was written by `case_row`."""
    found: dict[str, Any] = json.loads(row.summary)
    return found


def attached(file: CaseFile) -> list[RecordState]:
    """The readings taken before transection that stand."""
    return [s for s in file.readings if not s.withdrawn and _is_attached(s)]


def own_specimen(file: CaseFile, user: str) -> list[RecordState]:
    """What `user` read on the specimen and did not withdraw."""
    return [
        state
        for state in file.readings
        if state.created_by == user and not state.withdrawn and not _is_attached(state)
    ]


def _is_attached(reading: RecordState) -> bool:
    return reading.value("state") in ATTACHED_STATES


def lifecycle(file: CaseFile) -> str:
    """draft | saved | signed | confirmed of the in vivo pair, or `conflict`."""
    readings = attached(file)
    if any(state.conflicts for state in (file.case, *file.readings)):
        return "conflict"
    if not readings:
        return "draft"
    if not file.covered(readings, "recorded"):
        return "saved"
    return "confirmed" if file.covered(readings, "confirmed", certified=True) else "signed"


def missing_signatures(file: CaseFile) -> list[str]:
    """`meaning:user` of each signature that was promised and is still missing.

    The person who was named at the read-back owes `confirmed`; a pathologist with unsigned readings of the
    specimen owes `measured`.
    """
    found = []
    readings = attached(file)
    if readings and file.covered(readings, "recorded") and not file.covered(readings, "confirmed"):
        heads = {head for state in readings for head in state.data_heads}
        for signature in file.signatures:
            if signature.sig.meaning == "recorded" and signature.counts and heads <= set(signature.sig.signs):
                found.append(f"confirmed:{signature.sig.readback_by or '*'}")
                break
    readers = {s.created_by for s in file.readings if s.created_role == "pathologist" and not s.withdrawn}
    for user in sorted(readers):
        signed = file.signed_by(user, ("measured", "recorded"))
        if any(not set(state.data_heads) <= signed for state in own_specimen(file, user)):
            found.append(f"measured:{user}")
    return found


def _summary(file: CaseFile, record: CaseRecord, margins: str, missing: Sequence[str]) -> dict[str, Any]:
    ends = {str(state.value("end") or "") for state in attached(file)}
    readers = sorted({s.created_by for s in file.readings if s.created_role == "pathologist"})
    owed = {token.partition(":")[2] for token in missing if token.startswith("measured:")}
    said: dict[str, Any] = {
        "sex": record.sex,
        "age": record.age,
        "initials": record.initials,
        "room": record.room,
        "planned_on": record.planned_on,
        "arm": record.arm,
        "removed_at": record.removed_at,
        "photos": sum(1 for state in file.photos if not state.withdrawn),
        "margins": margins if ends else "none",
        "ends": sorted(ends),
        "readers": readers,
        "unblinded": [user for user in readers if user not in owed],
        "withdrawn": file.case.withdrawn,
    }
    return {name: value for name, value in said.items() if value is not None}


def specimen_row(file: CaseFile) -> RecordRow:
    """The projection of a specimen without a case. `subject`: the one that two people attached it to."""
    said, study = file.case, file.placed[0].signed.revision.study
    found = attachment(said, study)
    firm = found is not None and bool(found.confirmed_by)
    named, owed = specimen_of(said), missing_signatures(file)
    if found is not None and not firm:
        owed.append("attached:*")
    summary = {
        "label": named.label, "found_at": named.found_at, "begun_by": said.created_by,
        "photos": sum(not state.withdrawn for state in file.photos),
        "readings": sum(not state.withdrawn for state in file.readings),
        "attached_by": found.by if found else None, "confirmed_by": found.confirmed_by if found else None,
        "case": found.case if found is not None and firm else None,
    }  # fmt: skip
    return replace(
        record_row(said),
        subject=found.subject if found is not None and firm else "",
        status="erased" if said.erased else "withdrawn" if said.withdrawn else "attached" if firm else "",
        summary=canon({name: value for name, value in summary.items() if value is not None}),
        to_sign=" ".join(owed),
        conflicts=sum(len(state.conflicts) for state in file.states),
        changed_at=max(state.changed_at for state in file.states),
    )


def rows_for(file: CaseFile, recs: Iterable[str]) -> list[RecordRow]:
    """The projections of a case, or of a specimen without one, and of the given records in it."""
    wanted = set(recs)
    others = [state for state in file.states[1:] if state.rec in wanted and state.form != "specimen"]
    root = specimen_row(file) if file.case.form == "specimen" else case_row(file)
    return [root, *(record_row(state) for state in others)]


def project(
    store: Store, by_root: Mapping[str, Sequence[Placed]], parsed: Parsed | None = None
) -> list[RecordRow]:
    """The projections of what has just been placed, folded with what the store has of it.

    `by_root`: the new revisions by the case or specimen they belong to, "" for records of neither. With a
    case or specimen that changed, all its records are folded again (it may have arrived after them).
    """
    pending = [each for placed in by_root.values() for each in placed]
    return Shelf(store, pending, parsed or Parsed()).rows(by_root, whole=True)
