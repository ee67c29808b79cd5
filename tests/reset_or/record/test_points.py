"""Points and numbers as text: they come back, and nonsense of another device reads as nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.record.points import Point, numbers_text, points_text, read_numbers, read_points

PLACES = st.floats(-99_999, 99_999)


@given(st.lists(st.tuples(PLACES, PLACES), min_size=1, max_size=9))
def test_points_come_back_to_a_hundredth(path: list[Point]) -> None:
    back = read_points(points_text(path))
    assert all(math.dist(a, b) <= 0.0072 for a, b in zip(path, back, strict=True))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=9, max_size=9))
def test_a_matrix_comes_back_bit_for_bit(numbers: list[float]) -> None:
    assert list(read_numbers(numbers_text(numbers), 9)) == numbers


@pytest.mark.parametrize(
    "text",
    ["", " ", "1,2,3", "1;2", "nan,1", "1,inf", "a,b", "1,2  3,4", "1,2 ", "1e5,2", "1,2\n3,4"],
)
def test_nonsense_is_no_point(text: str) -> None:
    assert read_points(text) == ()


@given(st.text(max_size=60))
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    read_points(text)
    assert len(read_numbers(text, 3)) in (0, 3)


@pytest.mark.parametrize("text", ["", "1 2", "1 2 3 4", "1 2 x", "1 2 nan", "1 2 inf", "1,2,3"])
def test_numbers_are_all_or_nothing(text: str) -> None:
    assert read_numbers(text, 3) == ()
