"""The photograph on the workbench: opened once, decoded at full size, and gone when nobody looks.

Owns the plain bytes and pixels, in memory only; more contrast is another picture beside it, for the glass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reset_or.actions import measuring, photos
from reset_or.base.errors import ResetOrError
from ui.viewmodels.photos import Pixels
from ui.viewmodels.port import Net, Port

_CONTRAST: Final = bytes(min(255, max(0, round((value - 26) * 255 / 190))) for value in range(256))


@dataclass(frozen=True)
class _Bright:
    w: int
    h: int
    rgb: bytes


class Picture:
    """What was asked for before `forget` does not arrive any more."""

    def __init__(self, port: Port, net: Net) -> None:
        self._port, self._net = port, net
        self._look = 0
        self.opened: measuring.Opened | None = None
        self.pixels: Pixels | None = None
        self.contrast = False
        self._bright: Pixels | None = None

    def forget(self) -> None:
        self._look += 1
        self.opened = self.pixels = self._bright = None
        self.contrast = False

    def load(self, photo: str, done: Callable[[], None], failed: Callable[[ResetOrError], bool]) -> None:
        """Opened on the store lane, which has the keys; decoded off it."""
        self._look += 1
        look = self._look

        def opened(plain: measuring.Opened) -> None:
            if look == self._look:
                self.opened = plain
                self._net(
                    lambda: photos.decode_whole(plain.picture, plain.mime, plain.turn), decoded, refused
                )

        def decoded(pixels: Pixels) -> None:
            if look == self._look:
                self.pixels = pixels
                done()

        def refused(error: ResetOrError) -> bool:
            return look != self._look or failed(error)

        self._port.run(measuring.open_for_measuring, opened, failed=refused, photo=photo)

    def toggle_contrast(self, done: Callable[[], None]) -> None:
        """More contrast on the glass; the picture itself stays as it is."""
        self.contrast = not self.contrast
        pixels, look = self.pixels, self._look

        def made(bright: Pixels) -> None:
            if look == self._look:
                self._bright = bright
                done()

        if self.contrast and self._bright is None and pixels is not None:
            # One table for all three colours, so that no hue shifts.
            self._net(
                lambda: _Bright(pixels.w, pixels.h, pixels.rgb.translate(_CONTRAST)), made, lambda _: False
            )
        done()

    @property
    def shown(self) -> Pixels | None:
        """What stands on the glass."""
        return self._bright if self.contrast and self._bright is not None else self.pixels
