"""A case as DICOM for other people's software: photographs, rectified pictures, and the lengths read on them.

Every object is built anew from the picture and from what the records say now; exporting again gives the same
identifiers. Only what the person may see goes out, as the gate shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reset_or.actions import casefiles
from reset_or.actions.casefile import CaseFile, photo_of
from reset_or.actions.cases import case_view
from reset_or.actions.context import Context
from reset_or.actions.measuring import calibration_from
from reset_or.actions.photo_views import CalibrationView
from reset_or.actions.photos import open_photo
from reset_or.actions.picture_facts import facts_of
from reset_or.actions.views import CaseView, PhotoView, ReadingView
from reset_or.base.errors import ResetOrError, UserFixable
from reset_or.base.lanes import CancelToken
from reset_or.record.codebook import label

if TYPE_CHECKING:
    from reset_or.images.dicom_facts import PhotoFacts
    from reset_or.images.dicom_report import PathReading
    from reset_or.images.dicom_send import DicomObject, Peer, Progress, Sent
    from reset_or.images.dicom_web import WebPeer


@dataclass(frozen=True)
class Picture:
    """One photograph opened: the picture itself, what DICOM says of it, its calibration if it has one."""

    data: bytes
    mime: str
    turn: int
    size: tuple[int, int]
    facts: PhotoFacts
    calibration: CalibrationView | None = None


@dataclass(frozen=True)
class Gathered:
    """What of a case is to go out. `missing`: (number, code) of photographs that could not be opened here;
    `text_unsaid`: numbers of stills in which text is likely and nobody said that there is none."""

    pictures: tuple[Picture, ...]
    readings: tuple[PathReading, ...]
    missing: tuple[tuple[str, str], ...] = ()
    text_unsaid: tuple[str, ...] = ()
    objects: int = field(default=0)


def gather(ctx: Context, *, case: str) -> Gathered:
    """Opens the photographs of a case and reads what is said of them. For the store lane.

    Raises UserFixable `dicom_nothing_to_send` where no photograph can be opened, and that of the first
    photograph where all failed for a reason.
    """
    view, file = case_view(ctx, case=case), casefiles.need(ctx, case)
    pictures, missing, unsaid = [], [], []
    started = min((p.captured_at or p.added_at for p in view.photos), default=0)
    for number, photo in enumerate(view.photos, 1):
        try:
            data, mime, turn = open_photo(ctx, photo=photo.rec)
        except ResetOrError as error:
            missing.append((str(number), error.code))
            continue
        facts, calibration = _facts(ctx, file, photo, mime, number, started), _calibration(view, photo.rec)
        size = (photo.w, photo.h) if turn < 5 else (photo.h, photo.w)
        pictures.append(Picture(data, mime, turn, size, _with_ruler(facts, calibration), calibration))
        if "text_likely" in photo.warnings and facts.burned_in is None and not facts.blackened:
            unsaid.append(str(number))
    if not pictures:
        raise UserFixable(missing[0][1] if missing else "dicom_nothing_to_send")
    readings = _readings(view, {picture.facts.photo: picture.facts for picture in pictures})
    flat = sum(1 for picture in pictures if picture.calibration is not None)
    count = len(pictures) + flat + bool(readings)
    return Gathered(tuple(pictures), readings, tuple(missing), tuple(unsaid), count)


def built(gathered: Gathered, cancel: CancelToken | None = None) -> Iterator[DicomObject]:
    """The objects one after the other, as they are asked for; decoding is the slow part. Needs no store."""
    from reset_or.images.dicom_report import measurement_report
    from reset_or.images.dicom_send import DicomObject

    for picture in gathered.pictures:
        if cancel is not None:
            cancel.check()
        name = str(picture.facts.number)
        yield DicomObject(name, _photograph(picture))
        if picture.calibration is not None:
            yield DicomObject(f"{name} rectified", _rectified(picture, picture.calibration))
    if gathered.readings:
        yield DicomObject("report", measurement_report(gathered.readings))


def send(
    gathered: Gathered,
    target: Path | Peer | WebPeer,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> Sent:
    """To a folder, by C-STORE or by STOW-RS, as the target is. What did not arrive is named in the answer."""
    from reset_or.images.dicom_send import Peer, c_store, write_folder
    from reset_or.images.dicom_web import stow

    objects = built(gathered, cancel)
    if isinstance(target, Path):
        sent = write_folder(objects, target, progress=progress, cancel=cancel)
    elif isinstance(target, Peer):
        sent = c_store(objects, target, progress=progress, cancel=cancel)
    else:
        sent = stow(objects, target, progress=progress, cancel=cancel)
    sent.refused += [(name, code, "") for name, code in gathered.missing]
    return sent


def export_case(
    ctx: Context, *, case: str, target: Path | Peer | WebPeer, cancel: CancelToken | None = None
) -> Sent:
    """All of it at once, for the command line."""
    return send(gather(ctx, case=case), target, cancel=cancel)


def _photograph(picture: Picture) -> bytes:
    """As it was coded where that is legal and upright; otherwise decoded, turned, without compression."""
    from reset_or.images import sandbox
    from reset_or.images.dicom_build import photograph, photograph_of_pixels
    from reset_or.images.dicom_frame import encapsulable
    from reset_or.images.kinds import JPEG

    if picture.mime == JPEG and picture.turn == 1 and encapsulable(picture.data):
        return photograph(picture.data, *picture.size, picture.facts)
    shown = sandbox.pixels(picture.data, picture.mime, picture.turn)
    coded = len(picture.data) if picture.mime == JPEG else 0
    return photograph_of_pixels(shown.w, shown.h, shown.rgb, picture.facts, coded)


def _rectified(picture: Picture, known: CalibrationView) -> bytes:
    from reset_or.images import measuring
    from reset_or.images.dicom_build import Rectification, rectified

    flat = measuring.rectify(picture.data, picture.mime, picture.turn, calibration_from(known, picture.size))
    how = Rectification(flat.mm_per_px, known.rec, " ".join(calibration_lines(known)))
    return rectified(flat.w, flat.h, flat.rgb, picture.facts, how)


def _facts(
    ctx: Context, file: CaseFile, photo: PhotoView, mime: str, number: int, started: int
) -> PhotoFacts:
    said = photo_of(next(state for state in file.photos if state.rec == photo.rec))
    return facts_of(
        ctx, file, photo=photo.rec, studied_at=started, mime=mime, state=photo.state, source=said.source,
        warnings=" ".join(photo.warnings), captured_at=photo.captured_at, number=number,
        burned_in=said.burned_in,
    )  # fmt: skip


def _with_ruler(facts: PhotoFacts, known: CalibrationView | None) -> PhotoFacts:
    from reset_or.images.dicom_facts import RulerFacts

    if known is None:
        return facts
    length = None if known.known_mm is None else float(known.known_mm)
    what = f"RESET-OR calibration card {known.card}" if known.card else "Ruler in the picture"
    return replace(facts, ruler=RulerFacts(length, what))


def _calibration(view: CaseView, photo: str) -> CalibrationView | None:
    """The newest one of the photograph that may be measured with; seen by the person, as the gate shows."""
    found = [each for each in view.calibrations if each.photo == photo and each.current and each.measurable]
    return found[-1] if found else None


def calibration_lines(known: CalibrationView) -> tuple[str, ...]:
    """How a picture got its scale, in English lines for a report."""

    def said(value: int | None, unit: str, by: int = 1) -> str:
        return "not known" if value is None else f"{value / by:g} {unit}"

    card = f", card {known.card}" if known.card else ""
    return (
        f"Method {known.method}{card}, algorithm {known.algorithm}, record {known.rec}.",
        f"Residual {said(known.residual_um, 'mm', 1000)}, tilt {said(known.tilt_cdeg, 'degrees', 100)}.",
        f"Sharpness {said(known.sharpness_permille, 'permille')}.",
        f"Relative standard deviation of the scale {said(known.scale_sd_ppm, 'ppm')}.",
    )


def _readings(view: CaseView, facts: dict[str, PhotoFacts]) -> tuple[PathReading, ...]:
    known = {each.rec: each for each in view.calibrations}
    return tuple(
        _reading(each, facts[each.photo], known.get(each.calibration))
        for each in view.readings
        if each.photo in facts
        and each.path
        and each.length_um is not None
        and not each.hidden
        and not each.to_repeat
    )


def _reading(each: ReadingView, facts: PhotoFacts, known: CalibrationView | None) -> PathReading:
    from reset_or.images.dicom_report import PathReading

    assert each.length_um is not None
    return PathReading(
        rec=each.rec, rev_id=each.head, photo=facts, end=each.end,
        state=label("state", each.state, "en") if each.state else "not stated",
        method=label("method", each.method, "en"), path=each.path, length_mm=each.length_um / 1000,
        uncertainty_mm=None if each.uncertainty_um is None else each.uncertainty_um / 1000,
        reading_no=each.reading_no, reader=each.measured_by or each.recorded_by,
        read_at=each.measured_at or each.saved_at,
        calibration=() if known is None else calibration_lines(known),
    )  # fmt: skip
