"""Takes metadata out of a JPEG or PNG without touching one picture byte. Pure Python, decodes nothing.

Kept of a JPEG: tables, frames, scans, the 14 bytes of JFIF and the 12 bytes of Adobe that say how colours
are coded. Gone: APP1-APP13, APP15, comments, thumbnails and everything after the first end of image
(cameras append a second picture there). Of a PNG only chunks that decoding needs are kept.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reset_or.base.errors import UserFixable
from reset_or.images.kinds import JPEG, PNG, PNG_MAGIC, check_size, kind_of, u16, u32


@dataclass(frozen=True)
class Stripped:
    """A picture without metadata, and what stood beside it.

    `w`, `h` are pixels as coded, before any turn; `exif` is the TIFF block of the first EXIF segment
    (still untrusted_bytes) or b""; `had_profile` and `had_tail` say that a colour profile, or bytes after the
    end of the picture, were left behind.
    """

    data: bytes
    mime: str
    w: int
    h: int
    exif: bytes
    had_profile: bool
    had_tail: bool


def strip(untrusted_bytes: bytes) -> Stripped:
    """The same picture without metadata; its coded pixels stay bit for bit.

    Raises UserFixable: photo_empty, photo_not_an_image, photo_kind_refused, photo_truncated,
    photo_damaged, photo_too_many_pixels, photo_cmyk, photo_grey, photo_12_bit, photo_16_bit,
    photo_palette, photo_jpeg_variant, photo_animated.
    """
    return _strip_jpeg(untrusted_bytes) if kind_of(untrusted_bytes) == JPEG else _strip_png(untrusted_bytes)


# --- JPEG (ITU-T T.81 annex B) ---
_SOF_BASELINE_TO_PROGRESSIVE: Final = (0xC0, 0xC1, 0xC2)
_SOF_OTHER: Final = (0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF)
_SOS, _EOI, _COM, _APP0, _APP1, _APP2, _APP14 = 0xDA, 0xD9, 0xFE, 0xE0, 0xE1, 0xE2, 0xEE
_TABLES: Final = (0xC4, 0xDB, 0xDD)
_ALONE: Final = (0x01, *range(0xD0, 0xD8))
# In scan data FF 00 is a coded FF and FF D0-D7 are restarts; any other marker ends the scan.
_END_OF_SCAN: Final = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


@dataclass
class _JpegParts:
    kept: list[bytes]
    size: tuple[int, int] = (0, 0)
    exif: bytes = b""
    had_profile: bool = False


def _strip_jpeg(untrusted_bytes: bytes) -> Stripped:
    parts = _JpegParts([b"\xff\xd8"])
    scans, place = 0, 2
    while True:
        marker, place = _next_marker(untrusted_bytes, place)
        if marker == _EOI:
            break
        if marker in _ALONE:
            continue
        length = u16(untrusted_bytes, place)
        end = place + length
        if length < 2:
            raise UserFixable("photo_damaged")
        if end > len(untrusted_bytes):
            raise UserFixable("photo_truncated")
        _keep_segment(parts, marker, untrusted_bytes[place + 2 : end])
        place = end
        if marker == _SOS:
            scans += 1
            found = _END_OF_SCAN.search(untrusted_bytes, place)
            if found is None:
                raise UserFixable("photo_truncated")
            end = found.start()
            while end > place and untrusted_bytes[end - 1] == 0xFF:  # fill bytes belong to the marker
                end -= 1
            parts.kept.append(untrusted_bytes[place:end])
            place = end
    if parts.size == (0, 0) or not scans:
        raise UserFixable("photo_damaged")
    parts.kept.append(b"\xff\xd9")
    w, h = parts.size
    tail = place < len(untrusted_bytes)
    return Stripped(b"".join(parts.kept), JPEG, w, h, parts.exif, parts.had_profile, tail)


def _next_marker(data: bytes, place: int) -> tuple[int, int]:
    """The marker at `place` and the place behind it; any number of FF may stand before it."""
    if place >= len(data):
        raise UserFixable("photo_truncated")
    if data[place] != 0xFF:
        raise UserFixable("photo_damaged")
    while place < len(data) and data[place] == 0xFF:
        place += 1
    if place >= len(data):
        raise UserFixable("photo_truncated")
    if data[place] in (0x00, 0xD8):
        raise UserFixable("photo_damaged")
    return data[place], place + 1


def _keep_segment(parts: _JpegParts, marker: int, body: bytes) -> None:
    if marker in _SOF_BASELINE_TO_PROGRESSIVE:
        if parts.size != (0, 0):
            raise UserFixable("photo_damaged")
        parts.size = _frame_size(body)
    elif marker in _SOF_OTHER:
        raise UserFixable("photo_jpeg_variant")
    elif marker == _APP0:
        # A JFIF segment may end in a thumbnail, and JFXX is nothing but one.
        if not body.startswith(b"JFIF\0") or len(body) < 12 or len(parts.kept) > 1:
            return
        body = body[:12] + b"\0\0"
    elif marker == _APP14:
        if not body.startswith(b"Adobe") or len(body) < 12:
            return
        body = body[:12]
    elif marker not in (*_TABLES, _SOS):
        _note_metadata(parts, marker, body)
        return
    parts.kept.append(bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body)


def _note_metadata(parts: _JpegParts, marker: int, body: bytes) -> None:
    if marker == _APP1 and body.startswith(b"Exif\0\0") and not parts.exif:
        parts.exif = body[6:]
    if marker == _APP2 and body.startswith(b"ICC_PROFILE\0"):
        parts.had_profile = True
    elif marker < 0xE0 or marker > _COM:
        # DNL, hierarchical frames and reserved markers: no camera writes them, decoders disagree on them.
        raise UserFixable("photo_jpeg_variant")


def _frame_size(body: bytes) -> tuple[int, int]:
    if len(body) < 6:
        raise UserFixable("photo_damaged")
    bits, h, w, components = body[0], u16(body, 1), u16(body, 3), body[5]
    check_size(w, h)
    if bits != 8:
        raise UserFixable("photo_12_bit")
    if components == 4:
        raise UserFixable("photo_cmyk")
    if components == 1:
        raise UserFixable("photo_grey")
    if components != 3 or len(body) != 6 + 3 * components:
        raise UserFixable("photo_damaged")
    return w, h


# --- PNG (ISO/IEC 15948) ---
_PNG_KEPT: Final = (b"IHDR", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB")
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6


def _strip_png(untrusted_bytes: bytes) -> Stripped:
    kept, exif, profile, place = [PNG_MAGIC], b"", False, len(PNG_MAGIC)
    size, data_seen = (0, 0), False
    for kind, body, end in _chunks(untrusted_bytes):
        place = end
        if (kind == b"IHDR") != (size == (0, 0)):
            raise UserFixable("photo_damaged")
        if kind == b"IHDR":
            size = _header_size(body)
        elif kind in (b"acTL", b"fcTL", b"fdAT"):
            raise UserFixable("photo_animated")
        elif kind == b"eXIf" and not exif:
            exif = body
        elif kind == b"iCCP":
            profile = True
        elif kind not in _PNG_KEPT and not kind[0] & 0x20 and kind != b"PLTE":
            raise UserFixable("photo_damaged")  # a critical chunk that nobody knows
        data_seen = data_seen or kind == b"IDAT"
        if kind in _PNG_KEPT:
            kept.append(_chunk(kind, body))
    if not data_seen:
        raise UserFixable("photo_damaged")
    return Stripped(b"".join(kept), PNG, *size, exif, profile, place < len(untrusted_bytes))


def _chunks(untrusted_bytes: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """(kind, body, place behind it) of every chunk up to and with IEND, each with a sound checksum."""
    place = len(PNG_MAGIC)
    while True:
        length = u32(untrusted_bytes, place)
        kind, body = untrusted_bytes[place + 4 : place + 8], untrusted_bytes[place + 8 : place + 8 + length]
        if len(kind) < 4 or len(body) < length:
            raise UserFixable("photo_truncated")
        place += 8 + length
        if u32(untrusted_bytes, place) != zlib.crc32(body, zlib.crc32(kind)):
            raise UserFixable("photo_damaged")
        place += 4
        yield kind, body, place
        if kind == b"IEND":
            return


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")


def _header_size(body: bytes) -> tuple[int, int]:
    if len(body) != 13:
        raise UserFixable("photo_damaged")
    w, h, bits, colour = u32(body, 0), u32(body, 4), body[8], body[9]
    check_size(w, h)
    if bits == 16:
        raise UserFixable("photo_16_bit")
    if colour in (_GREY, _GREY_ALPHA):
        raise UserFixable("photo_grey")
    if colour == _PALETTE:
        raise UserFixable("photo_palette")
    if colour not in (_RGB, _RGB_ALPHA) or bits != 8:
        raise UserFixable("photo_damaged")
    return w, h
