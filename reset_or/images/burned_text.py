"""Text burned into pixels: regions to look at, and the blacking out of those that a person marked.

Nothing here ever says that a picture is clean; that is for a person to say. Blacking out is the one case in
which pixels change: the result is a PNG, and the hash of the file as taken stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from reset_or.base.errors import UserFixable
from reset_or.images import sandbox
from reset_or.images.intake import TakenPhoto
from reset_or.images.kinds import JPEG, MAX_BYTES, MAX_SIDE
from reset_or.images.strip import strip

_TIME_LIMIT_S: Final = 30.0


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels of the upright picture at full size."""

    x: int
    y: int
    w: int
    h: int


def text_regions(picture: bytes, mime: str, turn: int) -> tuple[Region, ...]:
    """Where text may stand, to be shown to a person. None found is no proof of anything.

    Raises as `sandbox.inspect` does.
    """
    request = {"task": "text_regions", "mime": mime, "turn": turn}
    answer, _ = sandbox.ask(request, picture, 0, time_limit_s=_TIME_LIMIT_S)
    found = answer.get("regions")
    if not isinstance(found, list):
        raise UserFixable("photo_check_crashed")
    return tuple(_region(each) for each in found)


def _region(said: object) -> Region:
    if not isinstance(said, list) or len(said) != 4:
        raise UserFixable("photo_check_crashed")
    if not all(isinstance(each, int) and 0 <= each <= MAX_SIDE for each in said):
        raise UserFixable("photo_check_crashed")
    return Region(*said)


def black_out(taken: TakenPhoto, regions: Sequence[Region]) -> TakenPhoto:
    """The photograph with these regions black, upright, as PNG, and said so by its warnings.

    Raises UserFixable photo_region_missing (none given), photo_region_outside, and as `sandbox.inspect`.
    """
    if not regions:
        raise UserFixable("photo_region_missing")
    request = {
        "task": "black_out", "mime": taken.mime, "turn": taken.turn,
        "regions": [[each.x, each.y, each.w, each.h] for each in regions],
    }  # fmt: skip
    _, png = sandbox.ask(
        request, taken.data, MAX_BYTES, refusals=frozenset({"photo_region_outside"}),
        time_limit_s=_TIME_LIMIT_S,
    )  # fmt: skip
    stripped = strip(png)
    upright = (taken.w, taken.h) if taken.turn < 5 else (taken.h, taken.w)
    if (stripped.w, stripped.h) != upright or stripped.data != png:
        raise UserFixable("photo_check_crashed")
    signs = {*taken.warnings, "blacked_out"} | ({"lossy_before"} if taken.mime == JPEG else set())
    return replace(
        taken, data=png, mime=stripped.mime, w=stripped.w, h=stripped.h, turn=1,
        sha256=hashlib.sha256(png).hexdigest(), warnings=tuple(sorted(signs)),
    )  # fmt: skip
