"""DICOM images, judged by dicom3tools and dcmtk: no error, no warning, the pixels of the JPEG."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from reset_or.base.errors import TrustBroken
from reset_or.images import sandbox
from reset_or.images.dicom_build import (
    Rectification,
    photograph,
    photograph_of_pixels,
    rectified,
)
from reset_or.images.dicom_facts import number, text, uid
from reset_or.images.dicom_frame import encapsulable, frame_of
from reset_or.images.strip import strip
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import FACTS, complaints, pixels_by_dcmtk, said

ENDOSCOPIC = replace(FACTS, scope="endoscopic", deidentified=True, burned_in=False, ruler=None)
KINDS = {
    "specimen": FACTS,
    "in the body, no time": replace(FACTS, state="in_vivo", captured_at=None),
    "still of the tower": ENDOSCOPIC,
    "blacked out, no time": replace(ENDOSCOPIC, blackened=True, captured_at=None, burned_in=True),
    "in the inbox": replace(FACTS, subject="", specimen="box 4 离体", srgb=False, ruler=None, state=""),
    "west of Greenwich, from HEIC": replace(FACTS, zone_min=-210, lossy="other"),
}


def a_jpeg(size: tuple[int, int] = (96, 64), **options: object) -> bytes:
    return strip(make.jpeg(size, **options)).data


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_and_no_warning(kind: str, tmp_path: Path) -> None:
    assert complaints(photograph(a_jpeg(), 96, 64, KINDS[kind]), tmp_path) == []
    plain = photograph_of_pixels(3, 5, bytes(range(45)), KINDS[kind], 12)
    assert complaints(plain, tmp_path) == []


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_the_frame_is_the_jpeg_and_decodes_alike(subsampling: int, tmp_path: Path) -> None:
    jpeg = a_jpeg((97, 61), subsampling=subsampling, quality=91)
    data = photograph(jpeg, 97, 61, FACTS)
    assert frame_of(data) == jpeg
    with Image.open(io.BytesIO(jpeg)) as image:
        assert pixels_by_dcmtk(data, tmp_path) == (image.size, image.convert("RGB").tobytes())


def test_what_dcmdump_reads(tmp_path: Path) -> None:
    (tmp_path / "a.dcm").write_bytes(photograph(a_jpeg(), 96, 64, FACTS))
    told = said("dcmdump", "+U8", tmp_path / "a.dcm")
    for value in (
        "[NCT07038122]", "[03-0147]", "中山大学附属第六医院", "=JPEGBaseline", "[YBR_FULL_422]", "[01]",
        "[+0800]", "ISO_10918_1", "[20260921", "[150]", "Steel ruler 15 cm", "SRGB", "[RESET^03-0147]",
    ):  # fmt: skip
        assert value in told, value


@pytest.mark.parametrize("options", [{"progressive": True}, {"keep_rgb": True}])
def test_a_jpeg_that_would_not_be_legal_is_not_wrapped(options: dict[str, bool]) -> None:
    image = make.colourful()
    assert not encapsulable(strip(make.saved(image, "JPEG", **options)).data)


def test_other_samplings_and_tails_are_not_wrapped() -> None:
    jpeg = a_jpeg(subsampling=0)
    place = jpeg.index(b"\xff\xc0") + 11
    for sampling in (0x12, 0x41):
        assert not encapsulable(jpeg[:place] + bytes((sampling,)) + jpeg[place + 1 :])
    assert not encapsulable(jpeg[: place + 3] + b"\x21" + jpeg[place + 4 :])
    assert not encapsulable(jpeg + b"\0\0")
    assert not encapsulable(b"")
    assert not encapsulable(b"\xff\xd8\xff\xd9")


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_jpeg_is_exported_upright_bit_for_bit(turn: int, tmp_path: Path) -> None:
    from PIL import ImageOps

    jpeg = a_jpeg((31, 22))
    shown = sandbox.pixels(jpeg, "image/jpeg", turn)
    with Image.open(io.BytesIO(jpeg)) as image:
        image.getexif()[0x0112] = turn
        upright = ImageOps.exif_transpose(image).convert("RGB")
    assert (shown.w, shown.h, shown.rgb) == (*upright.size, upright.tobytes())
    data = photograph_of_pixels(shown.w, shown.h, shown.rgb, FACTS, len(jpeg))
    assert pixels_by_dcmtk(data, tmp_path) == (upright.size, upright.tobytes())
    assert pydicom.dcmread(io.BytesIO(data)).LossyImageCompression == "01"


def test_only_the_rectified_picture_has_a_spacing(tmp_path: Path) -> None:
    how = Rectification(0.0873456789012345, "cal-1", "Homography of the card card-1, residual 0.11 mm")
    data = rectified(20, 10, bytes(600), FACTS, how)
    assert complaints(data, tmp_path) == []
    flat, source = (
        pydicom.dcmread(io.BytesIO(data)),
        pydicom.dcmread(io.BytesIO(photograph(a_jpeg(), 96, 64, FACTS))),
    )
    assert "PixelSpacing" not in source
    assert [float(each) for each in flat.PixelSpacing] == pytest.approx([0.0873456789012345] * 2, rel=1e-12)
    assert flat.ImageType[0] == "DERIVED"
    assert flat.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
    assert flat.DerivationCodeSequence[0].CodeValue == "113085"
    assert flat.StudyInstanceUID == source.StudyInstanceUID
    assert flat.SeriesInstanceUID != source.SeriesInstanceUID


def test_identifiers_are_the_same_every_time_and_of_nobody_else() -> None:
    assert photograph(a_jpeg(), 96, 64, FACTS) == photograph(a_jpeg(), 96, 64, FACTS)
    others = [replace(FACTS, **change) for change in ({"photo": "e"}, {"case": "e"}, {"trial": "NCT1"})]
    assert len({each.image_uid for each in (FACTS, *others)}) == 4
    assert uid("ab", "c") != uid("a", "bc")


WORDS = st.text(max_size=200)


@given(WORDS, WORDS, WORDS)
def test_no_text_breaks_an_object(subject: str, name: str, description: str) -> None:
    facts = replace(FACTS, case="c", specimen="", subject=subject, site_name=name, description=description)
    read = pydicom.dcmread(io.BytesIO(photograph_of_pixels(1, 1, b"abc", facts)))
    assert read.PatientID == text(subject or "c", 32)
    assert len(str(read.PatientName)) <= 64
    assert len(read.SeriesDescription) <= 64


@given(st.floats(1e-7, 1e7))
def test_a_number_fits_and_stays_what_it_is(value: float) -> None:
    assert len(number(value)) <= 16
    assert float(number(value)) == pytest.approx(value, rel=1e-9)


def test_a_file_that_is_not_ours_gives_no_frame() -> None:
    data = photograph(a_jpeg(), 96, 64, FACTS)
    broken = [
        b"", data[:200], data[:-1], data + b"\0", b"\1" + data[1:], data.replace(b"1.2.4.50", b"1.2.4.51"),
        photograph_of_pixels(3, 3, bytes(27), FACTS), data[:-11] + b"\0" + data[-10:],
    ]  # fmt: skip
    for each in broken:
        with pytest.raises(TrustBroken, match="blob_damaged"):
            frame_of(each)


@given(st.data())
def test_no_damage_makes_it_stumble(dice: st.DataObject) -> None:
    data = bytearray(photograph(a_jpeg(), 96, 64, FACTS))
    for _ in range(dice.draw(st.integers(1, 4))):
        data[dice.draw(st.integers(0, len(data) - 1))] = dice.draw(st.integers(0, 255))
    cut = bytes(data[: dice.draw(st.integers(0, len(data)))]) if dice.draw(st.booleans()) else bytes(data)
    with suppress(TrustBroken):
        frame_of(cut)
