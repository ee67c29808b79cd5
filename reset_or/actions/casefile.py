"""A case file: all records of one case, folded, before the gate. Never leaves the actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reset_or.record.model import CaseRecord, PhotoRecord, ReadingRecord, from_fields
from reset_or.revisions.history import Placed, RecordState, Signature, Standing, fold


@dataclass(frozen=True)
class CaseFile:
    """The folded records of one case and every revision behind them, in their order of arrival.

    `refused`: records of which no revision was authorised; they have no value, only a count. `erased`: what
    orders of erasure took, other than the case itself.
    """

    case: RecordState
    readings: tuple[RecordState, ...]
    photos: tuple[RecordState, ...]
    placed: tuple[Placed, ...]
    received_at: dict[str, int]
    refused: tuple[RecordState, ...] = ()
    erased: tuple[RecordState, ...] = ()

    @property
    def states(self) -> tuple[RecordState, ...]:
        """Every record of the case, the case itself first."""
        return (self.case, *self.readings, *self.photos, *self.erased, *self.refused)

    @property
    def not_authorised(self) -> frozenset[str]:
        """The revisions that their author was not entitled to write."""
        return frozenset().union(*(state.refused for state in self.states))

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
            if signature.user == user and signature.sig.meaning in wanted and signature.counts
            for rev_id in signature.sig.signs
        )

    @property
    def arm_confirmed(self) -> bool:
        """Whether the arm was read back to somebody who did not write it: whoever recorded or confirmed
        signed the writing of the arm too."""
        writes = self.case.writes.get("arm", ())
        arm, authors = {write.rev_id for write in writes}, {write.user for write in writes}
        return bool(arm) and any(
            signature.sig.meaning in ("recorded", "confirmed")
            and signature.standing is Standing.CERTIFIED
            and signature.user not in authors
            and arm <= set(signature.sig.signs)
            for signature in self.signatures
        )

    def covered(self, states: Sequence[RecordState], meaning: str, *, certified: bool = False) -> bool:
        """Whether one signature of this meaning stands on the present heads of all `states`.

        `certified`: only one whose key the directory knows makes anything of record.
        """
        heads = {head for state in states for head in state.data_heads}
        return bool(heads) and any(
            signature.sig.meaning == meaning
            and (signature.standing is Standing.CERTIFIED if certified else signature.counts)
            and heads <= set(signature.sig.signs)
            for signature in self.signatures
        )


def build(placed: Sequence[Placed], received_at: dict[str, int]) -> CaseFile | None:
    """Folds the revisions of one case; None where the case record itself has not arrived yet."""
    by_rec: dict[str, list[Placed]] = {}
    for each in _without_own_confirmations(placed):
        by_rec.setdefault(each.signed.revision.rec, []).append(each)
    states = [fold(revisions) for revisions in by_rec.values()]
    cases = [state for state in states if state.form == "case"]
    if not cases:
        return None
    standing = [state for state in states if not state.is_refused and not state.erased]
    erased = [state for state in states if state.erased and state.form in ("reading", "photo")]
    shown = {id(state) for state in (cases[0], *erased, *_of(standing, "reading"), *_of(standing, "photo"))}
    return CaseFile(
        case=cases[0],
        readings=_of(standing, "reading"),
        photos=_of(standing, "photo"),
        placed=tuple(placed),
        received_at=received_at,
        refused=tuple(state for state in states if id(state) not in shown),
        erased=(*_of(erased, "reading"), *_of(erased, "photo")),
    )


def _without_own_confirmations(placed: Sequence[Placed]) -> list[Placed]:
    """The revisions, a `confirmed` over something that its signer wrote being unauthorised: the second
    person is the author of none of the revisions signed."""
    authors = {each.rev_id: each.signed.revision.user for each in placed}

    def is_own(each: Placed) -> bool:
        sig, user = each.signed.revision.sig, each.signed.revision.user
        return (
            sig is not None
            and sig.meaning == "confirmed"
            and any(authors.get(rev_id) == user for rev_id in sig.signs)
        )

    return [replace(each, standing=Standing.UNAUTHORISED) if is_own(each) else each for each in placed]


def reading_of(state: RecordState) -> ReadingRecord:
    return from_fields(ReadingRecord, state.rec, state.fields(), case=state.case)


def photo_of(state: RecordState) -> PhotoRecord:
    return from_fields(PhotoRecord, state.rec, state.fields(), case=state.case)


def _of(states: Iterable[RecordState], form: str) -> tuple[RecordState, ...]:
    found = [state for state in states if state.form == form]
    return tuple(sorted(found, key=lambda state: (state.created_at, state.rec)))
