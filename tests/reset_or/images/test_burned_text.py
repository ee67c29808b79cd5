"""Burned-in text: proposed where it stands, black for good once a person says so; judged by tesseract."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from reset_or.base.errors import UserFixable
from reset_or.base.resources import file_of
from reset_or.images.burned_text import Region, black_out, text_regions
from reset_or.images.intake import take_in
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make

NAME, RECORD = "张三 住院号 0098123", "2026-11-23 DOB 1961"


def tissue(size: tuple[int, int] = (960, 540)) -> Image.Image:
    """Soft colours without any stroke, as of a mucosa."""
    return make.colourful((8, 6)).resize(size, Image.Resampling.BICUBIC).point(lambda each: each // 3)


def with_text() -> Image.Image:
    image = tissue()
    draw = ImageDraw.Draw(image)
    with file_of("fonts", "RESET-OR-Sans-Medium.ttf") as font:
        letters = ImageFont.truetype(font, 30)
        draw.text((40, 30), NAME, fill="white", font=letters)
        draw.text((520, 480), RECORD, fill=(255, 255, 0), font=letters)
    return image


def read_by_tesseract(png: bytes, folder: Path) -> str:
    file = folder / "read.png"
    with Image.open(io.BytesIO(png)) as image:
        image.convert("L").save(file)
    command = ["tesseract", file, "-", "-l", "chi_sim+eng", "--psm", "11"]
    one_thread = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    run = subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread)
    return run.stdout.replace(" ", "")


def test_text_is_proposed_and_black_after(tmp_path: Path) -> None:
    taken = take_in(make.saved(with_text(), "PNG"))
    before = read_by_tesseract(taken.data, tmp_path)
    assert "0098123" in before
    assert "1961" in before
    regions = text_regions(taken.data, taken.mime, 1)
    assert 2 <= len(regions) <= 12
    black = black_out(taken, regions)
    after = read_by_tesseract(black.data, tmp_path)
    assert not [c for c in after if c.isalnum()]
    assert (black.camera_sha256, black.mime) == (taken.camera_sha256, "image/png")
    assert black.sha256 != taken.sha256
    assert "blacked_out" in black.warnings
    assert "lossy_before" not in black.warnings


def test_every_other_pixel_stays(tmp_path: Path) -> None:
    camera = make.jpeg((300, 200), exif=make.exif_of(turn=6))
    taken = take_in(camera)
    black = black_out(taken, [Region(10, 20, 30, 40), Region(190, 290, 50, 50)])
    from PIL import ImageOps

    with Image.open(io.BytesIO(camera)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    ImageDraw.Draw(upright).rectangle((10, 20, 39, 59), fill=0)
    ImageDraw.Draw(upright).rectangle((190, 290, 239, 339), fill=0)
    with Image.open(io.BytesIO(black.data)) as image:
        assert image.tobytes() == upright.tobytes()
    assert (black.w, black.h, black.turn) == (200, 300, 1)
    assert {"blacked_out", "lossy_before"} <= set(black.warnings)


def test_a_still_with_text_is_marked_at_its_intake() -> None:
    still = foreign.tower_still(with_text(), foreign.EXPLICIT)
    assert "text_likely" in take_in(foreign.as_bytes(still)).warnings
    plain = foreign.tower_still(tissue(), foreign.EXPLICIT)
    assert "text_likely" not in take_in(foreign.as_bytes(plain)).warnings


@pytest.mark.parametrize("height", [10, 14, 20, 44, 80])
@pytest.mark.parametrize("ink", ["white", (255, 220, 60)])
def test_text_of_every_size_is_seen(height: int, ink: object) -> None:
    from reset_or.images.burned_text_child import proposals

    image = tissue()
    with file_of("fonts", "RESET-OR-Sans-Medium.ttf") as font:
        ImageDraw.Draw(image).text((200, 300), NAME, fill=ink, font=ImageFont.truetype(font, height))  # type: ignore[arg-type]
    found = proposals(make.saved(image, "PNG"))
    assert any(x <= 215 and y <= 300 + height and y + h >= 300 + height / 2 for x, y, w, h in found)


def test_marks_that_miss_the_picture() -> None:
    taken = take_in(make.jpeg())
    with pytest.raises(UserFixable, match="photo_region_missing"):
        black_out(taken, [])
    with pytest.raises(UserFixable, match="photo_region_outside"):
        black_out(taken, [Region(500, 0, 10, 10)])
