"""Text in a picture that is about to be kept: what to show to the person who decides, and what they decided.

Plain values in and out, no store: the slow half, for the net lane. No picture is ever called clean here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reset_or.images.intake import TakenPhoto
    from reset_or.images.sandbox import Preview

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the upright picture at full size."""


@dataclass(frozen=True)
class Looked:
    """Decoded pixels to look at, the upright picture's full size, and where text may stand in it."""

    pixels: Preview
    size: tuple[int, int]
    boxes: tuple[Box, ...]


def to_ask(taken: TakenPhoto) -> bool:
    """Whether a person must look before this picture is sealed."""
    return "text_likely" in taken.warnings


def look(taken: TakenPhoto, *, max_side: int) -> Looked:
    """The picture as a person sees it, with regions proposed. Raises as `sandbox.inspect` does."""
    from reset_or.images.burned_text import text_regions
    from reset_or.images.sandbox import preview

    pixels = preview(taken.data, taken.mime, taken.turn, max_side)
    size = (taken.w, taken.h) if taken.turn < 5 else (taken.h, taken.w)
    found = text_regions(taken.data, taken.mime, taken.turn)
    return Looked(pixels, size, tuple((each.x, each.y, each.w, each.h) for each in found))


def black_out(taken: TakenPhoto, boxes: Sequence[Box]) -> TakenPhoto:
    """The picture with these regions black. Raises as `images.burned_text.black_out` does."""
    from reset_or.images.burned_text import Region, black_out

    return black_out(taken, [Region(*box) for box in boxes])
