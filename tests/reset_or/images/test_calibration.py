"""The geometry of a calibration: there and back, ruler marks, checks, lengths and their uncertainty."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import UserFixable
from reset_or.images import calibration as geometry
from reset_or.images.calibration import Calibration, Matrix, Path
from reset_or.images.camera import decompose, view_of
from reset_or.images.marks import from_ruler, with_check
from reset_or.images.measure import length
from reset_or.trial.limits import PhotoLimits

LIMITS = PhotoLimits()
SIZE = (6000, 4000)
HALF = math.hypot(*SIZE) / 2


def looking(tilt_deg: float, towards_deg: float, focal: float, height_mm: float) -> Matrix:
    """The homography to mm of a camera that looks at the plane's origin, aslant."""
    tilt, towards = math.radians(tilt_deg), math.radians(towards_deg)
    axis = (math.cos(towards), math.sin(towards))
    # columns of the rotation about `axis` in the plane (Rodrigues), for the plane's x and y
    c, s = math.cos(tilt), math.sin(tilt)
    r1 = (c + axis[0] ** 2 * (1 - c), axis[0] * axis[1] * (1 - c), -axis[1] * s)
    r2 = (axis[0] * axis[1] * (1 - c), c + axis[1] ** 2 * (1 - c), axis[0] * s)
    cx, cy = SIZE[0] / 2, SIZE[1] / 2

    def column(v: tuple[float, float, float]) -> tuple[float, float, float]:
        return focal * v[0] + cx * v[2], focal * v[1] + cy * v[2], v[2]

    a, b, t = column(r1), column(r2), column((0.0, 0.0, height_mm / c))
    return geometry.inverse((a[0], b[0], t[0], a[1], b[1], t[1], a[2], b[2], t[2]))


@given(
    st.floats(0, 30), st.floats(0, 360), st.floats(-0.1, 0.15), st.floats(-0.02, 0.03),
    st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_to_the_plane_and_back(
    tilt: float, towards: float, k1: float, k2: float, across: float, down: float
) -> None:
    made = Calibration("card", SIZE, looking(tilt, towards, 1.2 * HALF, 450), k1=k1, k2=k2)
    point = (SIZE[0] * across, SIZE[1] * down)
    back = geometry.to_picture(made, geometry.to_plane(made, point))
    assert math.dist(point, back) < 1e-6


@given(st.floats(0, 30), st.floats(0, 360), st.floats(0.8, 1.8))
def test_of_usual_lenses_the_tilt_is_told_without_their_focal_length(
    tilt: float, towards: float, focal: float
) -> None:
    view = decompose(looking(tilt, towards, focal * HALF, 500), SIZE)
    assert view.tilt_deg == pytest.approx(tilt, abs=2)


def test_the_horizon_is_refused() -> None:
    made = Calibration("card", SIZE, (1, 0, 0, 0, 1, 0, -1 / 3000, 0, 1))
    with pytest.raises(UserFixable, match="photo_point_beyond_plane"):
        geometry.to_plane(made, (3500, 10))


def test_the_lens_folds_over() -> None:
    made = Calibration("card", SIZE, (1, 0, 0, 0, 1, 0, 0, 0, 1), k1=-0.6)
    with pytest.raises(UserFixable, match="photo_point_beyond_plane"):
        geometry.to_plane(made, (0, 0))


# --- ruler ---
@given(st.floats(0, 360), st.floats(4, 30), st.floats(30, 180))
def test_two_marks_give_the_scale_in_any_direction(turn_deg: float, scale: float, known_mm: float) -> None:
    turn = math.radians(turn_deg)
    start = (3000.0, 2000.0)
    end = (start[0] + known_mm * scale * math.cos(turn), start[1] + known_mm * scale * math.sin(turn))
    made = from_ruler(SIZE, (start, end), known_mm, LIMITS)
    assert made.measurable
    assert made.px_per_mm == pytest.approx(scale)
    assert geometry.to_plane(made, start) == pytest.approx((0, geometry.to_plane(made, start)[1]), abs=1e-6)
    found = length(((100, 100), (100, 100 + 40 * scale)), made, LIMITS)
    assert found.length_um == pytest.approx(40_000, abs=1)
    assert found.uncertainty_um > 0


def test_a_path_beside_the_ruler_is_less_certain() -> None:
    made = from_ruler(SIZE, ((1000, 3600), (5000, 3600)), 200, LIMITS)
    near = length(((2600, 3550), (3400, 3550)), made, LIMITS)
    far = length(((2600, 1600), (3400, 1600)), made, LIMITS)
    assert near.length_um == far.length_um == 40_000
    assert far.uncertainty_um > 1.5 * near.uncertainty_um
    assert near.parts_um["tilt"] < 0.25 * far.parts_um["tilt"]
    card = replace(made, method="card")
    assert length(((2600, 1600), (3400, 1600)), card, LIMITS).parts_um["tilt"] == 0


@pytest.mark.parametrize(("backwards", "tilt"), [(False, 12.0), (True, 12.0), (False, -20.0)])
def test_several_marks_see_the_tilt_along_the_ruler(backwards: bool, tilt: float) -> None:
    truth = Calibration("card", SIZE, looking(tilt, 90, 1.25 * HALF, 450))
    marks = tuple(float(mm) for mm in range(-80, 81, 10))
    marks = marks[::-1] if backwards else marks
    points = tuple(geometry.to_picture(truth, (mm, 40.0)) for mm in marks)
    made = from_ruler(SIZE, points, 160, LIMITS, marks_mm=marks, click_px=0.5)
    assert made.tilt_cdeg == pytest.approx(abs(tilt) * 100, abs=150)
    along = tuple(geometry.to_picture(truth, (mm, 38.0)) for mm in (10.0, 60.0))
    assert length(along, made, LIMITS).length_um == pytest.approx(50_000, rel=0.004)
    two = from_ruler(SIZE, (points[0], points[-1]), 160, LIMITS)
    assert abs(geometry.straight_mm(two, along) - 50) > 0.6


def test_no_perspective_is_invented_from_noise() -> None:
    jitter = (0.4, -0.3, 0.1, -0.4, 0.2, 0.3, -0.2)
    marks = tuple(float(20 * k) for k in range(7))
    points = tuple((500 + 18 * mm, 3000 + off) for mm, off in zip(marks, jitter, strict=True))
    made = from_ruler(SIZE, points, 120, LIMITS, marks_mm=marks, click_px=0.5)
    assert made.tilt_cdeg is None
    assert made.to_mm[6:8] == (0, 0)


@pytest.mark.parametrize(
    ("check_px", "permille", "problem", "warning"),
    [(500.0, 0, False, False), (510.0, 20, False, False), (511.0, 22, False, True), (520.0, 40, False, True),
     (474.0, -52, True, False), (530.0, 60, True, False)],
)  # fmt: skip
def test_a_second_segment_warns_and_refuses(
    check_px: float, permille: int, problem: bool, warning: bool
) -> None:
    check: tuple[Path, float] = (((100.0, 100.0), (100.0 + check_px, 100.0)), 50.0)
    made = from_ruler(SIZE, ((0, 0), (1000, 0)), 100, LIMITS, check=check)
    assert made.check_error_permille == permille
    assert ("check_refused" in made.problems, "check_warned" in made.warnings) == (problem, warning)
    assert "no_check" not in made.warnings
    again = with_check(made, check[0], check[1], LIMITS)
    assert (again.problems, again.warnings) == (made.problems, made.warnings)
    assert again.scale_sd_ppm == pytest.approx(made.scale_sd_ppm, rel=0.02)


@pytest.mark.parametrize(
    ("points", "known", "marks"),
    [
        (((0, 0), (0, 0)), 50, None),
        (((0, 0),), 50, None),
        (((0, 0), (500, 0)), 0, None),
        (((0, 0), (500, 0)), math.nan, None),
        (((0, 0), (500, math.inf)), 50, None),
        (((0, 0), (500, 0), (900, 0)), 50, (0.0, 20.0)),
        (((0, 0), (500, 0), (900, 0)), 50, (0.0, 20.0, 10.0)),
    ],
)
def test_marks_that_are_none(points: Path, known: float, marks: tuple[float, ...] | None) -> None:
    with pytest.raises(UserFixable, match="photo_marks_malformed"):
        from_ruler(SIZE, points, known, LIMITS, marks_mm=marks)


def test_a_ruler_that_is_too_small_says_so() -> None:
    made = from_ruler(SIZE, ((0, 0), (40, 0)), 100, LIMITS)
    assert made.problems == ("marks_too_close", "too_small")
    with pytest.raises(UserFixable, match="photo_not_measurable"):
        length(((0, 0), (40, 0)), made, LIMITS)


# --- lengths ---
def flat(px: float = 18.0) -> Calibration:
    return Calibration("card", SIZE, (1 / px, 0, 0, 0, 1 / px, 0, 0, 0, 1), scale_sd_ppm=2000)


def test_the_polyline_is_measured_and_the_curve_is_uncertainty() -> None:
    def arc(count: int) -> Path:
        angles = [math.radians(60) * k / (count - 1) for k in range(count)]
        return tuple((3000 + 18 * 60 * math.sin(a), 2000 + 18 * 60 * math.cos(a)) for a in angles)

    true_um = 60_000 * math.radians(60)
    rough, fine = length(arc(3), flat(), LIMITS), length(arc(12), flat(), LIMITS)
    assert fine.length_um == pytest.approx(true_um, rel=0.0006)
    assert rough.length_um < fine.length_um
    assert rough.parts_um["curve"] > 10 * fine.parts_um["curve"]
    assert abs(rough.length_um - true_um) < rough.uncertainty_um


def test_a_corner_is_a_corner() -> None:
    found = length(((0, 0), (1800, 0), (1800, 900)), flat(), LIMITS)
    assert found.length_um == 150_000


def test_a_double_click_adds_nothing() -> None:
    path: Path = ((10, 10), (10, 10), (910, 10), (910, 10))
    assert length(path, flat(), LIMITS) == length(((10, 10), (910, 10)), flat(), LIMITS)
    with pytest.raises(UserFixable, match="photo_path_too_short"):
        length(((10, 10), (10, 10)), flat(), LIMITS)


def test_half_a_millimetre_goes_up() -> None:
    assert length(((0, 0), (45.5, 0)), flat(1.0), LIMITS).length_mm == 46
    assert length(((0, 0), (45.4994, 0)), flat(1.0), LIMITS).length_mm == 45


def test_what_makes_a_length_less_certain() -> None:
    path: Path = ((2000, 2000), (2720, 2000))
    plain = length(path, flat(), LIMITS)
    assert length(path, flat(), LIMITS, zoom=0.2).uncertainty_um > plain.uncertainty_um
    assert length(path, replace(flat(), sharpness_permille=600), LIMITS).uncertainty_um > plain.uncertainty_um
    assert length(path, replace(flat(), scale_sd_ppm=20_000), LIMITS).uncertainty_um > plain.uncertainty_um
    tilted = Calibration("card", SIZE, looking(25, 90, 1.25 * HALF, 500), scale_sd_ppm=2000)
    aslant = tuple(geometry.to_picture(tilted, (x, 0.0)) for x in (-20.0, 20.0))
    level = Calibration("card", SIZE, looking(0, 0, 1.25 * HALF, 500), scale_sd_ppm=2000)
    straight = tuple(geometry.to_picture(level, (x, 0.0)) for x in (-20.0, 20.0))
    assert (
        length(aslant, tilted, LIMITS).parts_um["height"]
        > 2 * length(straight, level, LIMITS).parts_um["height"]
    )


def test_the_foot_of_the_camera_is_where_it_looks_straight_down() -> None:
    view = view_of(Calibration("card", SIZE, looking(0, 0, 1.25 * HALF, 500)))
    assert view.foot == pytest.approx((0, 0), abs=1e-6)
    assert view.height_mm == pytest.approx(500, rel=0.02)
    assert view.slant((50, 0)) == pytest.approx((0.1, 0), rel=0.02)
