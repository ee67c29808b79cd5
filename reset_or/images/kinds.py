"""What a photograph may be, said once: the limits, the kinds by their first bytes, the endings of names."""

from __future__ import annotations

import struct
from typing import Final

from reset_or.base.errors import UserFixable

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
HEIC: Final = "image/heic"
MAX_PIXELS: Final = 80_000_000
MAX_SIDE: Final = 32_767
MAX_BYTES: Final = 120 * 1024 * 1024
PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"

SUFFIXES: Final = {
    ".jpg": JPEG, ".jpeg": JPEG, ".jpe": JPEG, ".jfif": JPEG, ".png": PNG,
    ".heic": HEIC, ".heif": HEIC, ".hif": HEIC,
}  # fmt: skip
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"})  # ISO 23008-12
_REFUSED_KINDS: Final = (
    (b"GIF8", 0, "gif"),
    (b"WEBP", 8, "webp"),
    (b"ftyphevc", 4, "heif_sequence"),
    (b"ftypmsf", 4, "heif_sequence"),
    (b"ftypavi", 4, "avif"),
    (b"II*\0", 0, "tiff"),
    (b"MM\0*", 0, "tiff"),
    (b"II+\0", 0, "tiff"),
    (b"DICM", 128, "dicom"),
    (b"%PDF", 0, "pdf"),
    (b"\0\0\0\x0cjP  ", 0, "jpeg_2000"),
    (b"\xff\x4f\xff\x51", 0, "jpeg_2000"),
    (b"BM", 0, "bmp"),
)


def kind_of(untrusted_bytes: bytes) -> str:
    """`image/jpeg`, `image/png` or `image/heic` by the first bytes alone; never by the name.

    Raises UserFixable: photo_empty, photo_animated, photo_kind_refused(kind), photo_not_an_image.
    """
    if not untrusted_bytes:
        raise UserFixable("photo_empty")
    if untrusted_bytes.startswith(PNG_MAGIC):
        return PNG
    if untrusted_bytes.startswith(b"\xff\xd8\xff"):
        return JPEG
    if untrusted_bytes[4:8] == b"ftyp" and untrusted_bytes[8:12] in _HEIC_BRANDS:
        return HEIC
    for magic, place, name in _REFUSED_KINDS:
        if untrusted_bytes[place : place + len(magic)] == magic:
            if _moves(name, untrusted_bytes):
                raise UserFixable("photo_animated")
            raise UserFixable("photo_kind_refused", kind=name)
    raise UserFixable("photo_not_an_image")


def is_dicom(untrusted_bytes: bytes) -> bool:
    """By its mark behind the preamble; a preamble that is a JPEG or PNG makes it that instead."""
    return untrusted_bytes[128:132] == b"DICM" and not untrusted_bytes.startswith(
        (PNG_MAGIC, b"\xff\xd8\xff")
    )


def _moves(name: str, untrusted_bytes: bytes) -> bool:
    if name == "gif":
        return _gif_pictures(untrusted_bytes) > 1
    if name == "webp":
        return (
            untrusted_bytes[12:16] == b"VP8X"
            and bool(untrusted_bytes[20:21])
            and bool(untrusted_bytes[20] & 0x02)
        )
    return False


def _gif_pictures(untrusted_bytes: bytes) -> int:
    """How many pictures a GIF89a or GIF87a holds, as far as its blocks can be followed."""

    def table(place: int) -> int:
        flags = untrusted_bytes[place]
        return 3 << ((flags & 7) + 1) if flags & 0x80 else 0

    count = 0
    try:
        place = 13 + table(10)
        while untrusted_bytes[place] in (0x21, 0x2C):
            if untrusted_bytes[place] == 0x2C:
                count += 1
                place += 11 + table(place + 9)
            else:
                place += 2
            while untrusted_bytes[place]:
                place += untrusted_bytes[place] + 1
            place += 1
    except IndexError:
        return count
    return count


def check_size(width: int, height: int) -> None:
    """Refuses a picture by the size its header claims, before anything decodes it.

    Raises UserFixable: photo_damaged for an empty side, photo_too_many_pixels(megapixels, limit).
    """
    if width < 1 or height < 1:
        raise UserFixable("photo_damaged")
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        megapixels = round(width * height / 1_000_000)
        raise UserFixable("photo_too_many_pixels", megapixels=megapixels, limit=MAX_PIXELS // 1_000_000)


def u16(data: bytes, place: int) -> int:
    """A big-endian 16-bit number. Raises UserFixable("photo_truncated") when the bytes end before."""
    if place + 2 > len(data):
        raise UserFixable("photo_truncated")
    return int(struct.unpack_from(">H", data, place)[0])


def u32(data: bytes, place: int) -> int:
    """A big-endian 32-bit number. Raises UserFixable("photo_truncated") when the bytes end before."""
    if place + 4 > len(data):
        raise UserFixable("photo_truncated")
    return int(struct.unpack_from(">I", data, place)[0])
