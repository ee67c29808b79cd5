"""What the decoder child does for specimen labels: finds and reads the QR codes of a decoded picture.

Looks for finder patterns (ISO/IEC 18004, 6.3.3) in reduced copies, and reads codes only around them, from the
pixels as they are. OpenCV and numpy only; what a text means is decided by the parent (labels.py).
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

# Threads of a linear algebra library would each reserve memory that the child's limit counts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image

Copy = tuple["Image", int]
Grey = NDArray[np.uint8]
Numbers = NDArray[np.float32]

_SIDE: Final = 3000
"""Longer side of the largest copy that is looked at; the others are a half and a quarter of it. A label of
15 mm in a picture 500 mm across has modules of 2.7 pixels in the largest; in the smallest the core of a
finder pattern of a label of 40 mm in 200 mm is smaller than the block."""

_BLOCK: Final = 25
_DARKER: Final = 9
"""Dark is what is so many grey levels darker than the mean of the block around it."""

_STEP: Final = 2
"""Every second row and column is looked at: the core of a finder pattern is three modules wide."""
_UNLIKE: Final = 0.6
"""How many modules a run of one may be off; that of three by the root of three times as much."""
_ALIKE, _OF_ONE_CODE = 0.5, 0.35
"""Logarithm of how unlike may be: the modules of one mark, in a row and in a column; those of two marks."""

_MOST: Final = 8
_LONGEST: Final = 64
_MOST_LINES: Final = 1500
_MOST_MARKS: Final = 80
_MOST_WINDOWS: Final = 10
_PATIENCE_S: Final = 1.0
"""A picture full of what looks like codes is given up: it loses no photograph, and nobody waits for it."""
_CODE_MODULES: Final = 25
"""Modules across a label's code (version 2); a window holds it whichever of its corners was found."""
_NEAREST, _FARTHEST = 9.0, 32.0
"""Modules between two finder patterns of one code: 18, and 25 aslant, more and fewer in perspective."""
_COARSE_PX, _FINE_PX = 4.0, 8.0
"""Pixels of a module in what the reader is given: most codes are read at the first, the quicker."""
_MOST_ENLARGED: Final = 3.0


@dataclass(frozen=True)
class _Window:
    """A square part of the picture that may hold a code, and how many pixels a module has; full size."""

    x: float
    y: float
    module: float

    @property
    def reach(self) -> float:
        return self.module * _CODE_MODULES * 1.5


def texts_of(image: Image) -> list[str]:
    """Every QR code's text in a grey picture, each once, in no order that means anything."""
    found: dict[str, None] = {}
    seen: list[_Window] = []
    give_up = time.monotonic() + _PATIENCE_S
    copies = _copies(image)
    for small, factor in reversed(copies):
        for window in _windows(np.asarray(small), factor):
            if any(_same(window, other) for other in seen):
                continue
            if time.monotonic() > give_up:
                break
            seen.append(window)
            for text in _read([(image, 1), *copies], window):
                found.setdefault(text[:_LONGEST])
    return list(found)[:_MOST]


def _copies(image: Image) -> list[Copy]:
    """Reduced copies, and how many pixels of the picture make one of theirs; the largest first."""
    factor = math.ceil(max(image.size) / _SIDE)
    copies = [image.reduce(factor) if factor > 1 else image]
    for _ in range(2):
        copies.append(copies[-1].reduce(2))
    return [(copy, factor << halved) for halved, copy in enumerate(copies)]


def _same(one: _Window, other: _Window) -> bool:
    """Whether reading this window would be reading the other again."""
    near = math.hypot(one.x - other.x, one.y - other.y) < 0.5 * other.reach
    return near and abs(math.log(one.module / other.module)) < _ALIKE


def _windows(small: Grey, factor: int) -> list[_Window]:
    """Around each finder pattern that has another one beside it, those first that have more."""
    marks = _finders(small)
    places, modules = marks[:, :2], marks[:, 2]
    far = np.hypot(*np.moveaxis(places[:, None] - places[None], 2, 0)) / modules[:, None]
    alike = np.abs(np.log(modules[:, None] / modules[None])) < _OF_ONE_CODE
    beside = ((far > _NEAREST) & (far < _FARTHEST) & alike).sum(1)
    order = [n for n in np.argsort(-np.minimum(beside, 2), kind="stable")[:_MOST_WINDOWS] if beside[n]]
    return [_Window(*(float(value) * factor for value in marks[n])) for n in order]


def _read(copies: list[Copy], window: _Window) -> list[str]:
    """The codes in one part of the picture, at scales that suit the reader."""
    copy, factor = [each for each in copies if each[1] == 1 or window.module >= each[1] * _FINE_PX][-1]
    x, y, reach = (value / factor for value in (window.x, window.y, window.reach))
    left, top = max(0, round(x - reach)), max(0, round(y - reach))
    part = np.asarray(
        copy.crop((left, top, min(copy.width, round(x + reach)), min(copy.height, round(y + reach))))
    )
    detector = cv2.QRCodeDetector()
    try:
        text, _, _ = detector.detectAndDecode(_scaled(part, _COARSE_PX * factor / window.module))
        if text:
            return [text]
        several, texts, _, _ = detector.detectAndDecodeMulti(_scaled(part, _FINE_PX * factor / window.module))
    except cv2.error:  # a shape that only looked like a code
        return []
    return [text for text in texts if text] if several else []


def _scaled(part: Grey, share: float) -> Grey:
    share = min(share, _MOST_ENLARGED)
    how = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, None, fx=share, fy=share, interpolation=how), np.uint8)


# --- finder patterns ---
def _finders(small: Grey) -> Numbers:
    """(x, y, module) of finder patterns, in pixels, seen along rows and columns; the clearest first."""
    mean = np.asarray(cv2.blur(small, (_BLOCK, _BLOCK)), np.uint8)
    across = _lines(small[::_STEP], mean[::_STEP])
    down = _lines(small[:, ::_STEP].T, mean[:, ::_STEP].T)
    return _crossed(across, down[:, [1, 0, 2]])


def _lines(small: Grey, mean: Grey) -> Numbers:
    """(x, y, module) where a row goes dark, light, dark, light, dark as 1 : 1 : 3 : 1 : 1.

    The clearest first. Edges are taken between pixels, where the grey goes through the threshold.
    Rows are `_STEP` pixels apart.
    """
    columns = small.shape[1]
    flat = np.subtract(small, mean, dtype=np.int16).ravel() + np.int16(_DARKER)
    dark = flat < 0
    before = np.flatnonzero(dark[1:] != dark[:-1])
    count = len(before) - 5
    if count < 1:
        return np.empty((0, 3), np.float32)
    a, b = flat[before].astype(np.float64), flat[before + 1].astype(np.float64)
    edge = before + a / (a - b)
    runs = np.diff(edge)
    module = (edge[5:] - edge[:-5]) / 7
    good = dark[before[:count] + 1] & (before[:count] // columns == before[5:] // columns)
    off = np.zeros(count)
    for place, wide in enumerate((1, 1, 3, 1, 1)):
        np.maximum(off, np.abs(runs[place : place + count] / module - wide) / wide**0.5, out=off)
    at = np.flatnonzero(good & (module > 1) & (off < _UNLIKE))
    at = at[np.argsort(off[at], kind="stable")[:_MOST_LINES]]
    row = before[at] // columns
    x = (edge[at + 2] + edge[at + 3]) / 2 + 0.5 - row * columns
    return np.stack([x, (row + 0.5) * _STEP, module[at]], 1).astype(np.float32)


def _crossed(across: Numbers, down: Numbers) -> Numbers:
    """One mark for each place where lines of both directions meet with modules of about one size."""
    meet = np.abs(across[:, None, 0] - down[None, :, 0]) < across[:, None, 2]
    meet &= np.abs(across[:, None, 1] - down[None, :, 1]) < across[:, None, 2]
    meet &= np.abs(np.log(across[:, None, 2] / down[None, :, 2])) < _ALIKE
    left, marks = across[meet.any(1)], list[Numbers]()
    while len(left) and len(marks) < _MOST_MARKS:
        first = left[0]
        marks.append(first)
        left = left[np.abs(left[:, :2] - first[:2]).max(1) > 2 * first[2]]
    return np.array(marks, np.float32).reshape(-1, 3)
