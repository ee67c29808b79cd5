"""Pictures of telephones: decoded once, kept as PNG without further loss, or refused by name."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageOps, ImageStat

from reset_or.base.errors import UserFixable
from reset_or.images import sandbox
from reset_or.images.intake import take_in
from tests.reset_or.images import specimens as make

TAKEN_AT = int(datetime(2026, 11, 23, 2, 59, 1, tzinfo=UTC).timestamp()) * 1000


def _heic(turn: int = 1, size: tuple[int, int] = (96, 64)) -> bytes:
    exif = make.exif_of(turn=turn, taken="2026:11:23 10:59:01", zone="+08:00").tobytes()
    pillow_heif.register_heif_opener()  # writes the turn as telephones do: as a property of the picture
    return make.saved(make.colourful(size), "HEIF", quality=90, exif=exif)


def _decoded(heic: bytes) -> Image.Image:
    return pillow_heif.open_heif(io.BytesIO(heic)).to_pillow().convert("RGB")


def test_what_was_decoded_is_kept_bit_for_bit() -> None:
    heic = _heic()
    photo = take_in(heic, name="IMG_0147.HEIC")
    assert (photo.mime, photo.w, photo.h, photo.turn) == ("image/png", 96, 64, 1)
    assert Image.open(io.BytesIO(photo.data)).convert("RGB").tobytes() == _decoded(heic).tobytes()
    assert photo.captured_at == TAKEN_AT
    assert photo.camera_sha256 == hashlib.sha256(heic).hexdigest()
    assert photo.warnings == ("converted_from_heic",)


def test_nothing_of_the_telephone_stays() -> None:
    photo = take_in(_heic(), name="IMG_0147.HEIC")
    assert set(Image.open(io.BytesIO(photo.data)).info) == set()
    assert b"2026:11:23" not in photo.data


@pytest.mark.parametrize("turn", range(1, 9))
def test_any_turn_comes_out_upright(turn: int) -> None:
    """libheif turns while decoding, so that no turn is left to do."""
    photo = take_in(_heic(turn))
    seen = sandbox.pixels(photo.data, photo.mime, photo.turn)
    tagged = make.colourful()
    tagged.getexif()[0x0112] = turn
    wanted = ImageOps.exif_transpose(tagged)
    assert (seen.w, seen.h) == wanted.size
    off = ImageChops.difference(Image.frombytes("RGB", wanted.size, seen.rgb), wanted)
    assert max(ImageStat.Stat(off).mean) < 12


@pytest.mark.parametrize("cut", [20, 60, 300, -200, -1])
def test_a_cut_file_is_refused(cut: int) -> None:
    with pytest.raises(UserFixable) as refused:
        take_in(_heic()[:cut], name="a.heic")
    assert refused.value.code in (
        "photo_damaged",
        "photo_truncated",
        "photo_check_crashed",
        "photo_not_an_image",
    )


def test_the_name_must_fit() -> None:
    with pytest.raises(UserFixable, match="photo_wrong_extension"):
        take_in(_heic(), name="IMG_0147.JPG")
