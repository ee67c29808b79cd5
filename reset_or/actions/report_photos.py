"""The photographs of a case sheet: those that were measured first, with paths, scale and uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reset_or.actions.context import Context
from reset_or.actions.photo_views import CalibrationView, SeriesView
from reset_or.actions.photos import photo_preview
from reset_or.actions.views import CaseView, PhotoView
from reset_or.base.clock import local_text, zone_text
from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language, say
from reset_or.record.codebook import field, label
from reset_or.record.points import Path

if TYPE_CHECKING:
    from reset_or.images.sandbox import Preview
    from reset_or.reports import model

_PHOTO_SIDE: Final = 1400
_MOST_PHOTOS: Final = 2


def sheet_photos(ctx: Context, view: CaseView, zone: int, language: Language) -> tuple[model.SheetPhoto, ...]:
    """At most two pictures, and every measured one; one that is not here or cannot be opened is left out."""
    measured = {series.photo for series in view.series if series.final_um is not None}
    first = [photo for photo in view.photos if photo.rec in measured]
    rest = [photo for photo in view.photos if photo.rec not in measured]
    found = []
    for photo in [*first, *rest[: max(0, _MOST_PHOTOS - len(first))]]:
        try:
            picture = photo_preview(ctx, photo=photo.rec, max_side=_PHOTO_SIDE)
        except ResetOrError:
            continue
        found.append(_photo(view, photo, picture, zone, language))
    return tuple(found)


def _photo(
    view: CaseView, photo: PhotoView, picture: Preview, zone: int, language: Language
) -> model.SheetPhoto:
    from reset_or.reports.model import Labelled, SheetPhoto

    by = view.people.get(photo.taken_by, photo.taken_by)
    facts = [Labelled(field("photo", "taken_by").label(language), by)]
    if photo.captured_at is not None:
        when = f"{local_text(photo.captured_at, zone)} {zone_text(zone)}"
        facts.append(Labelled(say("sheet.captured", language), when))
    facts.append(Labelled(say("sheet.pixels", language), f"{photo.w} \u00d7 {photo.h}"))
    upright_w = photo.h if photo.turn >= 5 else photo.w
    share = picture.w / upright_w
    mine = [each for each in view.series if each.photo == photo.rec and each.final_um is not None]
    used = {reading.calibration for series in mine for reading in series.readings}
    scales = [each for each in view.calibrations if each.rec in used]
    return SheetPhoto(
        rgb=picture.rgb, w=picture.w, h=picture.h, sha256=photo.sha256, camera_sha256=photo.camera_sha256,
        caption=photo.caption, facts=tuple(facts), paths=_paths(mine, scales, share),
        px_per_mm=scales[-1].px_per_mm * share if scales else 0.0,
        measured=tuple(_row(view, series, language) for series in mine),
        scale=tuple(pair for each in scales for pair in _scale(view, each, language)),
    )  # fmt: skip


def _paths(
    mine: list[SeriesView], scales: list[CalibrationView], share: float
) -> tuple[model.PhotoPath, ...]:
    from reset_or.reports.model import PhotoPath

    found = [
        PhotoPath("ruler", _smaller(each.points, share), f"{each.known_mm / 10:g} cm")
        for each in scales
        if each.known_mm and len(each.points) > 1
    ]
    for series in mine:
        for number, reading in enumerate(series.readings):
            text = _cm(series.final_um or 0) if number == 0 else ""
            points = _smaller(reading.path, share)
            found.append(PhotoPath(series.end, points, text, repeated=number > 0))
    return tuple(found)


def _smaller(path: Path, share: float) -> Path:
    return tuple((x * share, y * share) for x, y in path)


def _row(view: CaseView, series: SeriesView, language: Language) -> model.MeasuredRow:
    from reset_or.reports.model import MeasuredRow

    lengths = [reading.length_um for reading in series.readings if reading.length_um is not None]
    ruler = ""
    if series.ruler_mm is not None:
        ruler = f"{series.ruler_mm / 10:.1f} cm ({(series.gap_um or 0) / 10_000:+.2f})"
    remarks = [view.people.get(series.reader, series.reader)]
    if series.second_look:
        remarks.append(field("reading", "second_look").label(language))
    elif series.gap_query:
        remarks.append(say("photos.look_again", language))
    return MeasuredRow(
        end=label("end", series.end, language),
        length=f"{_cm(series.final_um or 0)} \u00b1 {(series.uncertainty_um or 0) / 10_000:.2f}",
        readings=" / ".join(f"{length / 10_000:.2f}" for length in lengths),
        state=label("state", series.state, language),
        ruler=ruler,
        remark=", ".join(remarks),
    )


def _scale(view: CaseView, each: CalibrationView, language: Language) -> list[model.Labelled]:
    """How the picture got its scale, and what was found against it."""
    from reset_or.reports.model import Labelled

    unknown = say("measured.not_known", language)
    check = unknown
    if each.check_error_permille is not None:
        check = f"{each.check_mm} mm: {each.check_error_permille / 10:+.1f} %"
    residual = unknown if each.residual_um is None else f"{each.residual_um / 1000:.2f} mm"
    tilt = unknown if each.tilt_cdeg is None else f"{each.tilt_cdeg / 100:.1f}\u00b0"
    sharp = unknown if each.sharpness_permille is None else f"{each.sharpness_permille / 1000:.1f}"
    by = view.people.get(each.made_by, each.made_by)
    pairs = [
        ("scale", f"{each.px_per_mm:.2f} px/mm \u00b1 {each.scale_sd_ppm / 10_000:.2f} %"),
        ("method", label("calibration_method", each.method, language)),
        ("check", check), ("residual", residual), ("tilt", tilt),
        ("sharpness", sharp), ("made_by", by),
        ("algorithm", " ".join(part for part in (each.algorithm, each.card) if part)),
    ]  # fmt: skip
    return [Labelled(say(f"measured.{name}", language), value) for name, value in pairs]


def _cm(length_um: int) -> str:
    return f"{length_um / 10_000:.2f} cm"
