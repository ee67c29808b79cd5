"""The one gate: what a person may see of a case. Every screen, command, report and export goes through it.

A pathologist sees neither arm nor verdict nor anybody else's readings of a case until the own readings of
its specimen are signed; otherwise the agreement between surgeon and pathologist is worthless. What is
withheld is absent from the view. A person with the unlocked store and a debugger can pass this gate, and
the threat model says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reset_or.actions import gate_photos
from reset_or.actions.casefile import CaseFile, reading_of
from reset_or.actions.judge import Setting, judgement, step_view
from reset_or.actions.views import (
    HIDDEN,
    CaseView,
    ConflictView,
    EndView,
    ErasedView,
    Judgement,
    ReadingView,
    RevisionView,
    SignatureView,
    StepView,
)
from reset_or.record.codebook import Value
from reset_or.record.model import ReadingRecord
from reset_or.revisions.authority import ATTACHED_STATES, THEATRE, may_write
from reset_or.revisions.directory import Erasure
from reset_or.revisions.history import RecordState
from reset_or.revisions.revision import ROOT_FORMS
from reset_or.trial.codes import Arm, End, State
from reset_or.trial.limits import Scheme
from reset_or.trial.verdict import EndInput, judge_pair

NCT = "NCT07038122"
_OWN_MEANINGS = ("measured", "recorded")
# What a blinded person may see of the case record: identity and the specimen's clock, no allocation, no
# free text in which a value could stand.
_BLIND_CASE_FIELDS = frozenset({
    "subject", "site", "sex", "age", "initials", "room", "planned_on", "tumour_appearance", "removed_at",
    "formalin_in_at", "scheme",
})  # fmt: skip


@dataclass(frozen=True)
class Viewer:
    """Who looks. `names`: user -> printed name; `ledger`: blob or rec -> state for photos; `erasures`: of the
    site, by the id of the envelope or photo."""

    user: str
    role: str
    names: dict[str, str]
    study: str
    demo: bool
    ledger: dict[str, str]
    blobs_here: frozenset[str]
    unsent: int = 0
    read_only: bool = False
    erasures: Mapping[str, Erasure] = field(default_factory=dict)


def is_blinded(file: CaseFile, user: str, role: str) -> bool:
    """Whether this person's own readings of the specimen are still to be signed."""
    if role != "pathologist":
        return False
    own = [state for state in file.readings if state.created_by == user and not state.withdrawn]
    signed = file.signed_by(user, _OWN_MEANINGS)
    return not own or not all(set(state.data_heads) <= signed for state in own)


def view(file: CaseFile, viewer: Viewer, scheme: Scheme) -> CaseView:
    """The case as `viewer` may see it."""
    blinded = is_blinded(file, viewer.user, viewer.role)
    case = file.record
    setting = Setting.of(case, scheme)
    if blinded:
        setting = replace(setting, arm=Arm.TO_FOLLOW)
    seen = [s for s in file.readings if not s.withdrawn and (not blinded or s.created_by == viewer.user)]
    readings, attached = _readings(file, seen, setting, viewer), _attached(seen)
    arm_confirmed = case.arm_known and file.arm_confirmed
    confirmed = arm_confirmed and _by_two(file, attached)
    standing = [reading for reading in readings if not (reading.hidden or reading.to_repeat)]
    record = step_view(setting, "record", standing, confirmed=confirmed)
    specimen = step_view(setting, "specimen", standing, confirmed=True)
    if blinded:
        record, specimen = _without_verdict(record), _without_verdict(specimen)
    return CaseView(
        **_identity(file, viewer),
        arm=HIDDEN if blinded else case.arm,
        arm_confirmed=arm_confirmed and not blinded,
        rand_no="" if blinded else case.rand_no,
        procedure="" if blinded else case.procedure,
        scheme=scheme.version,
        scheme_signed=scheme.is_signed,
        feedback=scheme.feedback.value,
        blinded=blinded,
        lifecycle=_lifecycle(file, attached, confirmed=confirmed),
        record=record,
        specimen=specimen,
        readings=readings,
        signatures=_signatures(file, viewer, blinded=blinded),
        **gate_photos.photographed(file, readings, viewer, scheme, blinded=blinded),
        conflicts=_conflicts(file, viewer, blinded=blinded),
        trail=_trail(file, viewer, scheme, blinded=blinded),
        people=viewer.names,
        **_rights(viewer),
        withdrawn=file.case.withdrawn,
        not_authorised=len(file.not_authorised),
        erased=_erased(file, viewer),
    )


def _attached(seen: list[RecordState]) -> list[RecordState]:
    return [state for state in seen if reading_of(state).state in ATTACHED_STATES]


def _readings(
    file: CaseFile, seen: list[RecordState], setting: Setting, viewer: Viewer
) -> tuple[ReadingView, ...]:
    """The readings that may be seen, those on photographs with their marks; the reader's own open series is
    withheld."""
    measured = gate_photos.PhotoReadings(file)
    withheld = measured.withheld(viewer.user, setting.scheme)
    found = []
    for state in seen:
        one = gate_photos.on_photo(measured, state, _reading_view(file, state, setting, viewer))
        found.append(gate_photos.withhold(one) if state.rec in withheld else one)
    return tuple(found)


def _by_two(file: CaseFile, attached: list[RecordState]) -> bool:
    """Whether certified people recorded and confirmed these very readings."""
    return all(file.covered(attached, meaning, certified=True) for meaning in ("recorded", "confirmed"))


def _rights(viewer: Viewer) -> dict[str, Any]:
    free = not viewer.read_only
    measures = may_write(viewer.role, "reading", "create", state="fresh_unpinned")
    return {
        "unsent": viewer.unsent,
        "read_only": viewer.read_only,
        "may_record": viewer.role in THEATRE and free,
        "may_measure": measures and free,
    }


def _identity(file: CaseFile, viewer: Viewer) -> dict[str, Any]:
    """What everybody may see: who it is and the clock of the specimen."""
    names = (
        "subject", "site", "sex", "age", "initials", "room", "planned_on", "tumour_length_mm",
        "tumour_appearance", "removed_at", "removed_late",
    )  # fmt: skip
    known = {name: getattr(file.record, name) for name in names}
    return known | {"rec": file.case.rec, "study": viewer.study, "nct": NCT, "demo": viewer.demo}


def _lifecycle(file: CaseFile, attached: list[RecordState], *, confirmed: bool) -> str:
    if confirmed:
        return "confirmed"
    if attached and file.covered(attached, "recorded"):
        return "signed"
    return "saved" if file.readings else "draft"


def _reading_view(file: CaseFile, state: RecordState, setting: Setting, viewer: Viewer) -> ReadingView:
    reading = reading_of(state)
    heads = set(state.data_heads)
    signed = any(heads & set(signature.sig.signs) for signature in file.signatures)
    return ReadingView(
        rec=state.rec,
        end=reading.end,
        segment=reading.segment,
        value_mm=reading.value_mm,
        entered=reading.entered,
        unit=reading.unit,
        missing=reading.missing,
        state=reading.state,
        edge=reading.edge,
        method=reading.method,
        measured_by=reading.measured_by,
        recorded_by=state.created_by,
        role=state.created_role,
        measured_at=reading.measured_at,
        saved_at=state.changed_at,
        reading_no=reading.reading_no,
        reason=reading.reason,
        typed_later=reading.typed_later,
        transcribed=reading.transcribed,
        removed_min=reading.removed_min,
        changes=state.changes,
        undo_to_mm=_value_before(file, state),
        judgement=_single(setting, reading),
        signed=signed,
        conflict=tuple(v for v in state.values("value_mm") if isinstance(v, int))
        if "value_mm" in state.conflicts
        else (),
        head=state.data_heads[-1] if state.data_heads else "",
        uncertified=state.uncertified > 0,
        not_authorised=state.unauthorised,
        landmark_offset_mm=reading.landmark_offset_mm,
        comment=reading.comment,
    )


def _single(setting: Setting, reading: ReadingRecord) -> Judgement:
    if reading.value_mm is None or reading.end not in ("proximal", "distal") or not reading.state:
        return Judgement(verdict="not_measured" if reading.missing else "not_entered")
    if setting.arm is Arm.TO_FOLLOW:
        return Judgement()
    given = EndInput(
        End(reading.end), State(reading.state), reading.value_mm, plus_minus_um=reading.uncertainty_um or 0
    )
    other = EndInput(End.DISTAL if reading.end == "proximal" else End.PROXIMAL)
    pair = (given, other) if reading.end == "proximal" else (other, given)
    case = judge_pair(setting.arm, *pair, setting.scheme)
    step = "record" if reading.state in ATTACHED_STATES else "specimen"
    judged = case.proximal if reading.end == "proximal" else case.distal
    return judgement(setting, step, case, judged, given)


def _value_before(file: CaseFile, state: RecordState) -> int | None:
    """What undo would restore: the value that the newest write of the length replaced."""
    writes = state.writes.get("value_mm", ())
    if len(writes) != 1:
        return None
    for each in file.placed:
        if each.rev_id == writes[0].rev_id:
            old = each.signed.revision.chg["value_mm"].old
            return old if isinstance(old, int) else None
    return None


def _signatures(file: CaseFile, viewer: Viewer, *, blinded: bool) -> tuple[SignatureView, ...]:
    # What a signature covers stays current while the readings and the writing of the arm stand, whatever
    # else of the case (room, clock of the specimen) is written later.
    current = {head for s in (file.case, *file.parts) for head in s.data_heads}
    current |= {write.rev_id for write in file.case.writes.get("arm", ())}
    return tuple(
        SignatureView(
            rev_id=signature.rev_id,
            user=signature.user,
            name=signature.sig.name,
            role=signature.role,
            meaning=signature.sig.meaning,
            at=signature.at,
            tz_min=signature.tz_min,
            reauth=signature.sig.reauth,
            readback_by=signature.sig.readback_by,
            covers_current=set(signature.sig.signs) <= current,
        )
        for signature in file.signatures
        if signature.counts and (not blinded or signature.user == viewer.user)
    )


def _erased(file: CaseFile, viewer: Viewer) -> tuple[ErasedView, ...]:
    """What orders took, by record: that it was there says nothing of what it said, so everybody may know."""
    found: dict[str, ErasedView] = {}
    gone = {state.rec for state in (file.case, *file.erased) if state.erased}
    for each in file.placed:
        mark, revision = each.signed.erased, each.signed.revision
        if mark is not None and revision.rec in gone and mark.env_id in viewer.erasures:
            why = viewer.erasures[mark.env_id]
            found.setdefault(revision.rec, ErasedView(revision.rec, revision.form, why.reason_code, why.at))
    for state in gate_photos.with_photo(file):
        if (blob := viewer.erasures.get(state.blobs[0].id)) is not None:
            found.setdefault(state.rec, ErasedView(state.rec, "photo", blob.reason_code, blob.at))
    return tuple(found.values())


def _conflicts(file: CaseFile, viewer: Viewer, *, blinded: bool) -> tuple[ConflictView, ...]:
    found = []
    for state in (file.case, *file.parts):
        for name in state.conflicts:
            if blinded and not _blind_may_see(state, name, viewer):
                continue
            values = tuple((str(w.value), w.user, w.at) for w in state.writes[name])
            found.append(ConflictView(state.rec, state.form, name, values))
    return tuple(found)


def _blind_may_see(state: RecordState, name: str, viewer: Viewer) -> bool:
    if state.form == "case":
        return name in _BLIND_CASE_FIELDS
    if state.form == "specimen":
        return name in ("label", "found_at", "attached_to") or state.created_by == viewer.user
    return state.created_by == viewer.user


def _trail(file: CaseFile, viewer: Viewer, scheme: Scheme, *, blinded: bool) -> tuple[RevisionView, ...]:
    owners = {s.rec: s for s in file.states}
    withheld = gate_photos.PhotoReadings(file).withheld(viewer.user, scheme)
    refused = file.not_authorised
    lines = []
    for each in file.placed:
        revision = each.signed.revision
        owner = owners[revision.rec]
        if blinded and owner.form not in ROOT_FORMS and owner.created_by != viewer.user:
            continue
        if blinded and revision.act == "sign" and revision.user != viewer.user:
            continue
        changes = tuple(
            (name, _text(change.old), _text(change.new), change.why)
            for name, change in sorted(revision.chg.items())
            if (not blinded or _blind_may_see(owner, name, viewer))
            and not (revision.rec in withheld and name in gate_photos.SECRET_FIELDS)
        )
        lines.append(
            RevisionView(
                rev_id=each.rev_id,
                form=revision.form,
                act=revision.act,
                user=revision.user,
                role=revision.role,
                at=revision.at,
                tz_min=revision.tz_min,
                changes=changes,
                standing="unauthorised" if each.rev_id in refused else each.standing.value,
                received_at=file.received_at.get(each.rev_id),
                erased=each.signed.erased is not None,
            )
        )
    return tuple(lines)


def _text(value: Value | None) -> str:
    return "" if value is None else str(value)


def _without_verdict(step: StepView) -> StepView:
    """Numbers without any judgement: not even safety, which could tell one arm's target from the other's."""
    return replace(
        step,
        proximal=_bare_end(step.proximal),
        distal=_bare_end(step.distal),
        case_verdict="",
        status="",
        as_delivered="",
        safety="",
        queries=(),
    )


def _bare_end(end: EndView) -> EndView:
    def bare(reading: ReadingView) -> ReadingView:
        return replace(reading, judgement=Judgement())

    return replace(
        end,
        bands=None,
        judgement=Judgement(),
        main=bare(end.main) if end.main else None,
        extras=tuple(bare(extra) for extra in end.extras),
        repeats=tuple(bare(repeat) for repeat in end.repeats),
    )
