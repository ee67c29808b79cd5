"""Other people's DICOM: the picture comes over bit for bit, the rest by no way at all."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import RLELossless

from reset_or.base.errors import UserFixable
from reset_or.images import sandbox
from reset_or.images.decoder_child import Refused
from reset_or.images.dicom_child import still
from reset_or.images.dicom_read import REFUSALS
from reset_or.images.intake import take_in
from reset_or.images.kinds import MAX_PIXELS
from reset_or.images.strip import strip
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make

TAKEN_AT = 1_795_402_741_000


def picture_of(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


def test_a_jpeg_comes_over_as_it_is_and_its_time_with_it() -> None:
    jpeg = make.jpeg(exif=make.exif_of(turn=6, taken="2020:01:01 00:00:00"))
    data = foreign.as_bytes(foreign.tower_still(jpeg=jpeg))
    taken = take_in(data, name="1.2.3.4")
    assert (taken.data, taken.mime, taken.turn, taken.source) == (strip(jpeg).data, "image/jpeg", 1, "tower")
    assert (taken.captured_at, taken.captured_zone_min) == (TAKEN_AT, 480)
    assert "identity_removed" in taken.warnings
    assert "lossy_before" not in taken.warnings


def _rle(said: pydicom.Dataset) -> None:
    said.compress(RLELossless)


def _planes(said: pydicom.Dataset) -> None:
    said.PlanarConfiguration = 1
    pixels = np.asarray(make.colourful())
    said.PixelData = pixels.transpose(2, 0, 1).tobytes()


@pytest.mark.parametrize("syntax", [foreign.EXPLICIT, foreign.IMPLICIT, "1.2.840.10008.1.2.2"])
def test_plain_pixels_become_png_bit_for_bit(syntax: str) -> None:
    said = foreign.tower_still(syntax=syntax, LossyImageCompression="01")
    taken = take_in(foreign.as_bytes(said))
    assert taken.mime == "image/png"
    assert picture_of(taken.data).tobytes() == make.colourful().tobytes()
    assert "lossy_before" in taken.warnings


@pytest.mark.parametrize("change", [_rle, _planes])
def test_other_layouts_give_the_same_pixels(change: object) -> None:
    said = foreign.tower_still(syntax=foreign.EXPLICIT)
    change(said)  # type: ignore[operator]
    assert picture_of(take_in(foreign.as_bytes(said)).data).tobytes() == make.colourful().tobytes()


def test_jpeg_2000_is_decoded_and_marked() -> None:
    code = make.saved(make.colourful(), "JPEG2000", no_jp2=True)
    said = foreign.tower_still(syntax=foreign.EXPLICIT, PhotometricInterpretation="YBR_RCT")
    said.file_meta.TransferSyntaxUID = pydicom.uid.UID("1.2.840.10008.1.2.4.90")
    said.PixelData = pydicom.encaps.encapsulate([code])
    assert picture_of(take_in(foreign.as_bytes(said)).data).tobytes() == make.colourful().tobytes()


def test_a_jpeg_that_only_dicom_calls_rgb_keeps_its_colours() -> None:
    jpeg = make.saved(make.colourful(), "JPEG", keep_rgb=True, quality=95)
    bare = jpeg.replace(jpeg[jpeg.index(b"\xff\xee") : jpeg.index(b"\xff\xee") + 16], b"")
    for code in (jpeg, bare):
        said = foreign.tower_still(jpeg=code, PhotometricInterpretation="RGB")
        taken = take_in(foreign.as_bytes(said))
        assert picture_of(taken.data).tobytes() == picture_of(jpeg).tobytes()


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"AcquisitionDateTime": "20261123105901.5+0800", "TimezoneOffsetFromUTC": None}, (TAKEN_AT, 480)),
        ({"AcquisitionDateTime": "", "ContentDate": "20261123", "ContentTime": "105901"}, (TAKEN_AT, 480)),
        ({"AcquisitionDateTime": "2026", "TimezoneOffsetFromUTC": "nonsense"}, (None, None)),
        ({"AcquisitionDateTime": "20260231000000"}, (None, None)),
    ],
)
def test_the_moment(elements: dict[str, str], expected: tuple[int | None, int | None]) -> None:
    said = foreign.tower_still()
    for name, value in elements.items():
        setattr(said, name, value)
    taken = take_in(foreign.as_bytes(said))
    assert (taken.captured_at, taken.captured_zone_min) == expected


def wrong_group_length(said: bytes) -> bytes:
    return said[:140] + struct.pack("<I", struct.unpack_from("<I", said, 140)[0] + 40) + said[144:]


STILL = foreign.as_bytes(foreign.tower_still(syntax=foreign.EXPLICIT))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (foreign.deflated_bomb(), "dicom_deflated"),
        (foreign.nested(3000), "dicom_nested"),
        (wrong_group_length(STILL), "dicom_damaged"),
        (STILL[:-9000], "photo_truncated"),
        (STILL[:150], "photo_truncated"),
        (bytes(128) + b"DICM", "dicom_damaged"),
        (STILL.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0"), "dicom_coding_refused"),
        (foreign.as_bytes(foreign.tower_still(SOPClassUID=foreign.CT)), "dicom_class_refused"),
        (foreign.as_bytes(foreign.tower_still(NumberOfFrames=2)), "dicom_multi_frame"),
        (foreign.as_bytes(foreign.tower_still(Rows=30000, Columns=30000)), "photo_too_many_pixels"),
        (foreign.as_bytes(foreign.tower_still(Rows=63)), "dicom_damaged"),
        (foreign.as_bytes(foreign.tower_still(BitsAllocated=16, BitsStored=16)), "photo_16_bit"),
        (foreign.as_bytes(foreign.tower_still(SamplesPerPixel=1)), "photo_grey"),
        (
            foreign.as_bytes(
                foreign.tower_still(SamplesPerPixel=1, PhotometricInterpretation="PALETTE COLOR")
            ),
            "photo_palette",
        ),
        (foreign.as_bytes(foreign.tower_still(jpeg=make.jpeg()[:900])), "photo_truncated"),
        (foreign.as_bytes(foreign.tower_still(jpeg=make.jpeg_claiming(96, 64, bits=12))), "photo_12_bit"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(Refused, match=f"^{code}$"):
        still(data, {"max_pixels": MAX_PIXELS})
    assert code in REFUSALS | sandbox.REFUSALS


def test_the_name_comes_through_from_the_child() -> None:
    for data, code in ((foreign.deflated_bomb(), "dicom_deflated"), (foreign.nested(3000), "dicom_nested")):
        with pytest.raises(UserFixable) as caught:
            take_in(data)
        assert caught.value.code == code


def test_sequences_of_sane_depth_are_no_harm() -> None:
    assert take_in(foreign.nested(20)).mime == "image/png"


def test_an_object_without_a_picture(tmp_path: Path) -> None:
    said = foreign.tower_still()
    del said.PixelData
    said.file_meta.TransferSyntaxUID = pydicom.uid.UID(foreign.EXPLICIT)
    with pytest.raises(UserFixable, match="dicom_no_picture"):
        take_in(foreign.as_bytes(said))


def test_a_name_that_says_jpeg_and_a_picture_that_says_dicom() -> None:
    with pytest.raises(UserFixable, match="photo_wrong_extension"):
        take_in(STILL, name="a.jpg")
    # A preamble that begins like a JPEG makes the file one, and then it is a broken one.
    with pytest.raises(UserFixable, match="photo_"):
        take_in(b"\xff\xd8\xff\xe0" + STILL[4:])
