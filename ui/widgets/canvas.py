"""Canvas: the memory of one picture on the screen, filled from outside and shown as it is.

In the format in which Qt draws, so that between the decoder and the glass nothing is converted or copied.
"""

from __future__ import annotations

from PySide6.QtGui import QImage

from reset_or.base.errors import UserFixable


class Canvas:
    """`w` by `h` pixels of four bytes: blue, green, red, 255. May be made and filled on any thread."""

    def __init__(self, w: int, h: int) -> None:
        self.image = QImage(w, h, QImage.Format.Format_RGB32)
        if self.image.isNull():  # Qt found no memory
            raise UserFixable("photo_check_memory")

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
