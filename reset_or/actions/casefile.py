"""A case file: all records of one case, folded, before the gate. Never leaves the actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reset_or.record.model import CaseRecord, PhotoRecord, ReadingRecord, from_fields
from reset_or.revisions.history import Placed, RecordState, Signature, fold


@dataclass(frozen=True)
class CaseFile:
    """The folded records of one case and every revision behind them, in their order of arrival."""

    case: RecordState
    readings: tuple[RecordState, ...]
    photos: tuple[RecordState, ...]
    placed: tuple[Placed, ...]
    received_at: dict[str, int]

    @property
    def record(self) -> CaseRecord:
        return from_fields(CaseRecord, self.case.rec, self.case.fields())

    @property
    def signatures(self) -> tuple[Signature, ...]:
        return self.case.signatures

    def signed_by(self, user: str, meanings: Iterable[str]) -> frozenset[str]:
        """Every rev_id that `user` signed with one of the meanings."""
        wanted = frozenset(meanings)
        return frozenset(
            rev_id
            for signature in self.signatures
            if signature.user == user and signature.sig.meaning in wanted
            for rev_id in signature.sig.signs
        )

    @property
    def arm_confirmed(self) -> bool:
        """Whether a second person's signature covers the writing of the arm."""
        arm = {write.rev_id for write in self.case.writes.get("arm", ())}
        return bool(arm) and any(
            signature.sig.meaning == "confirmed" and arm <= set(signature.sig.signs)
            for signature in self.signatures
        )

    def covered(self, states: Sequence[RecordState], meaning: str) -> bool:
        """Whether one signature of this meaning stands on the present heads of all `states`."""
        heads = {head for state in states for head in state.data_heads}
        return bool(heads) and any(
            signature.sig.meaning == meaning and heads <= set(signature.sig.signs)
            for signature in self.signatures
        )


def build(placed: Sequence[Placed], received_at: dict[str, int]) -> CaseFile | None:
    """Folds the revisions of one case; None where the case record itself has not arrived yet."""
    by_rec: dict[str, list[Placed]] = {}
    for each in placed:
        by_rec.setdefault(each.signed.revision.rec, []).append(each)
    states = [fold(revisions) for revisions in by_rec.values()]
    cases = [state for state in states if state.form == "case"]
    if not cases:
        return None
    return CaseFile(
        case=cases[0],
        readings=_of(states, "reading"),
        photos=_of(states, "photo"),
        placed=tuple(placed),
        received_at=received_at,
    )


def reading_of(state: RecordState) -> ReadingRecord:
    return from_fields(ReadingRecord, state.rec, state.fields(), case=state.case)


def photo_of(state: RecordState) -> PhotoRecord:
    return from_fields(PhotoRecord, state.rec, state.fields(), case=state.case)


def _of(states: Iterable[RecordState], form: str) -> tuple[RecordState, ...]:
    found = [state for state in states if state.form == form]
    return tuple(sorted(found, key=lambda state: (state.created_at, state.rec)))
