"""JPEG and DICOM without a DICOM library: may this JPEG be a frame as it is, and which frame did we seal.

Reads only what `dicom_build` writes (explicit lengths, one fragment) and decodes nothing: safe anywhere.
"""

from __future__ import annotations

import struct
from typing import Final

from reset_or.base.errors import TrustBroken
from reset_or.images.kinds import JPEG, u16

DICOM: Final = "application/dicom"
JPEG_BASELINE: Final = b"1.2.840.10008.1.2.4.50"
PREAMBLE: Final = bytes(128) + b"DICM"

_SAMPLINGS: Final = (0x11, 0x21, 0x22)
"""Of Y, with both colours 1x1: 4:4:4, 4:2:2, 4:2:0. DICOM names all three YBR_FULL_422 (PS3.5 8.2.1)."""

_LONG: Final = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_ITEM: Final = b"\xfe\xff\x00\xe0"
_END_OF_ITEMS: Final = b"\xfe\xff\xdd\xe0" + bytes(4)
_PIXEL_DATA: Final = b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
_EOI: Final = b"\xff\xd9"


def encapsulable(jpeg: bytes) -> bool:
    """True where the coded bytes are legal under JPEG Baseline in a VL image, as they are.

    That is: baseline (SOF0), 8 bit, three components Y Cb Cr in 4:4:4, 4:2:2 or 4:2:0. Not: progressive
    and extended JPEG, colours coded as RGB, other samplings. Those stay image/jpeg when they are sealed.
    `jpeg` was stripped before, so its segments are sound; with anything behind its end it is refused.
    """
    if not jpeg.endswith(_EOI):
        return False
    place, adobe, jfif = 2, None, False
    while place + 4 <= len(jpeg) and jpeg[place] == 0xFF:
        marker, length = jpeg[place + 1], u16(jpeg, place + 2)
        body = jpeg[place + 4 : place + 2 + length]
        if marker == 0xE0:
            jfif = True
        elif marker == 0xEE and len(body) > 11:
            adobe = body[11]
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return marker == 0xC0 and _is_ycbcr(body, adobe, jfif)
        elif marker == 0xDA:
            break
        place += 2 + length
    return False


def _is_ycbcr(frame: bytes, adobe: int | None, jfif: bool) -> bool:
    components = [(frame[at], frame[at + 1]) for at in range(6, len(frame) - 1, 3)]
    if len(components) != 3 or len(frame) != 15 or frame[0] != 8:
        return False
    names = bytes(name for name, _ in components)
    # Decoders guess RGB from these where neither JFIF nor Adobe says (libjpeg, jdapimin.c).
    coded_as_rgb = adobe == 0 or (adobe is None and not jfif and names == b"RGB")
    samplings = [sampling for _, sampling in components]
    return not coded_as_rgb and samplings[0] in _SAMPLINGS and samplings[1:] == [0x11, 0x11]


def frame_of(dicom: bytes) -> bytes:
    """The JPEG inside a DICOM file that we sealed, byte for byte as it went in.

    Raises TrustBroken("blob_damaged") for anything that is not laid out as `dicom_build` writes it.
    """
    try:
        place = _pixel_data(dicom)
        table = struct.unpack_from("<4sI", dicom, place)
        place += 8 + table[1]
        item, length = struct.unpack_from("<4sI", dicom, place)
    except (struct.error, IndexError) as error:
        raise TrustBroken("blob_damaged") from error
    frame = dicom[place + 8 : place + 8 + length]
    if table[0] != _ITEM or item != _ITEM or dicom[place + 8 + length :] != _END_OF_ITEMS:
        raise TrustBroken("blob_damaged")
    if frame[-3:] == _EOI + b"\0":  # an odd JPEG was filled up to an even length
        frame = frame[:-1]
    if not frame.startswith(b"\xff\xd8\xff") or not frame.endswith(_EOI):
        raise TrustBroken("blob_damaged")
    return frame


def _pixel_data(dicom: bytes) -> int:
    """The place behind the head of the pixel data; every element before it has an explicit length."""
    if not dicom.startswith(PREAMBLE):
        raise TrustBroken("blob_damaged")
    place, syntax = len(PREAMBLE), b""
    while not dicom.startswith(_PIXEL_DATA, place):
        tag, kind = struct.unpack_from("<I2s", dicom, place)
        if kind in _LONG:
            length, place = struct.unpack_from("<I", dicom, place + 8)[0], place + 12
        else:
            length, place = struct.unpack_from("<H", dicom, place + 6)[0], place + 8
        if length == 0xFFFFFFFF or place + length > len(dicom):
            raise TrustBroken("blob_damaged")
        if tag == 0x00100002:
            syntax = dicom[place : place + length].rstrip(b"\0")
        place += length
    if syntax != JPEG_BASELINE:
        raise TrustBroken("blob_damaged")
    return place + len(_PIXEL_DATA)


def picture_of(plain: bytes, mime: str) -> tuple[bytes, str]:
    """The picture and its kind out of a sealed file of any age: from a DICOM file comes the JPEG."""
    return (frame_of(plain), JPEG) if mime == DICOM else (plain, mime)
