"""Inside the decoder child: one still out of an untrusted DICOM file. Reads a short list of elements."""

from __future__ import annotations

import hashlib
import io
import re
import struct
from typing import TYPE_CHECKING, Any, Final

from reset_or.base.errors import UserFixable
from reset_or.images.decoder_child import Refused, labels_seen, load, open_picture
from reset_or.images.kinds import JPEG, check_size
from reset_or.images.strip import strip

if TYPE_CHECKING:
    from PIL.Image import Image
    from pydicom.dataset import Dataset

_IMPLICIT, _EXPLICIT, _BIG, _DEFLATED = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99",
)  # fmt: skip
_BASELINE: Final = "1.2.840.10008.1.2.4.50"
_JPEG_2000: Final = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
_RLE: Final = "1.2.840.10008.1.2.5"
_READ: Final = (_IMPLICIT, _EXPLICIT, _BIG, _BASELINE, *_JPEG_2000, _RLE)

# VL endoscopic, microscopic, slide microscopic, photographic; secondary capture; ultrasound, one frame and
# many; endoscopic video; secondary capture true colour of many. Many frames are refused by their number.
_CLASSES: Final = frozenset(
    "1.2.840.10008.5.1.4.1.1." + end
    for end in ("77.1.1", "77.1.2", "77.1.3", "77.1.4", "7", "6.1", "3.1", "77.1.1.1", "7.4")
)
_ELEMENTS: Final = (
    "SOPClassUID", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames",
    "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData",
    "LossyImageCompression", "AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "ContentDate",
    "ContentTime", "TimezoneOffsetFromUTC", "StudyInstanceUID",
)  # fmt: skip
_OF_PICTURES: Final = frozenset(
    {
        "photo_truncated", "photo_damaged", "photo_too_many_pixels", "photo_cmyk", "photo_grey",
        "photo_12_bit", "photo_16_bit", "photo_palette", "photo_jpeg_variant", "photo_animated",
    }
)  # fmt: skip
_CODED_AS_RGB: Final = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"


def still(untrusted: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """({captured, offset_min, lossy, text_likely, labels, exam}, stripped JPEG or PNG)."""
    import warnings

    warnings.simplefilter("ignore")  # what pydicom finds odd is judged here, or it does not matter
    syntax = syntax_of(untrusted)
    try:
        said = _dataset(untrusted)
        picture, image = _picture(said, syntax, request)
        answer = {
            **_moment(said), "lossy": _lossy(said, syntax), "text_likely": _text_likely(image),
            "exam": _exam(said), "labels": labels_seen(image, 1, request),
        }  # fmt: skip
    except (Refused, MemoryError):
        raise
    except UserFixable as error:  # a frame that is no picture at all is a damaged one
        raise Refused(error.code if error.code in _OF_PICTURES else "photo_damaged") from None
    except RecursionError:
        raise Refused("dicom_nested") from None
    except EOFError:
        raise Refused("photo_truncated") from None
    except Exception:
        raise Refused("dicom_damaged") from None
    return answer, picture


def syntax_of(untrusted: bytes) -> str:
    """The transfer syntax, read before any library sees the file: a deflated bomb must not be opened.

    Refuses deflated and unknown syntaxes, and meta information that does not end where it says.
    """
    place, end, syntax = 132, 0, ""
    if untrusted[128:132] != b"DICM":
        raise Refused("dicom_damaged")
    try:
        while untrusted[place : place + 2] == b"\x02\x00":
            element, kind = struct.unpack_from("<2xH2s", untrusted, place)
            long = kind in (b"OB", b"UN", b"UT", b"OW", b"SQ", b"UC", b"UR")
            length = struct.unpack_from("<I" if long else "<H", untrusted, place + (8 if long else 6))[0]
            value = place + (12 if long else 8)
            if value + length > len(untrusted):
                raise Refused("photo_truncated")
            if element == 0x0000:
                end = value + length + struct.unpack_from("<I", untrusted, value)[0]
            elif element == 0x0010:
                syntax = untrusted[value : value + length].rstrip(b"\0 ").decode("ascii", "replace")
            place = value + length
    except struct.error:
        raise Refused("photo_truncated") from None
    if end != place:
        raise Refused("dicom_damaged")
    if syntax not in _READ:
        raise Refused("dicom_deflated" if syntax == _DEFLATED else "dicom_coding_refused")
    return syntax


def _dataset(untrusted: bytes) -> Dataset:
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    try:
        said = dcmread(io.BytesIO(untrusted), specific_tags=list(_ELEMENTS))
    except InvalidDicomError:
        raise Refused("dicom_damaged") from None
    if str(said.get("SOPClassUID", "")) not in _CLASSES:
        raise Refused("dicom_class_refused")
    if int(said.get("NumberOfFrames") or 1) != 1:
        raise Refused("dicom_multi_frame")
    if "PixelData" not in said:
        raise Refused("dicom_no_picture")
    check_size(int(said.Columns), int(said.Rows))
    _check_colours(said)
    return said


def _check_colours(said: Dataset) -> None:
    coding = str(said.get("PhotometricInterpretation", "")).strip()
    if coding == "PALETTE COLOR":
        raise Refused("photo_palette")
    if int(said.SamplesPerPixel) == 1:
        raise Refused("photo_grey")
    if int(said.BitsAllocated) != 8 or int(said.BitsStored) != 8:
        raise Refused("photo_16_bit" if int(said.BitsAllocated) > 8 else "dicom_damaged")
    if int(said.SamplesPerPixel) == 4:
        raise Refused("photo_cmyk")
    if int(said.SamplesPerPixel) != 3 or coding not in (
        "RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_RCT", "YBR_ICT",
    ):  # fmt: skip
        raise Refused("photo_colour_kind")


def _picture(said: Dataset, syntax: str, request: dict[str, Any]) -> tuple[bytes, Image]:
    """The JPEG as it was coded, without what stood beside it; anything else as PNG of its pixels. And those
    pixels."""
    import PIL.Image

    image: Image
    size = (int(said.Columns), int(said.Rows))
    if syntax == _BASELINE:
        return _jpeg(_only_frame(said), size, str(said.PhotometricInterpretation), request)
    if syntax in _JPEG_2000:
        image = PIL.Image.open(io.BytesIO(_only_frame(said)), formats=["JPEG2000"])
        check_size(*image.size)
    else:
        if syntax != _RLE and len(said.PixelData) < size[0] * size[1] * _bytes_each(said):
            raise Refused("photo_truncated")
        image = PIL.Image.fromarray(said.pixel_array)
    _load(image, size)
    return _png(image), image


def _load(image: Image, size: tuple[int, int]) -> None:
    """Decodes it, if it is as large and as coloured as its elements say."""
    if image.size != size:
        raise Refused("dicom_damaged")
    load(image)
    if image.mode != "RGB":
        raise Refused("photo_colour_kind")


def _bytes_each(said: Dataset) -> int:
    return 2 if "_422" in str(said.PhotometricInterpretation) else 3


def _only_frame(said: Dataset) -> bytes:
    from pydicom.encaps import generate_frames

    frames = list(generate_frames(said.PixelData, number_of_frames=1))
    if len(frames) != 1:
        raise Refused("dicom_multi_frame")
    return frames[0]


def _jpeg(frame: bytes, size: tuple[int, int], coding: str, request: dict[str, Any]) -> tuple[bytes, Image]:
    stripped = strip(frame)
    as_rgb = coding == "RGB" and b"Adobe\0" not in stripped.data[:64]
    # A frame coded as RGB says so in DICOM only; a decoder of JPEG has to be told the same.
    told = stripped.data[:2] + _CODED_AS_RGB + stripped.data[2:] if as_rgb else stripped.data
    image = open_picture(told, {**request, "mime": JPEG})
    _load(image, size)
    return _png(image) if as_rgb else stripped.data, image


def _png(image: Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=4)
    return strip(stream.getvalue()).data


def _exam(said: Dataset) -> str:
    """The sender's study under a hash, so that stills of one examination stay together; "" for none named."""
    try:
        uid = str(said.get("StudyInstanceUID", "") or "").strip()
    except Exception:  # written by nobody's rules; the picture is no worse for it
        return ""
    return hashlib.sha256(uid.encode("utf-8", "replace")).hexdigest() if uid else ""


def _lossy(said: Dataset, syntax: str) -> bool:
    return str(said.get("LossyImageCompression", "")) == "01" or syntax in (_BASELINE, _JPEG_2000[1])


def _text_likely(image: Image) -> bool:
    """True where text may be burned in; also where the search itself failed: never guessed to be clean."""
    from reset_or.images.burned_text_child import regions_in

    try:
        return bool(regions_in(image))
    except Exception:
        return True


_MOMENT: Final = re.compile(r"(\d{8})(\d{6})(?:\.\d*)?([+-]\d{4})?")


def _moment(said: Dataset) -> dict[str, Any]:
    """The wall clock of capture as ISO text and the minutes ahead of UTC; what is odd reads as absent."""
    zone = str(said.get("TimezoneOffsetFromUTC", "") or "").strip()
    for text in (
        str(said.get("AcquisitionDateTime", "") or ""),
        f"{said.get('AcquisitionDate', '')}{said.get('AcquisitionTime', '')}",
        f"{said.get('ContentDate', '')}{said.get('ContentTime', '')}",
    ):
        found = _MOMENT.fullmatch(text.strip())
        if found is not None:
            day, clock, own = found.groups()
            iso = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
            return {"captured": iso, "offset_min": _minutes(own or zone)}
    return {"captured": None, "offset_min": None}


def _minutes(zone: str) -> int | None:
    if not re.fullmatch(r"[+-]\d{4}", zone):
        return None
    minutes = int(zone[1:3]) * 60 + int(zone[3:])
    return -minutes if zone[0] == "-" else minutes
