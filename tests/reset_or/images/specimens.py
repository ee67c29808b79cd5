"""Small pictures of every kind the tests need, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image


def colourful(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    red = Image.linear_gradient("L").resize(size)
    blue = Image.radial_gradient("L").resize(size)
    return Image.merge("RGB", (red, blue, red.transpose(Image.Transpose.ROTATE_180))).convert(mode)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def jpeg(size: tuple[int, int] = (96, 64), **options: object) -> bytes:
    return saved(colourful(size), "JPEG", **options)


def png(size: tuple[int, int] = (96, 64), **options: object) -> bytes:
    return saved(colourful(size), "PNG", **options)


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(w: int, h: int, bits: int = 8, colour: int = 2, body: bytes = b"") -> bytes:
    """A PNG whose header claims a size that its data need not hold."""
    header = struct.pack(">IIBBBBB", w, h, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(body)) + png_chunk(b"IEND", b"")
    )  # fmt: skip


def jpeg_claiming(w: int, h: int, bits: int = 8, components: int = 3, frame: int = 0xC0) -> bytes:
    """A sound JPEG whose frame header was overwritten."""
    data = jpeg()
    place = data.index(b"\xff\xc0")
    body = struct.pack(">BHHB", bits, h, w, components) + b"".join(
        bytes((k + 1, 0x11, 0)) for k in range(components)
    )
    old = struct.unpack_from(">H", data, place + 2)[0]
    return (
        data[:place]
        + bytes((0xFF, frame))
        + struct.pack(">H", len(body) + 2)
        + body
        + data[place + 2 + old :]
    )


def exif_of(**values: object) -> Image.Exif:
    exif = Image.Exif()
    if "turn" in values:
        exif[0x0112] = values["turn"]
    part = exif.get_ifd(0x8769)
    if "taken" in values:
        part[0x9003] = values["taken"]
    if "zone" in values:
        part[0x9011] = values["zone"]
    return exif
