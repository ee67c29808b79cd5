"""What a signature over the specimen says of photographs: what stands open, and the lines on its page."""

from __future__ import annotations

from typing import Any, Final

from reset_or.actions.views import CaseView
from reset_or.revisions.canonical import canon
from reset_or.revisions.revision import MAX_VIEW_BYTES

_MOST_BYTES: Final = MAX_VIEW_BYTES // 2
"""Of a page; the other half is for margins, and the hashes of pictures."""


def open_on_photos(view: CaseView, reader: str) -> list[str]:
    """What the repeat rule, a new calibration or a differing ruler still asks of this reader, as codes."""
    mine = [series for series in view.series if series.reader == reader and not series.signed]
    standing = {(series.photo, series.end) for series in mine if series.complete}
    found = []
    if any(not series.complete for series in mine):
        found.append("photo_reading_open")
    old = [r for r in view.readings if r.to_repeat and not r.signed and r.recorded_by == reader]
    if any((reading.photo, reading.end) not in standing for reading in old):
        found.append("photo_readings_to_repeat")
    if any(series.gap_query for series in mine):
        found.append("photo_gap_open")
    return found


def photo_rows(view: CaseView, reader: str) -> list[dict[str, Any]]:
    """The complete series of one reader and the calibrations they stand on."""
    pictures = {photo.rec: photo.sha256 for photo in view.photos}
    mine = [each for each in view.series if each.complete and each.reader == reader]
    used = {reading.calibration for series in mine for reading in series.readings}
    rows: list[dict[str, Any]] = [
        {
            "label": "calibration", "calibration": each.rec, "sha256": pictures.get(each.photo, ""),
            "method": each.method, "tilt_cdeg": each.tilt_cdeg, "residual_um": each.residual_um,
            "scale_sd_ppm": each.scale_sd_ppm, "check_error_permille": each.check_error_permille,
            "algorithm": each.algorithm,
        }
        for each in view.calibrations
        if each.rec in used
    ]  # fmt: skip
    rows += [
        {
            "label": f"photo.{series.end}", "value": series.final_mm, "unit": "mm", "state": series.state,
            "length_um": series.final_um, "uncertainty_um": series.uncertainty_um,
            "readings_um": " ".join(str(reading.length_um) for reading in series.readings),
            "ruler_mm": series.ruler_mm, "sha256": pictures.get(series.photo, ""),
            "calibration": series.readings[-1].calibration,
        }
        for series in mine
    ]  # fmt: skip
    return _fitting([{key: value for key, value in row.items() if value not in (None, "")} for row in rows])


def _fitting(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as the page of a signature has room for; the last row then says how many more were signed.
    What is signed is named by its revisions, whatever stands on the page."""
    kept, total = rows, len(rows)
    while len(canon({"view": kept})) > _MOST_BYTES:
        rows = rows[:-1]
        kept = [*rows, {"label": "photo.more", "value": total - len(rows)}]
    return kept
