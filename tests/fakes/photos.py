"""Small synthetic photographs, taken in by the real intake once and then varied."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

from PIL import Image, ImageDraw

from reset_or.images.intake import TakenPhoto, take_in
from reset_or.images.specimen_art import make_specimen


def small_photo(subject: str = "03-0001") -> TakenPhoto:
    jpeg, _truth = make_specimen(300, 200, 45, 27, 25, subject, captured_at=1_770_000_000_000, zone_min=480)
    return take_in(jpeg)


EVEN_STEP_PX = 25


def even_ruler() -> bytes:
    """A JPEG of a ruler whose ticks are all alike: it does not say what one step is."""
    picture = Image.new("RGB", (1600, 600), (210, 210, 210))
    pen = ImageDraw.Draw(picture)
    for k in range(60):
        x = 40 + EVEN_STEP_PX * k
        pen.line(((x, 300), (x, 340)), (30, 30, 30), 2)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95)
    return out.getvalue()


def another(taken: TakenPhoto, number: int) -> TakenPhoto:
    """A photograph that differs in its last bytes: the same one twice in a case is refused."""
    data = taken.data + number.to_bytes(4, "big")
    name = hashlib.sha256(data).hexdigest()
    return replace(taken, data=data, sha256=name, camera_sha256=name)
