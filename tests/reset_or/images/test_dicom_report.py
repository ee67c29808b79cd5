"""The Structured Report, judged by dicom3tools and read by dcmtk's dsrdump."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from reset_or.images.dicom_report import PathReading, measurement_report, report_uid
from tests.reset_or.images.judges import FACTS, complaints, said

PATH = ((429.98, 2898.08), (704.93, 2892.8), (800.1, 2700.0))
DISTAL = PathReading(
    rec="r1", rev_id="v1", photo=FACTS, end="distal", state="Fresh, pinned", method="Photograph with scale",
    path=PATH, length_mm=23.456, uncertainty_mm=0.71, reading_no=1, reader="zhang", read_at=1_790_000_300_000,
    calibration=("Card card-1, residual 0.11 mm", "Tilt 12.3 degrees"),
)  # fmt: skip
OTHER_PHOTO = replace(FACTS, photo="e" * 32, state="fixing")
OTHERS = [
    DISTAL,
    replace(DISTAL, rec="r2", rev_id="v2", end="proximal", reader="李", reading_no=2),
    replace(
        DISTAL,
        rec="r3",
        rev_id="v3",
        end="tumour",
        photo=replace(FACTS, photo="e" * 32, state="fixing"),
        uncertainty_mm=None,
    ),
]


@pytest.mark.parametrize("readings", [[DISTAL], OTHERS], ids=["one", "three on two pictures"])
def test_no_error_and_no_warning(readings: list[PathReading], tmp_path: Path) -> None:
    assert complaints(measurement_report(readings), tmp_path) == []


def test_what_dsrdump_reads(tmp_path: Path) -> None:
    (tmp_path / "sr.dcm").write_bytes(measurement_report(OTHERS))
    told = said("dsrdump", "+Pl", "+Pc", "+U8", tmp_path / "sr.dcm")
    for line in (
        'NUM:(121211,DCM,"Path length")="23.456" (mm,UCUM,"mm")',
        'Topographical modifier")=(46053002,SCT,"Distal")',
        'range of measurement uncertainty")="0.71" (mm,UCUM,"mm")', '"Person Observer Name")="zhang^"',
        "(POLYLINE,429.980011/2898.080078,704.929993/2892.80005,800.0999756/2700)", '"Reading number: 2"',
        "State of the tissue: Fresh, pinned", "Card card-1, residual 0.11 mm",
    ):  # fmt: skip
        assert line in told, line


def test_it_refers_to_every_picture_by_series() -> None:
    read = pydicom.dcmread(io.BytesIO(measurement_report(OTHERS)))
    (study,) = read.CurrentRequestedProcedureEvidenceSequence
    named = {
        (series.SeriesInstanceUID, image.ReferencedSOPInstanceUID)
        for series in study.ReferencedSeriesSequence
        for image in series.ReferencedSOPSequence
    }
    assert study.StudyInstanceUID == FACTS.study_uid
    assert named == {(each.photo.series_uid, each.photo.image_uid) for each in OTHERS}


def test_other_readings_are_another_report() -> None:
    assert report_uid(OTHERS) == report_uid(OTHERS[::-1])
    assert len({report_uid(OTHERS), report_uid([DISTAL]), report_uid([replace(DISTAL, rev_id="v9")])}) == 3
