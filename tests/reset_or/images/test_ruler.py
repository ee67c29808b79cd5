"""Ticks of rulers of several makes, read without help: places, steps, perspective and lens."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image

from reset_or.images.calibration import straight_mm
from reset_or.images.marks import Ticks
from reset_or.images.measure import length
from reset_or.images.ruler import from_ticks, read_ticks
from reset_or.images.specimen_art import make_specimen
from reset_or.trial.limits import PhotoLimits
from tests.fakes.photos import even_ruler
from tests.fakes.specimen_camera import Bowel, Camera, Laid
from tests.fakes.specimen_paper import LOOKS
from tests.fakes.specimen_scene import Light, Scene, Taken, photograph

LIMITS = PhotoLimits()
BASE = Scene(
    camera=Camera(1600, 1200, distance_mm=230),
    bowel=Bowel(start=(-88, -25), radius_mm=250, heading_deg=-18),
    ruler=Laid((-95, 40), 3),
    light=Light(blur_px=0.7, noise=3),
)


def steps(photo: Taken, ticks: Ticks) -> np.ndarray:
    """mm of the true ruler between marks that are said to be a mm apart: 1 where all is well."""
    true = np.array([photo.ruler_mark(m / 20) for m in range(photo.scene.ruler_mm * 20 + 1)])
    places = [np.linalg.norm(true - np.array(place), axis=1).argmin() / 20 for place in ticks.places]
    return np.abs(np.diff(places) / np.diff(ticks.marks_mm))


@pytest.mark.parametrize("look", LOOKS)
def test_rulers_of_every_make(look: str) -> None:
    photo = photograph(replace(BASE, ruler_look=look))
    calibration, ticks = from_ticks(photo.grey(), LIMITS)
    assert ticks is not None
    assert ticks.unit_sure
    assert ticks.ticks > 120
    assert steps(photo, ticks) == pytest.approx(1.0, abs=0.03)
    path = tuple(photo.path("distal", 9, np.random.default_rng(0)))
    assert length(path, calibration, LIMITS).length_um == pytest.approx(42_000, abs=300)


@pytest.mark.parametrize("turn", [0.0, 45.0, 90.0, 170.0, 250.0, 300.0])
def test_rulers_in_every_direction(turn: float) -> None:
    bowel = replace(BASE.bowel, start=(125.0, -90.0), heading_deg=90.0, half_width_mm=20.0)
    photo = photograph(
        replace(BASE, ruler=Laid((-15, -5), turn), ruler_mm=80, bowel=bowel, ruler_look="steel")
    )
    ticks = read_ticks(photo.grey())
    assert ticks is not None
    assert ticks.ticks > 60
    assert steps(photo, ticks) == pytest.approx(1.0, abs=0.05)


def test_perspective_along_the_ruler_and_the_lens() -> None:
    camera = replace(BASE.camera, tilt_deg=12, towards_deg=90, k1=-0.1)
    photo = photograph(replace(BASE, camera=camera, ruler=Laid((-95, 30), 0)))
    calibration, ticks = from_ticks(photo.grey(), LIMITS)
    assert ticks is not None
    assert ticks.k1 == pytest.approx(-0.1 / camera.focal**2, abs=0.01)
    assert calibration.tilt_cdeg == pytest.approx(1200, abs=150)
    ends = (
        [photo.sees(photo.scene.ruler.place((mm, 0.0))) for mm in (20.0, 70.0)] if photo.scene.ruler else []
    )
    assert straight_mm(calibration, tuple(ends)) == pytest.approx(50, abs=0.1)


@cache
def demo() -> tuple[np.ndarray, dict[str, object]]:
    data, truth = make_specimen(1800, 1200)
    return cv2.cvtColor(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), cv2.COLOR_RGB2GRAY), truth


def test_the_demo_specimen() -> None:
    grey, truth = demo()
    calibration, ticks = from_ticks(grey, LIMITS)
    assert ticks is not None
    assert (ticks.step_mm, ticks.unit_sure) == (1.0, True)
    marks = truth["ruler"]
    assert isinstance(marks, dict)
    assert len(ticks.places) == len(marks)
    along = np.array(ticks.places) - np.array([marks[str(k)] for k in range(len(marks))])
    assert np.abs(along[:, 0]).max() < 1.5  # the demo pastes its ruler at whole pixels
    assert np.ptp(along[:, 0]) < 0.3
    for part in ("proximal", "distal"):
        path = truth[part]
        assert isinstance(path, list)
        mm = length(tuple((x, y) for x, y in path), calibration, LIMITS).length_um / 1000
        assert mm == pytest.approx(truth[f"{part}_mm"], abs=0.3)


def test_no_ruler_no_ticks() -> None:
    photo = photograph(replace(BASE, ruler=None))
    calibration, ticks = from_ticks(photo.grey(), LIMITS)
    assert ticks is None
    assert calibration.problems == ("no_ruler",)
    assert not calibration.measurable


def test_half_of_the_ruler_under_blood() -> None:
    spots = tuple((-60.0 + 25 * k, 44.0, 7.0) for k in range(5))
    photo = photograph(replace(BASE, blood=spots))
    ticks = read_ticks(photo.grey())
    assert ticks is not None
    assert steps(photo, ticks) == pytest.approx(1.0, abs=0.03)


def test_longer_ticks_say_what_a_step_is() -> None:
    """Drawn by hand: 5 mm ticks alone, where the mm cannot be seen."""
    grey = np.full((600, 1600), 210, np.uint8)
    for k in range(40):
        cv2.line(grey, (40 + 38 * k, 300), (40 + 38 * k, 360 if k % 2 == 0 else 335), 30, 2)
    ticks = read_ticks(cv2.GaussianBlur(grey, (0, 0), 0.8).astype(np.uint8))
    assert ticks is not None
    assert ticks.step_mm == 5.0
    assert ticks.marks_mm[1] - ticks.marks_mm[0] == 10.0
    assert ticks.places[1][0] - ticks.places[0][0] == pytest.approx(76, abs=0.2)


def test_even_ticks_leave_the_step_open() -> None:
    grey = np.asarray(Image.open(io.BytesIO(even_ruler())).convert("L"))
    ticks = read_ticks(grey)
    assert ticks is not None
    assert not ticks.unit_sure
