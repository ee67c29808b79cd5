"""From decoded pixels to what Qt draws."""

from __future__ import annotations

from PySide6.QtGui import QImage

from ui.viewmodels.photos import Pixels


def image_of(pixels: Pixels) -> QImage:
    """A picture of its own from decoded pixels; the bytes may go afterwards."""
    return QImage(pixels.rgb, pixels.w, pixels.h, pixels.w * 3, QImage.Format.Format_RGB888).copy()
