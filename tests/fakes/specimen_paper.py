"""Paper for the synthetic table: the calibration card, and rulers of several looks."""

from __future__ import annotations

import math

import cv2
import numpy as np

from reset_or.images.card_spec import load_card
from tests.fakes.specimen_camera import Array

Tint = tuple[float, float, float]


def _cover(size: int, per_mm: float, begin: float, end: float, origin: float) -> Array:
    """How much of each pixel of a row lies between two places, in mm: exact edges."""
    left = np.arange(size, dtype=np.float64) / per_mm + origin
    share = np.minimum(left + 1 / per_mm, end) - np.maximum(left, begin)
    return np.clip(share * per_mm, 0, 1).astype(np.float32)


class Sheet:
    """A flat thing's own texture: grey and opacity, with exactly drawn rectangles."""

    def __init__(self, box: tuple[float, float, float, float], per_mm: float, paper: float) -> None:
        self.box, self.per_mm = box, per_mm
        size = (math.ceil((box[3] - box[1]) * per_mm), math.ceil((box[2] - box[0]) * per_mm))
        self.grey = np.full(size, paper, np.float32)
        self.opaque = np.zeros(size, np.float32)

    def _share(self, x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice, Array]:
        rows, columns = self.grey.shape
        left = max(0, int((x0 - self.box[0]) * self.per_mm) - 1)
        right = min(columns, int((x1 - self.box[0]) * self.per_mm) + 2)
        top = max(0, int((y0 - self.box[1]) * self.per_mm) - 1)
        bottom = min(rows, int((y1 - self.box[1]) * self.per_mm) + 2)
        across = _cover(right - left, self.per_mm, x0, x1, self.box[0] + left / self.per_mm)
        down = _cover(bottom - top, self.per_mm, y0, y1, self.box[1] + top / self.per_mm)
        return slice(top, bottom), slice(left, right), down[:, None] * across[None, :]

    def fill(self, x0: float, y0: float, x1: float, y1: float, grey: float) -> None:
        rows, columns, share = self._share(x0, y0, x1, y1)
        self.grey[rows, columns] += share * (grey - self.grey[rows, columns])

    def cut(self, x0: float, y0: float, x1: float, y1: float) -> None:
        rows, columns, share = self._share(x0, y0, x1, y1)
        self.opaque[rows, columns] = np.maximum(self.opaque[rows, columns], share)

    def text(self, said: str, x: float, y: float, high_mm: float, grey: float) -> None:
        scale = high_mm * self.per_mm / 22
        left, base = round((x - self.box[0]) * self.per_mm), round((y - self.box[1]) * self.per_mm)
        high = math.ceil(high_mm * self.per_mm) + 8
        patch = self.grey[max(0, base - 2 * high) : base + high, max(0, left) : left + high * (1 + len(said))]
        inked = np.zeros(patch.shape, np.uint8)
        place = (left - max(0, left), base - max(0, base - 2 * high))
        thick = max(1, round(scale * 2))
        cv2.putText(inked, said, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
        patch += (inked.astype(np.float32) / 255) * (grey - patch)


def card_sheet(px: float, cut: bool) -> Sheet:
    """The card, cut out as an L or with the whole page around it."""
    card = load_card()
    per_mm = min(24.0, 1.6 * px)
    ox, oy = card.page_origin_mm
    sheet = Sheet((-ox, -oy, card.page_mm[0] - ox, card.page_mm[1] - oy), per_mm, 0.82)
    if cut:
        sheet.cut(0, 0, 40, 196)
        sheet.cut(0, 156, 283, 196)
    else:
        sheet.cut(*sheet.box)
    for marker in card.markers:
        (x0, y0), _, (x1, y1), _ = marker.corners_mm
        sheet.fill(x0, y0, x1, y1, 0.03)
        module = marker.module_mm
        for row, bits in enumerate(marker.bits, 1):
            for column, bit in enumerate(bits, 1):
                if bit == "1":
                    left, top = x0 + column * module, y0 + row * module
                    sheet.fill(left, top, left + module, top + module, 0.82)
    ticks = card.ticks
    for ruler in card.rulers:
        for mm in range(ruler.length_mm + 1):
            deep = ticks.ten_mm if mm % 10 == 0 else ticks.five_mm if mm % 5 == 0 else ticks.one_mm
            a = (ruler.from_mm[0] + ruler.along[0] * mm, ruler.from_mm[1] + ruler.along[1] * mm)
            b = (a[0] + ruler.into[0] * deep, a[1] + ruler.into[1] * deep)
            half = ticks.width_mm / 2
            wide = (half * abs(ruler.along[0]), half * abs(ruler.along[1]))
            sheet.fill(min(a[0], b[0]) - wide[0], min(a[1], b[1]) - wide[1],
                       max(a[0], b[0]) + wide[0], max(a[1], b[1]) + wide[1], 0.03)  # fmt: skip
    return sheet


LOOKS = ("paper", "steel", "yellow", "black", "inch", "half")


def ruler_sheet(px: float, look: str, long: int) -> tuple[Sheet, Tint]:
    """Ticks begin on the line y = 0 of the ruler's own coordinates and point to positive y."""
    paper, ink, tint = {
        "paper": (0.80, 0.02, (1.0, 1.0, 0.93)),
        "steel": (0.38, 0.05, (0.97, 1.0, 1.03)),
        "yellow": (0.75, 0.02, (1.0, 0.82, 0.12)),
        "black": (0.03, 0.75, (1.0, 1.0, 1.0)),
        "inch": (0.70, 0.04, (1.0, 0.98, 0.9)),
        "half": (0.60, 0.03, (1.0, 1.0, 1.0)),
    }[look]
    wide = {"steel": 25.0, "yellow": 15.0, "half": 20.0}.get(look, 28.0)
    edge = 0.0 if look != "black" else -1.5
    sheet = Sheet((-8, edge - 1, long + 8, wide + 1), min(24.0, 1.6 * px), paper)
    sheet.cut(-6, edge, long + 6, wide)
    thick = {"steel": 0.15, "half": 0.14, "yellow": 0.3}.get(look, 0.22)
    steps = range(2 * long + 1) if look == "half" else range(0, 2 * long + 1, 2)
    for half in steps:
        mm = half / 2
        deep = 9.0 if mm % 10 == 0 else 6.4 if mm % 5 == 0 else 4.2 if half % 2 == 0 else 2.6
        sheet.fill(mm - thick / 2, 0, mm + thick / 2, deep * wide / 28, ink)
        if mm % 10 == 0:
            sheet.text(str(int(mm) // 10), mm - 1.2, 0.52 * wide, 0.12 * wide, ink)
    if look == "inch":
        for sixteenth in range(int(long / 25.4 * 16) + 1):
            x = sixteenth * 25.4 / 16
            deep = 8.0 if sixteenth % 16 == 0 else 5.0 if sixteenth % 4 == 0 else 3.0
            sheet.fill(x - 0.12, wide - deep, x + 0.12, wide, ink)
    return sheet, tint
