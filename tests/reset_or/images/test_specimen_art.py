"""The synthetic photograph tells the truth about its lengths, and is stripped like any other."""

from __future__ import annotations

import io
import itertools
import math
from typing import Any

import pytest
from PIL import Image

from reset_or.images import sandbox
from reset_or.images.intake import take_in
from reset_or.images.specimen_art import make_specimen


@pytest.fixture(scope="module")
def specimen() -> tuple[bytes, dict[str, Any]]:
    return make_specimen(1500, 1000, 103, 46, 42, "03-0147")


def along(path: list[list[float]]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(path))


def test_lengths_are_true(specimen: tuple[bytes, dict[str, Any]]) -> None:
    _, truth = specimen
    for part, length_mm in (("proximal", 103), ("tumour", 42), ("distal", 46)):
        assert along(truth[part]) / truth["px_per_mm"] == pytest.approx(length_mm, abs=0.1)
        assert math.dist(truth[part][0], truth[part][-1]) / truth["px_per_mm"] == pytest.approx(
            length_mm, abs=0.2
        )
    ruler = truth["ruler"]
    assert math.dist(ruler["0"], ruler["10"]) / truth["px_per_mm"] == pytest.approx(100, abs=0.1)


def test_the_picture_shows_what_the_truth_says(specimen: tuple[bytes, dict[str, Any]]) -> None:
    data, truth = specimen
    with Image.open(io.BytesIO(data)) as image:
        picture = image.convert("RGB")

    def tissue(x: float, y: float) -> bool:
        box = (round(x) - 2, round(y) - 2, round(x) + 3, round(y) + 3)
        red, _, blue = picture.crop(box).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        return red > blue

    (left, y_left), (right, y_right) = truth["proximal"][0], truth["distal"][-1]
    px = truth["px_per_mm"]
    assert [tissue(left + d * px, y_left) for d in (-1.2, 1.2)] == [False, True]
    assert [tissue(right + d * px, y_right) for d in (-1.2, 1.2)] == [True, False]
    for x, y in truth["ruler"].values():
        column = [sum(picture.getpixel((round(x) + d, round(y + 7.5 * px)))) for d in range(-12, 13)]
        assert column.index(min(column)) in (11, 12, 13), "the mark lies where the truth says"


def test_the_same_arguments_draw_the_same_picture() -> None:
    assert make_specimen(600, 400, 54, 22, 35) == make_specimen(600, 400, 54, 22, 35)
    assert make_specimen(600, 400, 54, 22, 35)[0] != make_specimen(600, 400, 54, 23, 35)[0]


def test_taking_it_in_strips_what_the_camera_left(specimen: tuple[bytes, dict[str, Any]]) -> None:
    data, _ = specimen
    assert data.count(b"MUST-GO") >= 4
    photo = take_in(data, name="specimen.jpg")
    assert b"MUST-GO" not in photo.data
    assert b"Exif" not in photo.data
    assert (photo.captured_at, photo.captured_zone_min) == (1_795_400_000_000, 480)
    assert photo.warnings == ("second_picture_removed",)
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(photo.data)) as after:
        assert before.convert("RGB").tobytes() == after.tobytes()
    assert sandbox.preview(photo.data, photo.mime, photo.turn, 300).w == 300


def test_twenty_four_megapixels() -> None:
    data, truth = make_specimen(6000, 4000)
    photo = take_in(data)
    assert (photo.w, photo.h) == (6000, 4000)
    assert truth["px_per_mm"] > 20
