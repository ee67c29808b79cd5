"""The part of the gate that shows photographs, calibrations and what was measured on them.

A reader's first reading is withheld from that reader while the second is still to be taken: it is absent from
the view, as everything is that a person may not see. A new calibration never changes a reading; readings that
stand on an older one are marked, and no longer count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from reset_or.actions.casefile import (
    CaseFile,
    attachment,
    calibration_of,
    photo_of,
    reading_of,
    specimen_of,
)
from reset_or.actions.judge import uncertainty_um
from reset_or.actions.photo_views import CalibrationView, SeriesView, SpecimenRow
from reset_or.actions.views import Judgement, PhotoView, ReadingView
from reset_or.record.points import read_numbers, read_points
from reset_or.revisions.authority import THEATRE
from reset_or.revisions.history import RecordState
from reset_or.trial.limits import Scheme
from reset_or.trial.repeat import combine_readings, combine_um

if TYPE_CHECKING:
    from reset_or.actions.gate import Viewer

ON_PHOTO: Final = "photo_scale"
SECRET_FIELDS: Final = frozenset({"value_mm", "entered", "length_um", "uncertainty_um", "path"})
"""What the trail leaves out of a reading that is withheld from its own reader."""
_Key = tuple[str, str, str, str]


def side_of(role: str, user: str) -> str:
    """Who works together: theatre as one, every reader at the bench alone (they are blind to each other)."""
    return "theatre" if role in THEATRE else user


def is_on_photo(state: RecordState) -> bool:
    return state.value("method") == ON_PHOTO and bool(state.value("photo"))


@dataclass(frozen=True)
class PhotoReadings:
    """The photo readings of one case file, put in order. Knows no viewer."""

    file: CaseFile

    @cached_property
    def signed(self) -> frozenset[str]:
        """Every revision that a signature counts for."""
        return frozenset(rev for sig in self.file.signatures if sig.counts for rev in sig.sig.signs)

    def is_signed(self, state: RecordState) -> bool:
        return bool(state.data_heads) and set(state.data_heads) <= self.signed

    @cached_property
    def calibrations(self) -> tuple[RecordState, ...]:
        """Those that stand, oldest first."""
        return tuple(state for state in self.file.calibrations if not state.withdrawn)

    def newer(self, calibration: str) -> list[RecordState]:
        """The calibrations of the same photo by the same side that came after this one; all of the photo's,
        where it does not stand any more."""
        places = {state.rec: n for n, state in enumerate(self.calibrations)}
        of = next((state for state in self.file.calibrations if state.rec == calibration), None)
        if of is None:
            return []
        mine = (of.value("photo"), side_of(of.created_role, of.created_by))
        after = places.get(calibration, -1)
        return [
            state
            for n, state in enumerate(self.calibrations)
            if n > after and (state.value("photo"), side_of(state.created_role, state.created_by)) == mine
        ]

    def outdated(self, reading: RecordState) -> bool:
        """Whether it is to be repeated: its calibration was replaced, or that or its photograph withdrawn,
        before it was signed."""
        used = str(reading.value("calibration") or "")
        stands = any(state.rec == used for state in self.calibrations)
        if self.is_signed(reading):
            heads = set(reading.data_heads)
            signs = [set(s.sig.signs) for s in self.file.signatures if s.counts and heads <= set(s.sig.signs)]
            known = set().union(*signs)
            return any(set(state.data_heads) & known for state in self.newer(used))
        gone = any(photo.withdrawn and photo.rec == reading.value("photo") for photo in self.file.photos)
        return gone or not stands or bool(self.newer(used))

    @cached_property
    def series(self) -> dict[_Key, tuple[RecordState, ...]]:
        """(photo, end, state, reader) -> the readings that stand, in the order taken."""
        found: dict[_Key, list[RecordState]] = {}
        for state in self.file.readings:
            if not state.withdrawn and is_on_photo(state) and not self.outdated(state):
                said = reading_of(state)
                key = (said.photo, said.end, said.state, state.created_by)
                found.setdefault(key, []).append(state)
        return {key: tuple(sorted(states, key=_place)) for key, states in found.items()}

    def withheld(self, user: str, scheme: Scheme) -> frozenset[str]:
        """The readings whose lengths this reader must not see: the own series is not complete."""
        return frozenset(
            state.rec
            for key, states in self.series.items()
            if key[3] == user and next_no(states, scheme) and not all(map(self.is_signed, states))
            for state in states
        )


def _place(reading: RecordState) -> tuple[int, int, str]:
    return reading_of(reading).reading_no, reading.created_at, reading.rec


def lengths_um(states: Iterable[RecordState]) -> list[int]:
    """The first three lengths of a series."""
    found = (state.value("length_um") for state in states)
    return [length for length in found if isinstance(length, int)][:3]


def next_no(states: Sequence[RecordState], scheme: Scheme) -> int:
    """Which reading the repeat rule asks for next, 0 when it asks for none."""
    taken = lengths_um(states)
    if not taken:
        return 1
    found = combine_um(taken, scheme)
    return len(taken) + 1 if found.needs_second or found.needs_third else 0


def on_photo(measured: PhotoReadings, state: RecordState, one: ReadingView) -> ReadingView:
    """A reading with what was measured on a photograph, and the specimen it was made under."""
    one = replace(one, moved_from=moved_from(measured.file, state))
    if not is_on_photo(state):
        return one
    said = reading_of(state)
    return replace(
        one, photo=said.photo, calibration=said.calibration, path=read_points(said.path),
        length_um=said.length_um, uncertainty_um=said.uncertainty_um, to_repeat=measured.outdated(state),
    )  # fmt: skip


def photographed(
    file: CaseFile, readings: Sequence[ReadingView], viewer: Viewer, scheme: Scheme, *, blinded: bool
) -> dict[str, Any]:
    """The part of a CaseView that is about photographs, and about specimens without a subject."""
    return {
        "photos": photos(file, viewer, blinded=blinded),
        "calibrations": calibrations(file, viewer, blinded=blinded),
        "series": series(file, readings, scheme),
        "specimens": tuple(specimen(file, each, viewer.user, blinded=blinded) for each in file.specimens),
        "label": specimen_of(file.case).label if file.case.form == "specimen" else "",
    }


def calibrations(file: CaseFile, viewer: Viewer, *, blinded: bool) -> tuple[CalibrationView, ...]:
    """Everybody's; of a blinded person the own ones."""
    measured = PhotoReadings(file)
    sizes = {state.rec: upright(state) for state in file.photos if state.blobs}
    return tuple(
        _calibration(state, sizes.get(str(state.value("photo")), (0, 0)), measured)
        for state in measured.calibrations
        if not blinded or state.created_by == viewer.user
    )


def upright(photo: RecordState) -> tuple[int, int]:
    blob = photo.blobs[0]
    return (blob.h, blob.w) if blob.turn >= 5 else (blob.w, blob.h)


def _calibration(state: RecordState, size: tuple[int, int], measured: PhotoReadings) -> CalibrationView:
    said = calibration_of(state)
    to_mm = read_numbers(said.to_mm, 9)
    return CalibrationView(
        rec=state.rec, photo=said.photo, state=said.state, method=said.method,
        points=read_points(said.points), known_mm=said.known_mm,
        check_points=read_points(said.check_points), check_mm=said.check_mm,
        check_error_permille=said.check_error_permille, card=said.card, to_mm=to_mm,
        k1=_number(said.k1), k2=_number(said.k2), px_per_mm=_px_per_mm(to_mm, size),
        residual_um=said.residual_um, tilt_cdeg=said.tilt_cdeg, sharpness_permille=said.sharpness_permille,
        scale_sd_ppm=said.scale_sd_ppm or 0, measurable=said.measurable and bool(to_mm),
        problems=tuple(said.problems.split()), warnings=tuple(said.warnings.split()),
        algorithm=said.algorithm, made_by=state.created_by, made_at=state.created_at,
        current=not measured.newer(state.rec), signed=measured.is_signed(state),
        moved_from=moved_from(measured.file, state),
    )  # fmt: skip


def _number(untrusted_text: str) -> float:
    found = read_numbers(untrusted_text, 1)
    return found[0] if found else 0.0


def _px_per_mm(to_mm: Sequence[float], size: tuple[int, int]) -> float:
    """In the middle of the picture, where a lens does not distort: the root of the area's growth."""
    if not to_mm:
        return 0.0
    a, b, c, d, e, f, g, h, i = to_mm
    w = g * size[0] / 2 + h * size[1] / 2 + i
    det = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return abs(w**3 / det) ** 0.5 if det else 0.0


def moved_from(file: CaseFile, state: RecordState) -> str:
    """The specimen under which a record of this case was made; "" where it was made under the case."""
    return state.case if state.case != file.case.rec else ""


def specimen(file: CaseFile, state: RecordState, user: str, *, blinded: bool) -> SpecimenRow:
    """A specimen of this file, with who attached it. A blinded person sees no free text of others, and no
    count that tells of their readings."""
    said, found = specimen_of(state), attachment(state, file.placed[0].signed.revision.study)
    row = SpecimenRow(
        rec=state.rec, label=said.label, found_at=said.found_at, begun_by=state.created_by,
        photos=sum(each.case == state.rec and not each.withdrawn for each in file.photos),
        note=said.note if not blinded or state.created_by == user else "",
        readings=sum(
            each.case == state.rec and not each.withdrawn and (not blinded or each.created_by == user)
            for each in file.readings
        ),
        withdrawn=state.withdrawn,
    )  # fmt: skip
    if found is None:
        return row
    return replace(
        row, attached_to=found.subject, attached_by=found.by, attached_at=found.at,
        confirmed_by=found.confirmed_by, confirmed_at=found.confirmed_at,
    )  # fmt: skip


def series(file: CaseFile, readings: Sequence[ReadingView], scheme: Scheme) -> tuple[SeriesView, ...]:
    """The series among the readings that may be seen."""
    measured, seen = PhotoReadings(file), {reading.rec: reading for reading in readings}
    return tuple(
        _series(key, states, [seen[s.rec] for s in states], readings, measured, scheme)
        for key, states in measured.series.items()
        if all(state.rec in seen for state in states)
    )


def _series(
    key: _Key, states: Sequence[RecordState], views: Sequence[ReadingView], readings: Sequence[ReadingView],
    measured: PhotoReadings, scheme: Scheme,
) -> SeriesView:  # fmt: skip
    taken = lengths_um(states)
    found = combine_um(taken, scheme) if taken else None
    asked = next_no(states, scheme)
    hidden = any(view.hidden for view in views)
    made = SeriesView(
        photo=key[0], end=key[1], state=key[2], reader=key[3], readings=tuple(views), next_no=asked,
        complete=not asked, needs_third=found is not None and found.needs_third,
        signed=all(map(measured.is_signed, states)),
    )  # fmt: skip
    if hidden or found is None:
        return made
    ruler_mm = _ruler_mm(views[0], readings, scheme)
    gap_um = found.final_um - ruler_mm * 1000 if found.final_um is not None and ruler_mm is not None else None
    looked = any(state.value("second_look") is True for state in states)
    beyond = gap_um is not None and abs(gap_um) > scheme.photo.gap_query_mm * 1000
    return replace(
        made, final_um=found.final_um, final_mm=found.final_mm,
        uncertainty_um=uncertainty_um(views, found.spread_um), spread_um=found.spread_um, ruler_mm=ruler_mm,
        gap_um=gap_um, gap_query=beyond and not looked, second_look=looked,
    )  # fmt: skip


def _ruler_mm(one: ReadingView, readings: Iterable[ReadingView], scheme: Scheme) -> int | None:
    """What the same side typed for the same end and state, by the repeat rule; the newest where that asks for
    a third."""
    mine = [
        reading
        for reading in readings
        if not reading.photo and reading.value_mm is not None and reading.segment != "extra"
        and (reading.end, reading.state) == (one.end, one.state)
        and side_of(reading.role, reading.recorded_by) == side_of(one.role, one.recorded_by)
    ]  # fmt: skip
    mine.sort(key=lambda reading: (reading.saved_at, reading.rec))
    same = [r.value_mm for r in mine if r.recorded_by == mine[-1].recorded_by and r.value_mm is not None][-3:]
    if not same:
        return None
    final = combine_readings(same, scheme).final_mm
    return same[-1] if final is None else final


def withhold(reading: ReadingView) -> ReadingView:
    """A reading of which its reader sees only that it was taken."""
    return replace(
        reading, value_mm=None, entered="", path=(), length_um=None, uncertainty_um=None,
        judgement=Judgement(), undo_to_mm=None, conflict=(), hidden=True,
    )  # fmt: skip


def photos(file: CaseFile, viewer: Viewer, *, blinded: bool) -> tuple[PhotoView, ...]:
    shown = [state for state in with_photo(file) if state.blobs[0].id not in viewer.erasures]
    return tuple(_photo_view(file, state, viewer, blinded=blinded) for state in shown)


def with_photo(file: CaseFile) -> list[RecordState]:
    return [state for state in file.photos if state.blobs and not state.withdrawn]


def _photo_view(file: CaseFile, state: RecordState, viewer: Viewer, *, blinded: bool) -> PhotoView:
    photo, blob = photo_of(state), state.blobs[0]
    others = blinded and state.created_by != viewer.user
    return PhotoView(
        rec=state.rec,
        blob=blob.id,
        caption="" if others else photo.caption,
        state=photo.state,
        taken_by=photo.taken_by,
        added_at=state.created_at,
        w=blob.w,
        h=blob.h,
        turn=blob.turn,
        mime=blob.mime,
        sha256=blob.sha256,
        camera_sha256=blob.camera_sha256,
        captured_at=blob.captured_at,
        warnings=tuple(photo.warnings.split()) if photo.warnings else (),
        label=photo.label,
        label_reason=photo.label_reason,
        here=blob.id in viewer.blobs_here,
        ledger=viewer.ledger.get(state.rec, "at_centre"),
        moved_from=moved_from(file, state),
        burned_in=photo.burned_in,
    )
