"""The photograph on the workbench: opened once, decoded at full size, and gone when nobody looks.

Owns the plain bytes and pixels, in memory only; more contrast is another picture beside it, for the glass.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from reset_or.actions import calibrating, measuring, photos
from reset_or.base.errors import ResetOrError
from ui.viewmodels.port import Net, Port

_CONTRAST: Final = bytes(min(255, max(0, round((value - 26) * 255 / 190))) for value in range(256))
_BAND: Final = 1 << 20
"""Bytes that are changed at a time: the screen's thread waits for no more of them."""


class Canvas(Protocol):
    """The pixels of a picture, held once and by whoever draws them: B G R A, rows from the top."""

    @property
    def w(self) -> int: ...

    @property
    def h(self) -> int: ...

    @property
    def room(self) -> memoryview:
        """To be filled, before it is shown."""

    @property
    def seen(self) -> memoryview:
        """Read only."""

    def reduce(self) -> None:
        """Makes smaller copies for a picture drawn small. Off the screen's thread."""


Blank = Callable[[int, int], Canvas]


class Picture:
    """`blank(w, h)` makes an empty canvas. What was asked for before `forget` does not arrive any more."""

    def __init__(self, port: Port, net: Net, blank: Blank) -> None:
        self._port, self._net, self._blank = port, net, blank
        self._look = 0
        self.opened: calibrating.Opened | None = None
        self.pixels: Canvas | None = None
        self.contrast = False
        self._bright: Canvas | None = None

    def forget(self) -> None:
        self._look += 1
        self.opened = self.pixels = self._bright = None
        self.contrast = False

    def load(
        self, photo: str, done: Callable[[], None], failed: Callable[[ResetOrError], bool],
        changed: Callable[[], None],
    ) -> None:  # fmt: skip
        """Found on the store lane, which has the keys; opened and decoded off it. `changed` once it is drawn
        better where it is small: nobody waits for that."""
        self._look += 1
        look = self._look

        def found(sealed: measuring.ToOpen) -> None:
            if look == self._look:
                self._net(lambda: self._open(sealed), opened, refused)

        def opened(plain: tuple[calibrating.Opened, Canvas]) -> None:
            if look == self._look:
                self.opened, self.pixels = plain
                done()
                self._net(plain[1].reduce, reduced, lambda _error: True)

        def reduced(_none: None) -> None:
            if look == self._look:
                changed()

        def refused(error: ResetOrError) -> bool:
            return look != self._look or failed(error)

        self._port.run(measuring.find_for_measuring, found, failed=refused, photo=photo)

    def _open(self, sealed: measuring.ToOpen) -> tuple[calibrating.Opened, Canvas]:
        plain = measuring.unseal_for_measuring(sealed)
        return plain, photos.decode_whole(plain.picture, plain.mime, plain.turn, self._blank)

    def toggle_contrast(self, done: Callable[[], None]) -> None:
        """More contrast on the glass; the picture itself stays as it is."""
        self.contrast = not self.contrast
        pixels, look = self.pixels, self._look

        def made(bright: Canvas) -> None:
            if look == self._look:
                self._bright = bright
                done()

        if self.contrast and self._bright is None and pixels is not None:
            self._net(lambda: self._brighter(pixels), made, lambda _: False)
        done()

    def _brighter(self, pixels: Canvas) -> Canvas:
        """One table for all three colours, so that no hue shifts; it leaves A at 255."""
        bright = self._blank(pixels.w, pixels.h)
        seen, room = pixels.seen, bright.room
        for place in range(0, len(seen), _BAND):
            room[place : place + _BAND] = bytes(seen[place : place + _BAND]).translate(_CONTRAST)
        bright.reduce()
        return bright

    @property
    def shown(self) -> Canvas | None:
        """What stands on the glass."""
        return self._bright if self.contrast and self._bright is not None else self.pixels
