"""Inside the decoder child: where text may stand in a picture, and blacking regions out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from reset_or.images.decoder_child import Refused, load, open_picture, upright
from reset_or.images.kinds import JPEG, MAX_PIXELS, PNG, kind_of
from reset_or.images.strip import strip

if TYPE_CHECKING:
    from PIL import Image

_LOOKED_AT: Final = (1600, 500)
"""Longer sides in pixels in which text is sought: small letters in the first, large ones in the second."""

_MOST: Final = 200
_LOWEST, _HIGHEST = 7, 160
_GROWN: Final = 4
_SHARP: Final = 60
_Box = tuple[int, int, int, int]


def proposals(picture: bytes, turn: int = 1) -> list[_Box]:
    """`regions_in` a JPEG or PNG set upright."""
    image = open_picture(picture, {"mime": kind_of(picture), "max_pixels": MAX_PIXELS})
    load(image)
    return regions_in(upright(image, turn))


def regions_in(image: Image.Image) -> list[_Box]:
    """(x, y, w, h) in pixels of an RGB picture wherever strokes stand in a row as text does.

    Cheap and generous: edges and rulers are proposed too. An empty answer is no proof that nothing is there.
    """
    w, h = image.size
    found = []
    for side in _LOOKED_AT:
        scale = min(1.0, side / max(w, h))
        seen = image if scale == 1 else image.resize((max(1, round(w * scale)), max(1, round(h * scale))))
        found += [_full_size(box, scale, w, h) for box in _rows_of_strokes(seen)]
    return [(x, y, right - x, bottom - y) for x, y, right, bottom in _merged(found)[:_MOST]]


def _rows_of_strokes(image: Image.Image) -> list[_Box]:
    import cv2
    import numpy as np

    # Strokes differ from what is right beside them in at least one colour, whatever the ground.
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    strokes = cv2.morphologyEx(np.asarray(image), cv2.MORPH_GRADIENT, kernel).max(axis=2)
    sharp = (strokes > _SHARP).astype(np.uint8) * 255
    joined = cv2.morphologyEx(sharp, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_RECT, (13, 3)))
    outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        x, y, wide, high = cv2.boundingRect(outline)
        if _like_text(sharp[y : y + high, x : x + wide], wide, high):
            found.append((x - _GROWN, y - _GROWN, x + wide + _GROWN, y + high + _GROWN))
    return found


def _like_text(sharp: Any, wide: int, high: int) -> bool:
    """As high as letters, broken into strokes: many changes between ink and ground along the middle rows."""
    if not _LOWEST <= high <= _HIGHEST or wide < 0.9 * high:
        return False
    filled = float((sharp > 0).mean())
    changes = float(((sharp[:, 1:] > 0) != (sharp[:, :-1] > 0)).sum(axis=1).max())
    return 0.2 <= filled <= 0.97 and changes >= max(4.0, 0.8 * wide / high)


def _merged(boxes: list[_Box]) -> list[_Box]:
    """Boxes that touch become one."""
    done: list[_Box] = []
    for new in sorted(boxes, key=lambda each: (each[1], each[0])):
        box, rest = new, []
        for old in done:
            apart = old[2] < box[0] or box[2] < old[0] or old[3] < box[1] or box[3] < old[1]
            if apart:
                rest.append(old)
            else:
                box = (min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3]))
        done = [*rest, box]
    return done


def _full_size(box: _Box, scale: float, w: int, h: int) -> _Box:
    left, top = max(0, int(box[0] / scale)), max(0, int(box[1] / scale))
    return left, top, min(w, int(box[2] / scale) + 1), min(h, int(box[3] / scale) + 1)


def find(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The task `text_regions`: {regions: [[x, y, w, h], ...]}."""
    return {"regions": proposals(picture, int(request["turn"]))}, b""


def black_out(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The task `black_out`: the upright picture as PNG, the regions black, every other pixel as decoded."""
    image = open_picture(picture, request)
    load(image)
    image = upright(image, int(request["turn"]))
    for x, y, w, h in request["regions"]:
        box = (max(0, x), max(0, y), min(image.width, x + w), min(image.height, y + h))
        if box[0] >= box[2] or box[1] >= box[3]:
            raise Refused("photo_region_outside")
        image.paste((0, 0, 0), box)
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=4)
    assert request["mime"] in (JPEG, PNG)
    return {"w": image.width, "h": image.height}, strip(stream.getvalue()).data
