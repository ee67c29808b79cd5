"""Pixels of the whole picture: bit for bit, and each held once on both sides of the pipe."""

from __future__ import annotations

import io
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from reset_or.base.errors import UserFixable
from reset_or.images import sandbox
from reset_or.images.decoder_child import Packed, upright
from tests.reset_or.images import specimens as make


def _file(mode: str, kind: str, turn: int) -> bytes:
    dice = np.random.default_rng(5)
    noise = dice.integers(0, 256, (61, 83, len(mode)), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = turn
    stream = io.BytesIO()
    Image.fromarray(noise, mode).save(stream, kind, exif=exif)
    return stream.getvalue()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize(("mode", "kind"), [("RGB", "JPEG"), ("RGBA", "PNG")])
def test_both_layouts_are_the_decoded_picture_upright(mode: str, kind: str, turn: int) -> None:
    picture, mime = _file(mode, kind, turn), f"image/{kind.lower()}"
    rooms: dict[tuple[int, int], bytearray] = {}

    def room(w: int, h: int) -> memoryview:
        assert not rooms, "asked once"
        return memoryview(rooms.setdefault((w, h), bytearray(w * h * 4)))

    sandbox.pixels_into(picture, mime, turn, room)
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(picture)))
    if mode == "RGBA":
        wanted = Image.alpha_composite(Image.new("RGBA", wanted.size, "white"), wanted)
    wanted = wanted.convert("RGB")
    [(size, bgra)] = rooms.items()
    seen = np.frombuffer(bgra, np.uint8).reshape(size[1], size[0], 4)
    assert np.array_equal(seen[..., 2::-1], np.asarray(wanted))
    assert (seen[..., 3] == 255).all()
    assert sandbox.pixels(picture, mime, turn).rgb == wanted.tobytes()


def test_pixels_stand_in_the_memory_they_are_for_and_nowhere_else() -> None:
    w, h = 4000, 3000
    stream = io.BytesIO()
    Image.new("RGB", (w, h), (90, 40, 30)).save(stream, "JPEG")
    picture, bgra = stream.getvalue(), bytearray(w * h * 4)
    tracemalloc.start()
    try:
        sandbox.pixels_into(picture, "image/jpeg", 1, lambda _w, _h: memoryview(bgra))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20, "48 MB of pixels came over"
    assert bgra[-4:] == bgra[:4] != bytes(4)


def test_the_child_sends_a_band_at_a_time_and_copies_no_upright_picture() -> None:
    image = Image.new("RGB", (3000, 2000), (1, 2, 3))
    assert upright(image, 1) is image
    for layout, pixel in (("RGB", bytes((1, 2, 3))), ("BGRA", bytes((3, 2, 1, 255)))):
        packed = Packed(image, layout)
        bands = list(packed)
        assert max(map(len, bands)) <= 1 << 19
        assert b"".join(bands) == pixel * (3000 * 2000)
        assert len(packed) == sum(map(len, bands))


@pytest.mark.parametrize(
    ("head", "sent", "asked"),
    [
        ('{"w": 10, "h": 10}', 399, False),
        ('{"w": 10, "h": 11}', 400, False),
        ('{"w": 0, "h": 10}', 0, False),
        ('{"w": 1e9, "h": 1}', 400, False),
        ('{"w": 10}', 400, False),
        ('{"w": 10, "h": 10}', -400, True),
    ],
)
def test_room_is_made_only_for_an_answer_that_is_sound(
    head: str, sent: int, asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A negative length: so much is said, and one byte less is sent."""
    script = tmp_path / "child.py"
    body = abs(sent) - (sent < 0)
    script.write_text(
        "import struct, sys\nsys.stdin.buffer.read()\n"
        f"head = {head.encode()!r}\n"
        f"sys.stdout.buffer.write(struct.pack('>I', len(head)) + head + struct.pack('>Q', {abs(sent)}))\n"
        f"sys.stdout.buffer.write(bytes({body}))\n"
    )
    monkeypatch.setattr(sandbox, "child_command", lambda: [sys.executable, str(script)])
    rooms = []

    def room(w: int, h: int) -> memoryview:
        rooms.append((w, h))
        return memoryview(bytearray(w * h * 4))

    with pytest.raises(UserFixable, match="photo_check_crashed"):
        sandbox.pixels_into(make.jpeg(), "image/jpeg", 1, room)
    assert bool(rooms) == asked
