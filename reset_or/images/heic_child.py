"""HEIC in the decoder child: decoded once, set upright, and written as PNG, which loses nothing of it.

Only with the extra `heic` installed: its wheel brings a GPL encoder along, so that whoever installs decides.
"""

from __future__ import annotations

import io
from typing import Any

from reset_or.images.decoder_child import Refused, labels_seen, read_exif


def to_png(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The primary picture as upright PNG, with the camera's clock; libheif turns it while decoding."""
    try:
        import pillow_heif
    except ImportError:
        raise Refused("photo_heic_not_installed") from None
    try:
        heif = pillow_heif.open_heif(io.BytesIO(picture), convert_hdr_to_8bit=True)
        w, h = heif.size
    except MemoryError:
        raise
    except Exception:
        raise Refused("photo_damaged") from None
    if w * h > int(request["max_pixels"]):
        raise Refused("photo_too_many_pixels")
    try:
        image = heif.to_pillow().convert("RGB")
    except MemoryError:
        raise
    except Exception:
        raise Refused("photo_damaged") from None
    block = heif.info.get("exif") or b""
    _turn, captured, offset_min = read_exif(block.removeprefix(b"Exif\0\0"))
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    return {
        "w": image.width,
        "h": image.height,
        "captured": captured,
        "offset_min": offset_min,
        "labels": labels_seen(image, 1, request),
    }, png.getvalue()
