"""Measuring through the decoder child: what crosses the border, and what is refused there."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from reset_or.base.errors import UserFixable
from reset_or.images import measuring, sandbox
from reset_or.images.calibration import Calibration
from reset_or.images.card import from_card
from reset_or.images.kinds import JPEG, PNG
from reset_or.images.measure_child import turned
from reset_or.images.rectify import rectified
from reset_or.trial.limits import PhotoLimits
from tests.fakes.specimen_camera import Bowel, Camera, Laid
from tests.fakes.specimen_scene import Light, Scene, Taken, photograph

LIMITS = PhotoLimits()
SCENE = Scene(
    camera=Camera(1200, 900, tilt_deg=14, towards_deg=200, distance_mm=440, k1=-0.08),
    bowel=Bowel(start=(-88, -25), radius_mm=250, heading_deg=-18),
    card=Laid((-135, -105), 1.5),
    light=Light(blur_px=0.7, noise=2, turn=6),
)


@cache
def taken() -> Taken:
    return photograph(SCENE)


def test_the_child_finds_what_the_function_finds() -> None:
    photo = taken()
    found = measuring.measure_card(photo.data, JPEG, photo.turn, LIMITS)
    assert found.size == (1200, 900)
    assert found.measurable
    assert found.px_per_mm == pytest.approx(from_card(photo.grey(), LIMITS).px_per_mm, rel=1e-3)
    assert found.tilt_cdeg == pytest.approx(1400, abs=100)


def test_a_png_is_measured_too() -> None:
    stream = io.BytesIO()
    Image.fromarray(taken().upright()).save(stream, "PNG", compress_level=1)
    assert measuring.measure_card(stream.getvalue(), PNG, 1, LIMITS).measurable


@pytest.mark.parametrize("turn", range(1, 9))
def test_turns_are_those_of_pillow(turn: int) -> None:
    from PIL import ImageOps

    image = Image.fromarray(np.arange(60, dtype=np.uint8).reshape(6, 10))
    image.getexif()[0x0112] = turn
    stream = io.BytesIO()
    image.save(stream, "PNG", exif=image.getexif())
    upright = ImageOps.exif_transpose(Image.open(stream))
    assert np.array_equal(turned(np.asarray(image), turn), np.asarray(upright))


def test_a_levelled_picture_has_one_scale() -> None:
    photo = taken()
    found = measuring.measure_card(photo.data, JPEG, photo.turn, LIMITS)
    flat = measuring.rectify(photo.data, JPEG, photo.turn, found, 3.0)
    assert flat.mm_per_px == pytest.approx(1 / 3)
    rgb = np.frombuffer(flat.rgb, np.uint8).reshape(flat.h, flat.w, 3)
    level = from_card(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), LIMITS)
    assert level.px_per_mm == pytest.approx(3.0, rel=0.003)
    assert level.tilt_cdeg is not None
    assert level.tilt_cdeg < 150
    assert abs(level.k1) < 0.02


def test_levelling_loses_no_grain_of_the_plane() -> None:
    """A point found in the levelled picture lies where its corner and turn say."""
    grey = np.zeros((900, 1200, 3), np.uint8)
    grey[400:404, 700:704] = 255
    plain = Calibration("card", (1200, 900), (0.2, 0.05, 3, -0.05, 0.2, 7, 0, 0, 1))
    made, _, (x, y, turn_deg) = rectified(grey, plain, 5.0)
    rows, columns = np.nonzero(made[:, :, 0] > 60)
    c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    across, down = (columns.mean() + 0.5) / 5, (rows.mean() + 0.5) / 5
    place = (x + c * across - s * down, y + s * across + c * down)
    assert place == pytest.approx((0.2 * 702 + 0.05 * 402 + 3, -0.05 * 702 + 0.2 * 402 + 7), abs=0.1)


@pytest.mark.parametrize("megapixels", [50])
def test_large_pictures_stay_within_the_limits_of_the_child(megapixels: int) -> None:
    """Memory and time: card and levelling of the largest cameras."""
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    pixels = cv2.resize(taken().upright(), (width, width * 3 // 4), interpolation=cv2.INTER_LINEAR)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=70)
    data = stream.getvalue()
    found = measuring.measure_card(data, JPEG, 1, LIMITS)
    assert found.measurable
    flat = measuring.rectify(data, JPEG, 1, found)
    assert 20_000_000 < flat.w * flat.h <= 40_000_000
    assert flat.mm_per_px >= 1 / found.px_per_mm


def test_a_levelled_picture_too_large_is_refused() -> None:
    photo = taken()
    found = measuring.measure_card(photo.data, JPEG, photo.turn, LIMITS)
    with pytest.raises(UserFixable, match="photo_rectified_too_large"):
        measuring.rectify(photo.data, JPEG, photo.turn, found, 100.0)
    with pytest.raises(UserFixable, match="photo_not_measurable"):
        measuring.rectify(photo.data, JPEG, photo.turn, replace(found, problems=("blurred",)))


@pytest.mark.parametrize("sigma", [0.8, 2.0, 5.0])
def test_sharpness_is_the_width_of_edges(sigma: float) -> None:
    photo = photograph(replace(SCENE, light=Light(blur_px=sigma, noise=1, turn=1)))
    found = measuring.sharpness(photo.data, JPEG, 1)
    assert found.edge_px == pytest.approx(2.563 * sigma, rel=0.4)
    assert found.across == pytest.approx(1200 / found.edge_px, abs=1)


def test_ticks_through_the_child() -> None:
    scene = replace(SCENE, card=None, ruler=Laid((-70, 60), 2), light=replace(SCENE.light, turn=8))
    photo = photograph(replace(scene, camera=replace(scene.camera, width=1600, height=1200, distance_mm=330)))
    calibration, ticks = measuring.find_ticks(photo.data, JPEG, photo.turn, LIMITS)
    assert ticks is not None
    assert calibration.points == ticks.places
    assert ticks.step_mm == 1.0
    assert calibration.known_mm == pytest.approx(ticks.marks_mm[-1])
    above = (0.0, 0.0, 1600.0, 300.0)
    nothing, none = measuring.find_ticks(photo.data, JPEG, photo.turn, LIMITS, region=above)
    assert nothing.problems == ("no_ruler",)
    assert none is None


def test_a_truncated_picture_is_refused_by_its_name() -> None:
    with pytest.raises(UserFixable, match="photo_truncated"):
        measuring.measure_card(taken().data[:-4000], JPEG, 1, LIMITS)


@pytest.mark.parametrize(
    "lie",
    [
        {"size": [1200]}, {"size": [0, 900]}, {"to_mm": [1] * 8}, {"to_mm": [1e300] * 9}, {"k1": "0"},
        {"k1": 5}, {"points": [[1, 2, 3]]}, {"points": [[1, 2]] * 700}, {"problems": ["all_well"]},
        {"warnings": "no_check"}, {"scale_sd_ppm": -1}, {"tilt_cdeg": 1.5}, {"card": "card-2"},
        {"residual_um": True},
    ],
)  # fmt: skip
def test_a_child_that_lies_is_not_believed(lie: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = json.loads(json.dumps(asdict(from_card(np.zeros((90, 120), np.uint8), LIMITS))))
    monkeypatch.setattr(sandbox, "ask", lambda *_, **__: (honest, b""))
    assert "no_card" in measuring.measure_card(b"", JPEG, 1, LIMITS).problems
    honest.update(lie)
    with pytest.raises(UserFixable, match="photo_check_crashed"):
        measuring.measure_card(b"", JPEG, 1, LIMITS)
