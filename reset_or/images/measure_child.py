"""What the decoder child does for measuring: card, sharpness, rectified picture. Decodes at full size.

Loaded by decoder_child when it is asked for; the parent's side is `measuring`.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

# Threads of a linear algebra library would each reserve memory that the child's limit counts.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.base.errors import UserFixable
from reset_or.images.calibration import Calibration
from reset_or.images.card import from_card
from reset_or.images.decoder_child import Refused, load, open_picture, upright
from reset_or.images.rectify import rectified
from reset_or.images.ruler import from_ticks
from reset_or.images.sharpness import sharpness as sharpness_of
from reset_or.trial.limits import PhotoLimits

cv2.setNumThreads(2)


def grey_of(picture: bytes, request: dict[str, Any]) -> NDArray[np.uint8]:
    """The upright picture in grey; of a JPEG only the luminance is decoded."""
    image = open_picture(picture, request)
    image.draft("L", image.size)
    load(image)
    if image.mode != "L":
        image = upright(image, 1).convert("L")
    return turned(np.asarray(image), int(request["turn"]))


def turned(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    """Stored pixels as EXIF's `turn` (CIPA DC-008 4.6.4) wants them seen."""
    if turn in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if turn in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if turn in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def card(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A calibration by the card, as plain values."""
    limits = PhotoLimits(**request["limits"])
    grey = grey_of(picture, request)
    found = from_card(grey, limits, card=request["card"])
    return asdict(found), b""


def ticks(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A calibration by a ruler's ticks, and the ticks, as plain values."""
    region = request["region"]
    calibration, found = from_ticks(
        grey_of(picture, request), PhotoLimits(**request["limits"]), None if region is None else tuple(region)
    )
    return {"calibration": asdict(calibration), "ticks": None if found is None else asdict(found)}, b""


def sharpness(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The width of the sharper edges."""
    return asdict(sharpness_of(grey_of(picture, request))), b""


def rectify(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """RGB pixels on the plane."""
    said = request["calibration"]
    calibration = Calibration(
        said["method"], tuple(said["size"]), tuple(said["to_mm"]), k1=said["k1"], k2=said["k2"]
    )
    image = open_picture(picture, request)
    load(image)
    stored = np.asarray(image if image.mode == "RGB" else upright(image, 1))
    del image  # 80 megapixels are 240 MB each time they are held
    rgb = turned(stored, int(request["turn"]))
    del stored
    if (rgb.shape[1], rgb.shape[0]) != calibration.size:
        raise Refused("photo_damaged")
    try:
        made, scale, (x, y, turn_deg) = rectified(rgb, calibration, request["px_per_mm"])
    except UserFixable as refused:
        raise Refused(refused.code) from None
    h, w = made.shape[:2]
    return {"w": w, "h": h, "px_per_mm": scale, "x_mm": x, "y_mm": y, "turn_deg": turn_deg}, made.tobytes()
