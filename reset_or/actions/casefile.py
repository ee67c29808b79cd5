"""A case file: all records of one case, folded, before the gate. Never leaves the actions.

A specimen without a known subject has such a file too: it stands where a case stands. Once two people have
attached it, its photos, calibrations and readings are in the case's file as they were signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from reset_or.base.ids import case_rec
from reset_or.record.model import (
    CalibrationRecord,
    CaseRecord,
    PhotoRecord,
    ReadingRecord,
    SpecimenRecord,
    from_fields,
)
from reset_or.revisions.history import Placed, RecordState, Signature, Standing, fold
from reset_or.revisions.revision import ROOT_FORMS

_PARTS = ("reading", "photo", "calibration")


@dataclass(frozen=True)
class CaseFile:
    """The folded records of one case and every revision behind them, in their order of arrival.

    `refused`: records of which no revision was authorised; they have no value, only a count. `erased`: what
    orders of erasure took, other than the case itself. `specimens`: those attached to this case; what belongs
    to them is among the readings, photos and calibrations. `case` is the specimen in the file of one.
    """

    case: RecordState
    readings: tuple[RecordState, ...]
    photos: tuple[RecordState, ...]
    placed: tuple[Placed, ...]
    received_at: dict[str, int]
    refused: tuple[RecordState, ...] = ()
    erased: tuple[RecordState, ...] = ()
    calibrations: tuple[RecordState, ...] = ()
    specimens: tuple[RecordState, ...] = ()

    @property
    def states(self) -> tuple[RecordState, ...]:
        """Every record of the case, the case itself first."""
        return (self.case, *self.parts, *self.specimens, *self.erased, *self.refused)

    @property
    def parts(self) -> tuple[RecordState, ...]:
        """What stands of readings, photos and calibrations."""
        return (*self.readings, *self.photos, *self.calibrations)

    @property
    def roots(self) -> tuple[str, ...]:
        """The recs under which its records lie: its own, then those of the attached specimens."""
        return (self.case.rec, *(state.rec for state in self.specimens))

    @property
    def not_authorised(self) -> frozenset[str]:
        """The revisions that their author was not entitled to write."""
        return frozenset().union(*(state.refused for state in self.states))

    @property
    def record(self) -> CaseRecord:
        return from_fields(CaseRecord, self.case.rec, self.case.fields())

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """Those over the case, and those over readings of a specimen before it was attached."""
        return (*self.case.signatures, *(sig for state in self.specimens for sig in state.signatures))

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


@dataclass(frozen=True)
class Attachment:
    """Two named people's word that a specimen is a subject's: `by` wrote it, `confirmed_by` signed that.

    `confirmed_by` is "" while the second person is missing; then it counts for nothing.
    """

    subject: str
    case: str
    by: str
    at: int
    confirmed_by: str = ""
    confirmed_at: int | None = None


def attachment(specimen: RecordState, study: str) -> Attachment | None:
    """To whom a specimen is said to belong; None where nobody said so, or people disagree."""
    subject = specimen.value("attached_to")
    writes = specimen.writes.get("attached_to", ())
    if not isinstance(subject, str) or specimen.withdrawn or not writes:
        return None
    written, authors = {write.rev_id for write in writes}, {write.user for write in writes}
    seconds = [
        sign
        for sign in specimen.signatures
        if sign.sig.meaning == "confirmed" and sign.counts and written <= set(sign.sig.signs)
        and sign.user not in authors
    ]  # fmt: skip
    second = min(seconds, key=lambda sign: (sign.at, sign.rev_id), default=None)
    first = writes[0]
    made = Attachment(subject, case_rec(study, subject), first.user, first.at)
    return made if second is None else replace(made, confirmed_by=second.user, confirmed_at=second.at)


def build(
    placed: Sequence[Placed],
    received_at: dict[str, int],
    fold: Callable[[Iterable[Placed]], RecordState] = fold,
) -> CaseFile | None:
    """Folds the revisions of one case, or of one specimen without a case; None where the record that the
    others belong to has not arrived yet."""
    by_rec: dict[str, list[Placed]] = {}
    for each in _without_own_confirmations(placed):
        by_rec.setdefault(each.signed.revision.rec, []).append(each)
    states = [fold(revisions) for revisions in by_rec.values()]
    roots = sorted((state for state in states if state.form in ROOT_FORMS), key=lambda s: s.form)
    if not roots:
        return None
    standing = [state for state in states if not state.is_refused and not state.erased]
    erased = [state for state in states if state.erased and state.form in _PARTS]
    kept = {form: _of(standing, form) for form in _PARTS}
    shown = {id(state) for state in (*roots, *erased, *(each for found in kept.values() for each in found))}
    return CaseFile(
        case=roots[0],
        readings=kept["reading"],
        photos=kept["photo"],
        calibrations=kept["calibration"],
        specimens=tuple(roots[1:]),
        placed=tuple(placed),
        received_at=received_at,
        refused=tuple(state for state in states if id(state) not in shown),
        erased=tuple(each for form in _PARTS for each in _of(erased, form)),
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


def calibration_of(state: RecordState) -> CalibrationRecord:
    return from_fields(CalibrationRecord, state.rec, state.fields(), case=state.case)


def specimen_of(state: RecordState) -> SpecimenRecord:
    return from_fields(SpecimenRecord, state.rec, state.fields())


def _of(states: Iterable[RecordState], form: str) -> tuple[RecordState, ...]:
    found = [state for state in states if state.form == form]
    return tuple(sorted(found, key=lambda state: (state.created_at, state.rec)))
