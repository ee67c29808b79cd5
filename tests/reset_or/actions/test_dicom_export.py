"""A case leaves as DICOM: what goes out, that it is legal, and that nothing withheld is among it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import FileDataset

from reset_or.actions import dicom_export, photos
from reset_or.base.errors import UserFixable
from reset_or.images.dicom_frame import frame_of
from reset_or.images.intake import take_in
from tests.fakes.measuring import SUBJECT, Bench, make_bench, specimen
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import complaints


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = make_bench(tmp_path / "home")
    yield made
    made.workspace.lock()


def attach(bench: Bench, data: bytes, **said: Any) -> str:
    bench.clock.advance(1_000)
    return bench.workspace.do(photos.attach_photo, case=bench.case, taken=take_in(data), **said).rec


def exported(bench: Bench) -> dict[str, bytes]:
    gathered = bench.workspace.do(dicom_export.gather, case=bench.case)
    return {each.label: each.data for each in dicom_export.built(gathered)}


def read(data: bytes) -> FileDataset:
    return pydicom.dcmread(io.BytesIO(data))


def lengths_in(report: bytes) -> list[float]:
    """Every length that a report says, in mm."""
    return [
        float(item.MeasuredValueSequence[0].NumericValue)
        for group in read(report).ContentSequence[-1].ContentSequence
        for item in group.ContentSequence
        if item.ValueType == "NUM"
    ]


def test_everything_that_goes_out_is_legal(bench: Bench, tmp_path: Path) -> None:
    calibration = bench.calibrate()
    bench.twice(calibration)
    attach(bench, make.jpeg((40, 30), exif=make.exif_of(turn=6)), state="fixed_pinned")
    attach(bench, make.png(), state="fixed_pinned")
    still = foreign.as_bytes(foreign.tower_still())
    attach(bench, still, state="in_vivo", burned_in=False)
    found = exported(bench)
    assert list(found) == ["1", "1 rectified", "2", "3", "4", "report"]
    for name, data in found.items():
        assert complaints(data, tmp_path) == [], name
    assert frame_of(found["1"]) == specimen()[0].data
    turned, png, tower = read(found["2"]), read(found["3"]), read(found["4"])
    assert (turned.Rows, turned.Columns, turned.LossyImageCompression) == (40, 30, "01")
    assert (png.PhotometricInterpretation, png.LossyImageCompression) == ("RGB", "00")
    assert (tower.Modality, tower.BurnedInAnnotation, tower.PatientIdentityRemoved) == ("ES", "NO", "YES")
    assert "SpecimenDescriptionSequence" not in tower
    assert {read(data).StudyInstanceUID for data in found.values()} == {turned.StudyInstanceUID}
    assert {read(data).PatientID for data in found.values()} == {SUBJECT}


def test_the_report_says_what_was_measured(bench: Bench) -> None:
    bench.twice(bench.calibrate(), "distal")
    found = exported(bench)
    flat = read(found["1 rectified"])
    assert lengths_in(found["report"]) == [
        reading.length_um / 1000 for reading in bench.view.readings if reading.length_um
    ]
    scale = float(flat.PixelSpacing[0])
    assert scale == pytest.approx(1 / bench.truth["px_per_mm"], rel=0.05)
    assert flat.SourceImageSequence[0].ReferencedSOPInstanceUID == read(found["1"]).SOPInstanceUID
    device = read(found["1"]).DeviceSequence[0]
    assert device.CodeMeaning == "Measuring ruler"
    assert float(device.DeviceLength) == 170


def test_exporting_again_gives_the_same_objects(bench: Bench) -> None:
    bench.twice(bench.calibrate(), "distal")
    assert exported(bench) == exported(bench)


def test_a_reading_that_is_withheld_does_not_leave(bench: Bench) -> None:
    calibration = bench.calibrate()
    first = bench.measure(calibration, "distal")
    found = exported(bench)
    assert "report" not in found
    assert not any(f"{first.length.length_um / 1000:g}".encode() in data for data in found.values())


def test_a_reading_to_be_repeated_does_not_leave(bench: Bench) -> None:
    """Its calibration was replaced: it counts no more, until it is read again on the new one."""
    bench.twice(bench.calibrate(), "distal")
    old = [reading.length_um for reading in bench.view.readings if reading.length_um]
    again = bench.calibrate()
    found = exported(bench)
    assert all(reading.to_repeat for reading in bench.view.readings)
    assert "report" not in found
    bench.twice(again, "distal")
    told = lengths_in(exported(bench)["report"])
    new = [
        reading.length_um for reading in bench.view.readings if reading.length_um and not reading.to_repeat
    ]
    assert told == [length / 1000 for length in new]
    assert len(old) == len(new) == 2


def test_what_could_not_go_is_named(bench: Bench, tmp_path: Path) -> None:
    other = attach(bench, make.jpeg())
    row = next(each for each in bench.workspace.context.store.blobs() if each.rec == other)
    for file in bench.workspace.context.home.blobs.rglob(row.id):
        file.unlink()
    sent = bench.workspace.do(dicom_export.export_case, case=bench.case, target=tmp_path / "disc")
    assert sent.accepted == ["1"]
    assert [(name, code) for name, code, _ in sent.refused] == [("2", "blob_vanished")]
    assert not sent.complete


def test_a_case_without_a_photograph(tmp_path: Path, bench: Bench) -> None:
    bench.workspace.do(photos.withdraw_photo, photo=bench.photo, reason="wrong_subject")
    with pytest.raises(UserFixable, match="dicom_nothing_to_send"):
        bench.workspace.do(dicom_export.gather, case=bench.case)


def test_text_that_nobody_spoke_of_is_named(bench: Bench) -> None:
    from tests.reset_or.images.test_burned_text import with_text

    still = foreign.as_bytes(foreign.tower_still(with_text(), foreign.EXPLICIT))
    attach(bench, still, state="in_vivo")
    assert bench.workspace.do(dicom_export.gather, case=bench.case).text_unsaid == ("2",)
