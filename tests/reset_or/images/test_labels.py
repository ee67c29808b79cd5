"""Specimen labels in photographs: read, believed only as labels, never a reason to lose one."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, Final

import cv2
import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image
from PIL.Image import Transpose

from reset_or.base.errors import UserFixable
from reset_or.images import label_child, sandbox
from reset_or.images.decoder_child import labels_seen
from reset_or.images.intake import take_in
from reset_or.images.label_child import texts_of
from reset_or.images.labels import labels_told
from reset_or.record.specimen_label import SpecimenLabel, label_text
from tests.fakes.specimen_labels import cloth, on_table, photographed, throws
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make

LABEL: Final = SpecimenLabel("03-0147", "A")

# What a camera stores for each EXIF turn: the way back from upright.
_STORED: Final = {
    2: Transpose.FLIP_LEFT_RIGHT, 3: Transpose.ROTATE_180, 4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE, 6: Transpose.ROTATE_90, 7: Transpose.TRANSVERSE, 8: Transpose.ROTATE_270,
}  # fmt: skip


def _codes() -> NDArray[np.uint8]:
    code = np.asarray(cv2.QRCodeEncoder.create().encode("RESET-OR 03-0147 A"), np.uint8)
    return np.tile(np.kron(code, np.ones((6, 6), np.uint8)), (10, 14))


def _finder_patterns() -> NDArray[np.uint8]:
    mark = np.pad(np.zeros((7, 7), np.uint8), 1, constant_values=255)
    mark[2:7, 2:7] = 255
    mark[3:6, 3:6] = 0
    return np.tile(np.kron(mark, np.ones((5, 5), np.uint8)), (40, 60))


def _noise() -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (1500, 2000), np.uint8)


CROWDS: Final[dict[str, Callable[[], NDArray[np.uint8]]]] = {
    "codes": _codes, "finder patterns": _finder_patterns, "noise": _noise,
}  # fmt: skip


def test_a_small_label_aslant_in_a_large_picture_is_read() -> None:
    label = SpecimenLabel("03-0147", "A")
    assert take_in(photographed(label_text(label), turned_deg=17)).labels == (label,)


def test_two_labels_are_both_read() -> None:
    texts = ("RESET-OR 03-0147 A", "RESET-OR 03-0149 C")
    found = take_in(photographed(*texts)).labels
    assert {label_text(label) for label in found} == set(texts)


@pytest.mark.parametrize("text", ["https://example.org/03-0147", "RESET-OR 03-0147 Z", "03-0147"])
def test_other_codes_are_no_labels(text: str) -> None:
    assert take_in(photographed(text)).labels == ()


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_label_is_read_however_the_camera_was_held(turn: int) -> None:
    with Image.open(io.BytesIO(photographed("RESET-OR 03-0147 A"))) as image:
        stored = image.copy() if turn == 1 else image.transpose(_STORED[turn])
    exif = Image.Exif()
    exif[0x0112] = turn
    stream = io.BytesIO()
    stored.save(stream, "JPEG", quality=90, exif=exif)
    assert take_in(stream.getvalue()).labels == (LABEL,)


def test_a_label_is_read_in_every_kind_of_file() -> None:
    with Image.open(io.BytesIO(photographed("RESET-OR 03-0147 A"))) as image:
        half = image.reduce(2)
        clear = half.convert("RGBA")
    pillow_heif.register_heif_opener()
    for picture, kind in ((half, "PNG"), (clear, "PNG"), (half, "HEIF")):
        assert take_in(make.saved(picture, kind)).labels == (LABEL,), kind
    still = foreign.tower_still(half)
    assert take_in(foreign.as_bytes(still)).labels == (LABEL,)


@pytest.mark.parametrize("code", ["photo_check_crashed", "photo_check_time", "photo_check_memory"])
def test_a_search_that_ends_the_child_loses_no_photograph(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, asked = sandbox.ask, []

    def ends(request: dict[str, Any], *rest: Any, **more: Any) -> tuple[dict[str, Any], bytes]:
        asked.append(request["labels"])
        if request["labels"]:
            raise UserFixable(code)
        return ask(request, *rest, **more)

    monkeypatch.setattr(sandbox, "ask", ends)
    photo = take_in(photographed("RESET-OR 03-0147 A"))
    assert (photo.labels, photo.w, asked) == ((), 2400, [True, False])


def test_a_search_that_fails_loses_no_photograph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_child, "texts_of", lambda _image: 1 / 0)
    assert labels_seen(Image.new("L", (60, 80)), 1, {"labels": True}) == []


@pytest.mark.parametrize(
    "said", [None, {"a": 1}, 7, [7, None], ["RESET-OR 03-0147 A; DROP"], "RESET-OR 03-0147 A"]
)
def test_nonsense_is_no_label(said: object) -> None:
    assert labels_told({"labels": said}) == ()


def test_nine_labels_of_ten_are_read_over_size_tilt_and_blur() -> None:
    """15 to 40 mm in pictures 200 to 500 mm across, to 25 degrees; blurred by up to 0.3 of a module."""
    table = cloth(4000, 2667)
    found = [throw.text in texts_of(Image.fromarray(on_table(table, throw))) for throw in throws(16, 4000)]
    assert sum(found) >= 14


@pytest.mark.parametrize("many", ["codes", "finder patterns", "noise"])
def test_a_picture_full_of_what_looks_like_codes_is_given_up(
    many: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are, no more windows are read than ten in each copy."""
    read: list[object] = []
    monkeypatch.setattr(label_child, "_read", lambda _image, window: read.append(window) or [])
    texts_of(Image.fromarray(CROWDS[many]()))
    assert len(read) <= 30
