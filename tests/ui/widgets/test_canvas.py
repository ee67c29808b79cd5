"""A picture on the screen lies in memory once: filled from outside, drawn as it is."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from reset_or.base.errors import UserFixable
from ui.widgets.canvas import Canvas
from ui.widgets.photo_view import PhotoView

pytestmark = pytest.mark.ui


def _address(view: memoryview) -> int:
    return int(np.frombuffer(view, np.uint8).ctypes.data)


def test_what_is_filled_in_is_drawn_without_a_copy(qapp: QApplication) -> None:
    canvas, view = Canvas(64, 48), PhotoView()
    canvas.room[:] = bytes((10, 20, 30, 255)) * (64 * 48)
    view.set_image(canvas.image, "")
    drawn = view._item.pixmap().toImage()
    assert drawn.format() == QImage.Format.Format_RGB32
    assert _address(memoryview(drawn.constBits())) == _address(canvas.seen)
    assert drawn.pixelColor(63, 47).getRgb() == (30, 20, 10, 255)
    assert (canvas.w, canvas.h, len(canvas.seen), canvas.seen.readonly) == (64, 48, 64 * 48 * 4, True)


def test_a_picture_for_which_there_is_no_memory_is_refused(qapp: QApplication) -> None:
    with pytest.raises(UserFixable, match="photo_check_memory"):
        Canvas(2**15, 2**28)


def test_smaller_copies_are_means_of_four(qapp: QApplication) -> None:
    canvas = Canvas(3403, 1801)
    pixels = np.frombuffer(canvas.room, np.uint8).reshape(1801, 3403, 4)
    pixels[...] = np.random.default_rng(1).integers(0, 256, pixels.shape, np.uint8)
    pixels[..., 3] = 255
    canvas.reduce()
    assert [(image.width(), image.height()) for image in canvas.smaller] == [
        (1701, 900),
        (850, 450),
        (425, 225),
    ]
    half = np.frombuffer(canvas.smaller[0].constBits(), np.uint8).reshape(900, 1701, 4)
    even = pixels[:1800, :3402].astype(float)
    means = (even[0::2, 0::2] + even[1::2, 0::2] + even[0::2, 1::2] + even[1::2, 1::2]) / 4
    assert np.abs(half - means).max() <= 1


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_small_picture_is_drawn_from_its_smaller_copies_in_the_same_place(
    qapp: QApplication, turn: int
) -> None:
    """Hairlines in one place: drawn small from the picture itself most of them fall between the pixels."""
    canvas = Canvas(3200, 2400)
    pixels = np.frombuffer(canvas.room, np.uint8).reshape(2400, 3200, 4)
    pixels[...] = 255
    pixels[800:1200, 400:1000:4, :3] = 0
    view = PhotoView()
    view.resize(500, 500)
    view.set_image(canvas.image, "", turn, canvas.smaller)
    before = _greys(view)
    lined = view.viewportTransform().mapRect(QRectF(400, 800, 600, 400))
    canvas.reduce()
    after = _greys(view)
    inside, outside = _part(lined.adjusted(4, 4, -4, -4)), _part(lined.adjusted(-8, -8, 8, 8))
    assert after[outside].max() == before[outside].max() == 255, "it stands where it stood"
    assert after[inside].max() < 200
    assert abs(float(after[inside].mean()) - float(before[inside].mean())) < 8
    assert after[inside].std() < 0.2 * before[inside].std(), "even, where it flickered"


def _greys(view: PhotoView) -> np.ndarray:
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].astype(float)


def _part(rect: QRectF) -> tuple[slice, slice]:
    box = rect.toRect()
    return slice(box.top(), box.bottom()), slice(box.left(), box.right())
