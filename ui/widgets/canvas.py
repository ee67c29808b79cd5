"""Canvas: the memory of one picture on the screen, filled from outside and shown as it is.

In the format in which Qt draws, so that between the decoder and the glass nothing is converted or copied.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from reset_or.base.errors import UserFixable

_SMALL: Final = 800
_BAND: Final = 64
"""Rows that are halved at a time: Qt lets no other thread of Python run meanwhile."""


class Canvas:
    """`w` by `h` pixels of four bytes: blue, green, red, 255. May be made and filled on any thread."""

    def __init__(self, w: int, h: int) -> None:
        self.image = QImage(w, h, QImage.Format.Format_RGB32)
        if self.image.isNull():  # Qt found no memory
            raise UserFixable("photo_check_memory")
        self.smaller: list[QImage] = []

    @property
    def w(self) -> int:
        return self.image.width()

    @property
    def h(self) -> int:
        return self.image.height()

    @property
    def room(self) -> memoryview:
        """To be filled, before the image is shown anywhere: afterwards Qt would copy it. Valid while this
        object lives."""
        return memoryview(self.image.bits())

    @property
    def seen(self) -> memoryview:
        """The same bytes, read only and never copied. Valid while this object lives."""
        return memoryview(self.image.constBits())

    def reduce(self) -> None:
        """Makes `smaller`: copies of half the size, a quarter, and so on, for a picture drawn small. Takes a
        third of the memory more, and its time: not on the screen's thread."""
        image = self.image
        while max(image.width(), image.height()) > _SMALL:
            image = _half(image)
            self.smaller.append(image)


def _half(image: QImage) -> QImage:
    """Every four pixels as one; an odd last row or column is left out."""
    w, h, wide = image.width() // 2, image.height() // 2, image.bytesPerLine()
    made = QImage(w, h, image.format())
    if made.isNull():
        raise UserFixable("photo_check_memory")
    seen, room, step = image.constBits(), memoryview(made.bits()), made.bytesPerLine()
    for top in range(0, h, _BAND):
        rows = min(_BAND, h - top)
        band = QImage(seen[2 * top * wide :], 2 * w, 2 * rows, wide, image.format())
        small = band.scaled(
            w, rows, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        room[top * step : (top + rows) * step] = small.constBits()
    return made
