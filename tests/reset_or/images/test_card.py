"""The calibration card: its data, and what is found of it in photographs with known truth."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest

from reset_or.base.errors import UserFixable
from reset_or.images.calibration import Path, straight_mm, to_plane
from reset_or.images.card import from_card
from reset_or.images.card_spec import load_card
from reset_or.images.measure import length
from reset_or.trial.limits import PhotoLimits
from tests.fakes.specimen_camera import Bowel, Camera, Laid
from tests.fakes.specimen_scene import Light, Scene, Taken, photograph

LIMITS = PhotoLimits()
CARD = load_card()
BASE = Scene(
    camera=Camera(1800, 1350, tilt_deg=12, towards_deg=60, distance_mm=430),
    bowel=Bowel(start=(-88, -25), radius_mm=250, heading_deg=-18),
    card=Laid((-135, -105), 1.5),
    light=Light(blur_px=0.7, noise=3),
)


@cache
def taken(scene: Scene) -> Taken:
    return photograph(scene)


def distal(photo: Taken) -> Path:
    return tuple(photo.path("distal", 10, np.random.default_rng(1)))


# --- as data ---
def test_the_bits_are_those_of_the_dictionary() -> None:
    dictionary = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, CARD.dictionary))
    for marker in CARD.markers:
        side = len(marker.bits) + 2
        drawn = cv2.aruco.generateImageMarker(dictionary, marker.id, side, borderBits=1)
        assert ["".join("1" if v else "0" for v in row[1:-1]) for row in drawn[1:-1]] == list(marker.bits)
        assert not drawn[0].any()
        assert not drawn[:, -1].any()


def test_markers_lie_on_the_card_apart_from_each_other_and_from_the_ticks() -> None:
    outline = np.array(CARD.outline_mm, np.float32)
    for marker in CARD.markers:
        for corner in marker.corners_mm:
            assert cv2.pointPolygonTest(outline, corner, True) >= CARD.quiet_mm
        for other in CARD.markers:
            if other is not marker:
                apart = [abs(a - b) - 22 for a, b in zip(marker.place_mm, other.place_mm, strict=True)]
                assert max(apart) >= CARD.quiet_mm
        for ruler, mm in itertools.product(CARD.rulers, range(0, 151, 10)):
            deep = CARD.ticks.ten_mm + CARD.ticks.numbers_mm
            x, y = (ruler.from_mm[k] + mm * ruler.along[k] + deep * ruler.into[k] for k in (0, 1))
            square = np.array(marker.corners_mm, np.float32)
            assert cv2.pointPolygonTest(square, (x, y), True) <= -CARD.quiet_mm
    width, height = (max(place[axis] for place in CARD.outline_mm) for axis in (0, 1))
    for total, origin, page in zip((width, height), CARD.page_origin_mm, CARD.page_mm, strict=True):
        assert origin >= 5
        assert page - origin - total >= 5


def test_markers_are_told_apart_and_have_ids_of_their_own() -> None:
    assert len({marker.id for marker in CARD.markers}) == len(CARD.markers) >= 10
    assert len({marker.bits for marker in CARD.markers}) == len(CARD.markers)


@pytest.mark.parametrize("version", ["card-0", "card-99", "../schemes/reset-1", ""])
def test_no_other_card(version: str) -> None:
    with pytest.raises(UserFixable, match="photo_card_unknown"):
        load_card(version)


# --- in photographs ---
def test_scale_tilt_and_a_margin() -> None:
    photo = taken(BASE)
    found = from_card(photo.grey(), LIMITS)
    assert found.measurable
    assert found.tilt_cdeg == pytest.approx(1200, abs=150)
    assert found.residual_um is not None
    assert found.residual_um < 60
    measured = length(distal(photo), found, LIMITS)
    assert measured.length_um == pytest.approx(42_000, abs=150)
    place = to_plane(found, photo.card_corner((150.0, 100.0)))
    assert place == pytest.approx((150, 100), abs=0.15)


@pytest.mark.parametrize("k1", [-0.16, 0.12])
def test_the_lens_is_taken_out(k1: float) -> None:
    photo = taken(replace(BASE, camera=replace(BASE.camera, k1=k1, distance_mm=380)))
    found = from_card(photo.grey(), LIMITS)
    in_half_diagonals = k1 / BASE.camera.focal**2
    assert found.k1 == pytest.approx(in_half_diagonals, abs=0.02)
    assert length(distal(photo), found, LIMITS).length_um == pytest.approx(42_000, abs=200)
    plain = replace(found, k1=0.0, k2=0.0)
    ends = (photo.card_corner((4, 170)), photo.card_corner((279, 170)))
    assert abs(straight_mm(found, ends) - 275) < 0.3
    assert abs(straight_mm(plain, ends) - 275) > 3


@pytest.mark.parametrize("turn", range(1, 9))
def test_every_turn_of_the_camera(turn: int) -> None:
    small = replace(BASE, camera=replace(BASE.camera, width=1200, height=900))
    photo = photograph(replace(small, light=replace(BASE.light, turn=turn)))
    found = from_card(photo.grey(), LIMITS)
    assert length(distal(photo), found, LIMITS).length_um == pytest.approx(42_000, abs=250)


def test_two_markers_under_blood_and_one_under_the_bowel() -> None:
    covered = replace(
        BASE, blood=((-120, 75, 16), (30, 80, 14)), bowel=replace(BASE.bowel, start=(-125, -25))
    )
    photo = photograph(covered)
    found = from_card(photo.grey(), LIMITS)
    assert found.measurable
    assert len(found.points) < 4 * len(CARD.markers)
    assert length(distal(photo), found, LIMITS).length_um == pytest.approx(42_000, abs=250)


def test_blood_at_the_edge_of_a_marker_does_not_pull_its_corners() -> None:
    """Half of one edge is covered: the corner there still lies where the print has it."""
    x, y = BASE.card.place((88 + 11, 170 + 22)) if BASE.card else (0, 0)
    photo = photograph(replace(BASE, blood=((x + 6, y + 3, 5),)))
    found = from_card(photo.grey(), LIMITS)
    assert found.residual_um is not None
    assert found.residual_um < 150
    assert length(distal(photo), found, LIMITS).length_um == pytest.approx(42_000, abs=200)


def test_a_picture_that_a_messenger_made_small() -> None:
    wide = replace(BASE, camera=replace(BASE.camera, width=2400, height=1800))
    photo = photograph(replace(wide, light=replace(BASE.light, reduced_to=1000, quality=60)))
    found = from_card(photo.grey(), LIMITS)
    assert found.measurable
    assert length(distal(photo), found, LIMITS).length_um == pytest.approx(42_000, abs=400)


def test_an_uncut_card() -> None:
    photo = photograph(replace(BASE, card_cut=False, bowel=replace(BASE.bowel, start=(-88, -45))))
    found = from_card(photo.grey(), LIMITS)
    assert length(distal(photo), found, LIMITS).length_um == pytest.approx(42_000, abs=200)


# --- not measurable, and why ---
def test_no_card() -> None:
    found = from_card(photograph(replace(BASE, card=None)).grey(), LIMITS)
    assert found.problems == ("no_card",)


def test_only_a_corner_of_the_card() -> None:
    camera = replace(BASE.camera, aim=(130.0, 80.0), distance_mm=120)
    assert from_card(photograph(replace(BASE, camera=camera)).grey(), LIMITS).problems == ("too_few_markers",)


def test_too_aslant() -> None:
    camera = replace(BASE.camera, tilt_deg=45, distance_mm=480)
    assert "too_tilted" in from_card(photograph(replace(BASE, camera=camera)).grey(), LIMITS).problems


def test_out_of_focus() -> None:
    found = from_card(photograph(replace(BASE, light=replace(BASE.light, blur_px=4.2))).grey(), LIMITS)
    assert found.problems == ("blurred",)
    assert found.sharpness_permille is not None
    assert found.sharpness_permille < LIMITS.min_sharpness_permille


def test_a_card_lost_in_blur_is_called_blurred_too() -> None:
    found = from_card(photograph(replace(BASE, light=replace(BASE.light, blur_px=14))).grey(), LIMITS)
    assert found.problems == ("no_card", "blurred")


def test_a_card_that_is_far_too_small() -> None:
    found = from_card(photograph(replace(BASE, camera=replace(BASE.camera, distance_mm=1500))).grey(), LIMITS)
    assert "too_small" in found.problems or found.problems == ("no_card",)


def test_a_second_card_in_the_picture_changes_nothing() -> None:
    grey = taken(BASE).grey()
    other = photograph(replace(BASE, camera=replace(BASE.camera, distance_mm=900, roll_deg=70))).grey()
    both = np.concatenate([grey, cv2.resize(other, (900, 675))[:, :900].repeat(1, 0)[:400].repeat(2, 1)])
    found = from_card(both[:1750], LIMITS)
    assert math.isfinite(found.px_per_mm)
    assert found.residual_um is not None
    assert found.residual_um < 100


def test_noise_holds_no_card() -> None:
    noise = np.random.default_rng(3).integers(0, 255, (900, 1200), dtype=np.uint8)
    assert "no_card" in from_card(noise, LIMITS).problems
