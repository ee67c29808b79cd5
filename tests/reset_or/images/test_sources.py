"""Sources of live pictures, real and fed, under one contract; and the process that holds them.

The real one is OpenCV's VideoCapture, here on a film, as no machine that tests has a camera.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from reset_or.base.errors import EnvironmentTrouble
from reset_or.images.capture import Camera
from reset_or.images.sources import FolderSource, ImageSource, SourceTrouble, open_source
from reset_or.trial.scheme import load_scheme

LIMITS = load_scheme("reset-1").photo
SIZE = (320, 240)


@dataclass
class Fed:
    """A source, the picture that it shows, and how it is pulled out."""

    where: str
    grey: int
    pull: Callable[[], object]


def film(place: Path) -> Fed:
    """Ten frames; the camera is gone when they are over."""
    writer = cv2.VideoWriter(str(place / "film.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE)
    for _ in range(10):
        writer.write(np.full((SIZE[1], SIZE[0], 3), 120, np.uint8))
    writer.release()
    return Fed(f"device:{place / 'film.avi'}", 120, lambda: None)


def folder(place: Path) -> Fed:
    fed = place / "fed"
    fed.mkdir()
    Image.new("RGB", SIZE, (120, 120, 120)).save(fed / "1.png")
    return Fed(f"folder:{fed}", 120, lambda: shutil.rmtree(fed))


@pytest.fixture(params=[film, folder], ids=["VideoCapture", "folder"])
def fed(request: pytest.FixtureRequest, tmp_path: Path) -> Fed:
    return request.param(tmp_path)


@pytest.fixture
def source(fed: Fed) -> Iterator[ImageSource]:
    found = open_source(fed.where)
    yield found
    found.close()


def test_frames_have_three_channels_of_eight_bits_at_full_size(fed: Fed, source: ImageSource) -> None:
    for _ in range(3):
        frame = source.read()
        assert (frame.shape, frame.dtype) == ((SIZE[1], SIZE[0], 3), np.uint8)
        assert abs(float(frame.mean()) - fed.grey) < 3


def test_one_that_is_pulled_out_says_so_for_ever(fed: Fed, source: ImageSource) -> None:
    source.read()
    fed.pull()
    with suppress(SourceTrouble):
        for _ in range(20):
            source.read()
    with pytest.raises(SourceTrouble, match="camera_gone"):
        source.read()


def test_closing_is_for_ever_and_any_number_of_times(source: ImageSource) -> None:
    source.read()
    source.close()
    source.close()
    with pytest.raises(SourceTrouble, match="camera_gone"):
        source.read()


@pytest.mark.parametrize("where", ["device:/nowhere/film.avi", "folder:/nowhere"])
def test_what_is_not_there_is_no_camera(where: str) -> None:
    with pytest.raises(SourceTrouble, match="camera_none"):
        open_source(where)


def test_a_folder_shows_its_newest_whole_picture(tmp_path: Path) -> None:
    with pytest.raises(SourceTrouble, match="camera_no_picture"):
        FolderSource(tmp_path)
    Image.new("RGB", SIZE, (10, 10, 10)).save(tmp_path / "1.png")
    source = FolderSource(tmp_path)
    assert int(source.read().mean()) == 10
    half = io.BytesIO()
    Image.new("RGB", SIZE, (90, 90, 90)).save(half, "PNG")
    (tmp_path / "2.png").write_bytes(half.getvalue()[:40])
    assert int(source.read().mean()) == 10
    (tmp_path / "2.png").write_bytes(half.getvalue())
    assert int(source.read().mean()) == 90


# --- the process ---
def test_a_shot_is_the_frame_bit_for_bit_at_full_size(tmp_path: Path) -> None:
    dice = np.random.default_rng(4)
    pixels = dice.integers(0, 256, (480, 640, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "1.png")
    camera = Camera(f"folder:{tmp_path}", LIMITS)
    try:
        live = camera.look(160)
        assert (live.w, live.h, live.frame_w, live.frame_h) == (160, 120, 640, 480)
        assert len(live.rgb) == 160 * 120 * 3
        assert (np.asarray(Image.open(io.BytesIO(camera.shoot()))) == pixels).all()
    finally:
        camera.close()
        camera.close()


def test_a_camera_pulled_out_is_named(fed: Fed, tmp_path: Path) -> None:
    camera = Camera(fed.where, LIMITS)
    fed.pull()
    with suppress(EnvironmentTrouble):
        for _ in range(200):
            camera.shoot()
    with pytest.raises(EnvironmentTrouble, match="camera_gone"):
        camera.shoot()
    camera.close()


def test_no_camera_is_named_and_leaves_no_process() -> None:
    with pytest.raises(EnvironmentTrouble, match="camera_none"):
        Camera("folder:/nowhere", LIMITS)
