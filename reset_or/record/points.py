"""Points of a picture as a record holds them: text like SVG `points`, two decimals.

Pixels of the upright picture at full resolution, x right, y down, (0, 0) the top left corner of the top left
pixel (DICOM PS3.3 C.18.6). What another device wrote may be anything: `read_points` gives () for it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Final

Point = tuple[float, float]
Path = tuple[Point, ...]
_NUMBER: Final = r"-?[0-9]{1,6}(?:\.[0-9]{1,4})?"
_POINTS: Final = re.compile(rf"{_NUMBER},{_NUMBER}(?: {_NUMBER},{_NUMBER})*")


def points_text(points: Iterable[Point]) -> str:
    """`429.98,2898.08 704.93,2892.80`."""
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def read_points(untrusted_text: str) -> Path:
    """The points of a text; () where it is not one."""
    if not _POINTS.fullmatch(untrusted_text):
        return ()
    pairs = (pair.split(",") for pair in untrusted_text.split(" "))
    return tuple((float(x), float(y)) for x, y in pairs)


def numbers_text(values: Iterable[float]) -> str:
    """Numbers that come back to the last bit (17 significant digits at most), space separated."""
    return " ".join(repr(float(value)) for value in values)


def read_numbers(untrusted_text: str, count: int) -> tuple[float, ...]:
    """Exactly `count` finite numbers; () for any other text."""
    try:
        found = tuple(float(part) for part in untrusted_text.split(" "))
    except ValueError:
        return ()
    return found if len(found) == count and all(math.isfinite(value) for value in found) else ()
