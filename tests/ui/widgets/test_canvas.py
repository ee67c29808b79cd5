"""A picture on the screen lies in memory once: filled from outside, drawn as it is."""

from __future__ import annotations

import numpy as np
import pytest
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
