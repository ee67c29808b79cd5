"""What the decoder child does for specimen labels: reads the QR codes of a picture, as texts.

OpenCV and numpy only; what a text means is decided by the parent (labels.py).
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.images.measure_child import grey_of

_SIDES: Final = (1600, 2800, 900)
"""Longer sides of the copies that are looked at; a label in a photograph of a table is small."""

_MOST: Final = 8
_LONGEST: Final = 64


def labels(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Every QR code's text, each once, in no order that means anything."""
    grey = grey_of(picture, request)
    found: dict[str, None] = {}
    for side in _SIDES:
        share = min(1.0, side / max(grey.shape))
        small = (
            grey if share == 1 else cv2.resize(grey, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        )
        for text in _texts(np.asarray(small, np.uint8)):
            found.setdefault(text[:_LONGEST])
        if share == 1:
            break
    return {"labels": list(found)[:_MOST]}, b""


def _texts(grey: NDArray[np.uint8]) -> list[str]:
    detector = cv2.QRCodeDetector()
    try:
        several, texts, _corners, _codes = detector.detectAndDecodeMulti(grey)
        found = [text for text in texts if text] if several else []
        if found:
            return found
        text, _, _ = detector.detectAndDecode(grey)
    except cv2.error:  # a shape that only looked like a code
        return []
    return [text] if text else []
