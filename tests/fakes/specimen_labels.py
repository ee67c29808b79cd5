"""Photographs with printed specimen labels in them: QR codes on white paper on a dark cloth."""

from __future__ import annotations

import cv2
import numpy as np


def photographed(*texts: str, turned_deg: float = 0.0, module_px: int = 8) -> bytes:
    """A JPEG of 2400 x 1600 px with one label for each text, side by side."""
    picture = np.full((1600, 2400, 3), (92, 88, 32), np.uint8)
    for number, text in enumerate(texts):
        code = cv2.QRCodeEncoder.create().encode(text)
        paper = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
        paper = cv2.resize(paper, None, fx=module_px, fy=module_px, interpolation=cv2.INTER_NEAREST)
        side = paper.shape[0]
        top, left = 300, 300 + number * 900
        picture[top : top + side, left : left + side] = paper[:, :, None]
    turn = cv2.getRotationMatrix2D((1200, 800), turned_deg, 1.0)
    picture = cv2.warpAffine(picture, turn, (2400, 1600), borderValue=(92, 88, 32))
    return bytes(cv2.imencode(".jpg", cv2.GaussianBlur(picture, (0, 0), 0.8))[1].tobytes())
