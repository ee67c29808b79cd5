"""Metadata goes, picture bytes stay; every bad file is refused under its own name."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from reset_or.base.errors import UserFixable
from reset_or.images.strip import strip
from tests.reset_or.images import specimens as make


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


def entropy(data: bytes) -> bytes:
    """Everything from the first scan on: the coded picture itself."""
    return data[data.index(b"\xff\xda") :]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:4:4", "quality": 60}])
def test_a_jpeg_loses_its_metadata_and_no_bit_of_its_picture(options: dict[str, object]) -> None:
    exif = make.exif_of(turn=6, taken="2026:11:23 10:59:01")
    exif.get_ifd(0x8825)[1] = "N"
    taken = make.jpeg(exif=exif, comment=b"SECRET", xmp=b"SECRET", icc_profile=b"SECRET" * 40, **options)
    found = strip(taken + make.jpeg(comment=b"SECRET"))
    assert b"SECRET" not in found.data
    assert b"Exif" not in found.data
    assert found.exif[:2] in (b"II", b"MM")
    assert (found.had_profile, found.had_tail) == (True, True)
    assert (found.mime, found.w, found.h) == ("image/jpeg", 96, 64)
    assert entropy(found.data) == entropy(taken)
    assert pixels(found.data) == pixels(taken)
    assert strip(found.data).data == found.data


def test_the_marker_that_says_how_colours_are_coded_stays() -> None:
    coded_as_rgb = make.jpeg(keep_rgb=True)
    assert b"Adobe" in coded_as_rgb
    assert pixels(strip(coded_as_rgb).data) == pixels(coded_as_rgb)


def test_a_thumbnail_inside_jfif_goes() -> None:
    taken = make.jpeg()
    assert taken[2:4] == b"\xff\xe0"
    thumbnail = b"THUMBNAIL-12"  # 2 x 2 pixels
    with_thumbnail = (
        taken[:4]
        + (16 + len(thumbnail)).to_bytes(2, "big")
        + taken[6:18]
        + b"\x02\x02"
        + thumbnail
        + taken[20:]
    )
    jfxx = b"\xff\xe0\x00\x10JFXX\0\x10THUMBNA!"
    found = strip(with_thumbnail[:2] + jfxx + with_thumbnail[2:])
    assert b"THUMBNA" not in found.data
    assert pixels(found.data) == pixels(taken)


def test_a_png_loses_its_texts_and_no_pixel() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "SECRET")
    texts.add_itxt("XML:com.adobe.xmp", "SECRET")
    taken = make.png(pnginfo=texts, exif=make.exif_of(turn=3), dpi=(300, 300))
    found = strip(taken + b"SECRET")
    assert b"SECRET" not in found.data
    assert found.exif
    assert found.had_tail
    assert pixels(found.data) == pixels(taken)
    assert strip(found.data).data == found.data


GIF = make.saved(make.colourful(mode="P"), "GIF")
MOVING_GIF = make.saved(
    make.colourful(mode="P"), "GIF", save_all=True, append_images=[make.colourful((96, 64)).rotate(90)]
)
MOVING_WEBP = make.saved(
    make.colourful(), "WEBP", save_all=True, append_images=[make.colourful().rotate(90)], duration=50
)
MOVING_PNG = make.saved(make.colourful(), "PNG", save_all=True, append_images=[make.colourful().rotate(90)])
REFUSED = {
    "empty": (b"", "photo_empty"),
    "text": (b"Proximal 10.3 cm", "photo_not_an_image"),
    "one byte": (b"\xff", "photo_not_an_image"),
    "gif": (GIF, "photo_kind_refused"),
    "heif film": (b"\0\0\0\x18ftyphevc\0\0\0\0msf1hevc", "photo_kind_refused"),
    "tiff": (make.saved(make.colourful(), "TIFF"), "photo_kind_refused"),
    "dicom": (b"\0" * 128 + b"DICM\x02\0", "photo_kind_refused"),
    "moving gif": (MOVING_GIF, "photo_animated"),
    "moving webp": (MOVING_WEBP, "photo_animated"),
    "moving png": (MOVING_PNG, "photo_animated"),
    "cmyk": (make.saved(make.colourful(mode="CMYK"), "JPEG"), "photo_cmyk"),
    "grey jpeg": (make.saved(make.colourful(mode="L"), "JPEG"), "photo_grey"),
    "grey png": (make.saved(make.colourful(mode="L"), "PNG"), "photo_grey"),
    "palette": (make.saved(make.colourful(mode="P"), "PNG"), "photo_palette"),
    "16 bit png": (make.saved(Image.new("I;16", (20, 20)), "PNG"), "photo_16_bit"),
    "16 bit colour png": (make.png_claiming(20, 20, bits=16), "photo_16_bit"),
    "12 bit jpeg": (make.jpeg_claiming(96, 64, bits=12), "photo_12_bit"),
    "lossless jpeg": (make.jpeg_claiming(96, 64, frame=0xC3), "photo_jpeg_variant"),
    "arithmetic jpeg": (make.jpeg_claiming(96, 64, frame=0xC9), "photo_jpeg_variant"),
    "200 megapixel jpeg": (make.jpeg_claiming(20000, 10000), "photo_too_many_pixels"),
    "200 megapixel png": (make.png_claiming(20000, 10000), "photo_too_many_pixels"),
    "endless strip": (make.png_claiming(60000, 2), "photo_too_many_pixels"),
    "no height": (make.jpeg_claiming(96, 0), "photo_damaged"),
    "cut in the scan": (make.jpeg()[:-200], "photo_truncated"),
    "cut in the header": (make.jpeg()[:100], "photo_truncated"),
    "cut png": (make.png()[:-30], "photo_truncated"),
    "png with a flipped bit": (make.png().replace(b"IDATx", b"IDATy"), "photo_damaged"),
}


@pytest.mark.parametrize(("untrusted_bytes", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_each_bad_file_has_its_own_name(untrusted_bytes: bytes, code: str) -> None:
    with pytest.raises(UserFixable) as caught:
        strip(untrusted_bytes)
    assert caught.value.code == code


SOUND = (make.jpeg(), make.jpeg(progressive=True, comment=b"x" * 50), make.png())


@settings(max_examples=150, deadline=None)
@given(
    which=st.sampled_from(SOUND),
    cut=st.floats(0, 1),
    place=st.floats(0, 1),
    planted=st.binary(max_size=40),
)
def test_damage_never_ends_in_anything_but_a_named_refusal(
    which: bytes, cut: float, place: float, planted: bytes
) -> None:
    at = int(place * len(which))
    damaged = (which[:at] + planted + which[at + len(planted) :])[: int(cut * len(which)) + 1]
    with contextlib.suppress(UserFixable):
        found = strip(damaged)
        assert found.w * found.h <= 80_000_000
        assert strip(found.data).data == found.data
