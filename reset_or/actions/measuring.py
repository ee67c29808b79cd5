"""Measuring on photographs: give one a scale, draw a path, read twice, look again where a ruler differs.

A calibration is a record of its own and is never changed; a new one marks the readings that stand on the old
one as to be repeated and rescales nothing. Unsealing is a slow half, for other lanes than the store's;
finding a scale is another (`calibrating`). Both write nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reset_or.actions import casefiles, readings
from reset_or.actions.calibrating import CalibrationRequest, Opened, find_calibration
from reset_or.actions.casefile import CaseFile, calibration_of, photo_of
from reset_or.actions.context import Context, Saved
from reset_or.actions.gate_photos import ON_PHOTO, PhotoReadings, next_no, side_of, upright
from reset_or.actions.photo_views import CalibrationView
from reset_or.actions.photos import SealedPhoto, find_photo, unseal
from reset_or.actions.write import Intent, write
from reset_or.base.errors import UserFixable
from reset_or.record.codebook import Value
from reset_or.record.model import CalibrationRecord
from reset_or.record.points import Path, numbers_text, points_text, read_numbers, read_points
from reset_or.revisions.authority import SPECIMEN_STATES
from reset_or.revisions.history import RecordState
from reset_or.trial.codes import End, Query
from reset_or.trial.limits import PhotoLimits, Scheme
from reset_or.trial.scheme import load_scheme

if TYPE_CHECKING:
    from reset_or.images.calibration import Calibration

ENDS: Final = ("proximal", "distal", "tumour")
_MINUTE_MS = 60_000
_LONGEST_UM: Final = 1_000_000


@dataclass(frozen=True)
class MeasuredLength:
    """A path's length with its expanded uncertainty (95 %); `value_mm` is half up."""

    length_um: int
    uncertainty_um: int
    value_mm: int


@dataclass(frozen=True)
class Measured:
    """A reading that was saved. Its length is given back once; the gate withholds it in an open series."""

    saved: Saved
    length: MeasuredLength
    reading_no: int


@dataclass(frozen=True)
class ToOpen:
    """A photograph that is to be measured, still sealed, with what `Opened` says beside the picture."""

    sealed: SealedPhoto
    size: tuple[int, int]
    limits: PhotoLimits


def find_for_measuring(ctx: Context, *, photo: str) -> ToOpen:
    """The sealed photograph and what judging it needs. Raises as `photos.find_photo`."""
    sealed = find_photo(ctx, photo=photo)
    file, state = _photo(ctx, photo)
    return ToOpen(sealed, upright(state), _scheme(ctx, file).photo)


def unseal_for_measuring(found: ToOpen) -> Opened:
    """The picture itself. Needs no store: for the net lane. Raises as `photos.unseal`."""
    picture, mime, turn = unseal(found.sealed)
    return Opened(picture, mime, turn, found.size, found.limits)


def open_for_measuring(ctx: Context, *, photo: str) -> Opened:
    """Both in one go. Raises as `photos.open_photo`."""
    return unseal_for_measuring(find_for_measuring(ctx, photo=photo))


def calibrate_photo(ctx: Context, *, photo: str, request: CalibrationRequest, state: str = "") -> Saved:
    """Opens, finds and saves in one go (command line)."""
    return save_calibration(
        ctx, photo=photo, found=find_calibration(open_for_measuring(ctx, photo=photo), request), state=state
    )


def save_calibration(ctx: Context, *, photo: str, found: Calibration, state: str = "") -> Saved:
    """Writes a calibration that a person has taken; also one that says the photo is not measurable, and why.

    `state`: of the specimen, where the photo's record does not say it. Raises UserFixable `photo_unknown`,
    `photo_state_missing`, `photo_state_not_specimen`.
    """
    _, shown = _photo(ctx, photo)
    values: dict[str, Value | None] = {
        "photo": photo, "state": _state(shown, state), "method": found.method,
        "points": points_text(found.points) or None, "known_mm": _whole(found.known_mm),
        "check_points": points_text(found.check_points) or None, "check_mm": _whole(found.check_mm),
        "check_error_permille": found.check_error_permille, "card": found.card,
        "to_mm": numbers_text(found.to_mm), "k1": numbers_text([found.k1]), "k2": numbers_text([found.k2]),
        "residual_um": found.residual_um, "tilt_cdeg": found.tilt_cdeg,
        "sharpness_permille": found.sharpness_permille, "scale_sd_ppm": min(found.scale_sd_ppm, 1_000_000),
        "measurable": found.measurable, "problems": " ".join(found.problems) or None,
        "warnings": " ".join(found.warnings) or None, "algorithm": found.algorithm,
    }  # fmt: skip
    given = {name: value for name, value in values.items() if value is not None}
    return write(ctx, Intent("calibration", "create", case=shown.case, values=given))


def _whole(length_mm: float | None) -> int | None:
    return None if length_mm is None else max(1, round(length_mm))


def withdraw_calibration(ctx: Context, *, calibration: str, reason: str = "measured_again") -> Saved:
    """Takes a calibration back; readings on it that nobody signed are to be repeated."""
    state = casefiles.need_record(ctx, "calibration", calibration)
    if state.withdrawn:
        raise UserFixable("calibration_withdrawn")
    values: dict[str, Value | None] = {"withdrawn_reason": reason}
    return write(ctx, Intent("calibration", "withdraw", calibration, state.case, values, why=reason))


def calibration_from(known: CalibrationView | CalibrationRecord, size: tuple[int, int]) -> Calibration:
    """The geometry of a saved calibration. Raises UserFixable("calibration_unusable") where it has none."""
    from reset_or.images.calibration import Calibration

    if isinstance(known, CalibrationView):
        to_mm, k1, k2 = known.to_mm, known.k1, known.k2
        points, check_points, problems = known.points, known.check_points, known.problems
    else:
        to_mm = read_numbers(known.to_mm, 9)
        k1, k2 = (next(iter(read_numbers(text, 1)), 0.0) for text in (known.k1, known.k2))
        points, check_points = read_points(known.points), read_points(known.check_points)
        problems = tuple(known.problems.split())
    if len(to_mm) != 9 or not known.measurable:
        raise UserFixable("calibration_unusable", problems=" ".join(problems))
    a, b, c, d, e, f, g, h, i = to_mm
    return Calibration(
        method=known.method, size=size, to_mm=(a, b, c, d, e, f, g, h, i), k1=k1, k2=k2, points=points,
        known_mm=known.known_mm, check_points=check_points, check_mm=known.check_mm,
        check_error_permille=known.check_error_permille, card=known.card or None,
        residual_um=known.residual_um, tilt_cdeg=known.tilt_cdeg,
        sharpness_permille=known.sharpness_permille, scale_sd_ppm=known.scale_sd_ppm or 0,
        algorithm=known.algorithm,
    )  # fmt: skip


def length_of(
    known: CalibrationView | CalibrationRecord, size: tuple[int, int], path: Path, limits: PhotoLimits, *,
    zoom: float = 1.0,
) -> MeasuredLength:  # fmt: skip
    """The length of a path as it is drawn. Pure. Raises UserFixable `calibration_unusable`,
    `photo_path_too_short`, `photo_path_outside`, `photo_point_beyond_plane`."""
    from reset_or.images.measure import length

    if not all(0 <= x <= size[0] and 0 <= y <= size[1] for x, y in path):
        raise UserFixable("photo_path_outside")
    found = length(path, calibration_from(known, size), limits, zoom=zoom)
    return MeasuredLength(found.length_um, found.uncertainty_um, found.length_mm)


def record_photo_reading(
    ctx: Context, *, photo: str, calibration: str, end: str, path: Path, state: str = "", edge: str = "",
    zoom: float = 1.0, reading_no: int | None = None, comment: str = "",
) -> Measured:  # fmt: skip
    """Saves what was drawn as the next reading of this end by this person.

    Raises UserFixable as `length_of` does, and `calibration_unknown`, `calibration_withdrawn`,
    `calibration_outdated`, `calibration_of_other_side`, `readings_enough`, `reading_no_other`,
    `length_refused`, `photo_state_missing`, `photo_state_not_specimen`.
    """
    if end not in ENDS:
        raise UserFixable("field_code_unknown", field="end")
    file, shown = _photo(ctx, photo)
    known, scheme = _current(ctx, file, photo, calibration), _scheme(ctx, file)
    taken = length_of(known, upright(shown), path, scheme.photo, zoom=zoom)
    _refuse_impossible(end, taken, scheme)
    at, said = _taken_at(shown), _state(shown, state)
    removed_at, removed_min = file.record.removed_at, None
    if removed_at is not None and at >= removed_at:
        said = readings.timed_state(file, scheme, said, at, typed_later=False)
        removed_min = (at - removed_at) // _MINUTE_MS
    number = _next(ctx, file, (photo, end, said), scheme, reading_no)
    values: dict[str, Value | None] = {
        "end": end, "segment": "main", "value_mm": taken.value_mm, "state": said, "edge": edge or None,
        "method": ON_PHOTO, "measured_by": ctx.user, "reading_no": number, "measured_at": ctx.clock.now_at(),
        "removed_min": removed_min, "arm_seen": readings.as_asked(ctx, file).record.arm_known,
        "photo": photo, "calibration": calibration, "path": points_text(path),
        "length_um": taken.length_um, "uncertainty_um": taken.uncertainty_um, "comment": comment or None,
    }  # fmt: skip
    given = {name: value for name, value in values.items() if value is not None}
    return Measured(write(ctx, Intent("reading", "create", case=shown.case, values=given)), taken, number)


def case_of_photo(ctx: Context, *, photo: str) -> str:
    """The case in which a photo is seen, or the specimen without one; "" where there is no such photo."""
    row = ctx.store.record(photo)
    return casefiles.case_of(ctx.store, row.case) if row is not None and row.form == "photo" else ""


def undo_photo_reading(ctx: Context, *, reading: str) -> Saved:
    """Withdraws a reading before it is signed; nothing is erased. Raises UserFixable("amend_needed")."""
    return readings.undo_reading(ctx, reading=reading)


def second_look(ctx: Context, *, photo: str, end: str) -> Saved:
    """Says that this person looked again at an end whose ruler and photograph differ; the lengths stay.

    Raises UserFixable `reading_unknown`, `second_look_too_early` (the series is still open).
    """
    file, _ = _photo(ctx, photo)
    scheme = _scheme(ctx, file)
    mine = [
        states
        for key, states in PhotoReadings(file).series.items()
        if (key[0], key[1], key[3]) == (photo, end, ctx.user)
    ]
    if not mine:
        raise UserFixable("reading_unknown")
    if next_no(mine[-1], scheme):
        raise UserFixable("second_look_too_early")
    newest = mine[-1][-1]
    values: dict[str, Value | None] = {"second_look": True}
    intent = Intent("reading", "update", newest.rec, newest.case, values, why="before_confirmation")
    return write(ctx, intent)


def _photo(ctx: Context, photo: str) -> tuple[CaseFile, RecordState]:
    """The file of the case, or of the specimen without one, and the photo in it."""
    state = casefiles.need_record(ctx, "photo", photo)
    if state.withdrawn or not state.blobs:
        raise UserFixable("photo_unknown")
    return casefiles.need(ctx, casefiles.case_of(ctx.store, state.case)), state


def _scheme(ctx: Context, file: CaseFile) -> Scheme:
    return load_scheme(file.record.scheme or ctx.scheme)


def _state(photo: RecordState, given: str) -> str:
    """The specimen's state in a photograph: as its record says, else as given."""
    state = photo_of(photo).state or given
    if not state:
        raise UserFixable("photo_state_missing")
    if state not in SPECIMEN_STATES:
        raise UserFixable("photo_state_not_specimen")
    return state


def _taken_at(photo: RecordState) -> int:
    """When the camera took it, by its own clock; where it said nothing, when it was added."""
    return photo.blobs[0].captured_at or photo.created_at


def _current(ctx: Context, file: CaseFile, photo: str, calibration: str) -> CalibrationRecord:
    """The calibration, if this person may measure with it now."""
    state = next((each for each in file.calibrations if each.rec == calibration), None)
    if state is None or state.value("photo") != photo:
        raise UserFixable("calibration_unknown")
    if state.withdrawn:
        raise UserFixable("calibration_withdrawn")
    mine = side_of(ctx.role_of(ctx.user), ctx.user)
    if side_of(state.created_role, state.created_by) != mine:
        raise UserFixable("calibration_of_other_side")
    if PhotoReadings(file).newer(calibration):
        raise UserFixable("calibration_outdated")
    return calibration_of(state)


def _next(
    ctx: Context, file: CaseFile, what: tuple[str, str, str], scheme: Scheme, wanted: int | None
) -> int:
    """Which reading this is, by the repeat rule."""
    taken = PhotoReadings(file).series.get((*what, ctx.user), ())
    number = next_no(taken, scheme)
    if not number:
        raise UserFixable("readings_enough", count=len(taken))
    if wanted is not None and wanted != number:
        raise UserFixable("reading_no_other", number=number)
    return number


def _refuse_impossible(end: str, taken: MeasuredLength, scheme: Scheme) -> None:
    hard_mm = scheme.limits.proximal_hard_mm if end == "tumour" else scheme.limits.hard_mm(End(end))
    if taken.value_mm < 1:
        raise UserFixable("length_refused", query=Query.ZERO.value)
    if taken.value_mm > hard_mm or taken.uncertainty_um > _LONGEST_UM:
        raise UserFixable("length_refused", query=Query.OUT_OF_RANGE.value)
