"""Photographs with printed specimen labels in them: QR codes on white paper on a dark cloth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.fakes.specimen_camera import Camera, Laid


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


@dataclass(frozen=True)
class LabelThrow:
    """One label in one photograph. `size_mm` is the code with its white border, as it is printed."""

    size_mm: float = 36.0
    across_mm: float = 350.0
    tilt_deg: float = 0.0
    blur_px: float = 0.8
    noise: float = 3.0
    text: str = "RESET-OR 03-0147 A"
    seed: int = 1

    def module(self, width: int) -> float:
        """Pixels of one module in a picture so wide: a label's code is 25 across, with 4 of white around."""
        return self.size_mm / 33 / self.across_mm * width


def throws(count: int, width: int, seed: int = 0) -> Iterator[LabelThrow]:
    """Labels of 15 to 40 mm in pictures 200 to 500 mm across, to 25 degrees, blurred by up to 0.3 modules."""
    dice = np.random.default_rng(seed)
    for number in range(count):
        size, across = float(dice.uniform(15, 40)), float(dice.uniform(200, 500))
        module = LabelThrow(size, across).module(width)
        yield LabelThrow(
            size, across, float(dice.uniform(0, 25)), float(dice.uniform(0.05, 0.3)) * module,
            float(dice.uniform(1, 8)), seed=seed * 1000 + number,
        )  # fmt: skip


def cloth(width: int, height: int) -> NDArray[np.uint8]:
    """A grey table: folds, grain, and bright and dark things with straight edges."""
    dice = np.random.default_rng(7)
    folds = cv2.resize(
        dice.normal(0, 1, (24, 36)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    grain = dice.integers(-4, 5, (height, width), np.int8)
    table = np.clip(78 + 9 * folds + grain, 0, 255).astype(np.uint8)
    for _ in range(30):
        x, y, long = (int(value) for value in dice.integers(0, width, 3))
        cv2.rectangle(table, (x, y), (x + long // 8, y + long // 60 + 4), int(dice.integers(10, 240)), -1)
    return table


def on_table(table: NDArray[np.uint8], throw: LabelThrow) -> NDArray[np.uint8]:
    """A grey photograph of a table with a label laid on it somewhere, turned anyhow.

    The camera sees `across_mm` of the table along the picture's longer side, where it looks.
    """
    dice = np.random.default_rng(throw.seed)
    rows, columns = table.shape
    camera = Camera(columns, rows, tilt_deg=throw.tilt_deg, towards_deg=float(dice.uniform(0, 360)))
    camera = replace(camera, distance_mm=camera.focal_px * throw.across_mm / columns)
    reach = (throw.across_mm * 0.32, throw.across_mm * 0.32 * rows / columns)
    laid = Laid((float(dice.uniform(-1, 1)) * reach[0], float(dice.uniform(-1, 1)) * reach[1]),
                float(dice.uniform(0, 360)))  # fmt: skip
    sheet, half = _paper(throw.text), throw.size_mm / 2
    corners = [
        camera.sees(laid.place(place))
        for place in ((-half, -half), (half, -half), (half, half), (-half, half))
    ]
    return _blended(table, sheet, np.array(corners, np.float32), throw, dice)


def _paper(text: str, module_px: int = 24) -> NDArray[np.uint8]:
    """The code as the label sheet prints it: level Q, four modules of white around it."""
    said = cv2.QRCodeEncoder.Params()
    said.correction_level = cv2.QRCODE_ENCODER_CORRECT_LEVEL_Q
    code = np.asarray(cv2.QRCodeEncoder.create(said).encode(text), np.uint8)
    code = code[np.ix_(*(np.flatnonzero((code == 0).any(axis)) for axis in (1, 0)))]
    paper = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255)
    return cv2.resize(paper, None, fx=module_px, fy=module_px, interpolation=cv2.INTER_NEAREST)


def _blended(
    table: NDArray[np.uint8], sheet: NDArray[np.uint8], corners: NDArray[np.float32], throw: LabelThrow,
    dice: np.random.Generator,
) -> NDArray[np.uint8]:  # fmt: skip
    """The sheet seen at these corners, blurred and grained as the lens and the sensor do it."""
    rows, columns = table.shape
    margin = 8 + 4 * throw.blur_px
    low = np.maximum(np.floor(corners.min(0) - margin), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(0) + margin), (columns, rows)).astype(int)
    fine, side = 4, sheet.shape[0]
    source = np.array([(0, 0), (side, 0), (side, side), (0, side)], np.float32) - 0.5
    target = ((corners - low) * fine - 0.5).astype(np.float32)
    place = cv2.getPerspectiveTransform(source, target)
    size = tuple(int(v) for v in (high - low) * fine)
    inked = sheet.astype(np.float32) * 0.75 + 25
    ink = cv2.warpPerspective(inked, place, size, flags=cv2.INTER_LINEAR)
    there = cv2.warpPerspective(np.ones(sheet.shape, np.float32), place, size, flags=cv2.INTER_LINEAR)
    small = (size[0] // fine, size[1] // fine)
    ink, there = (cv2.resize(each, small, interpolation=cv2.INTER_AREA) for each in (ink, there))
    part = (slice(low[1], high[1]), slice(low[0], high[0]))
    seen = table[part].astype(np.float32)
    seen = seen * (1 - there) + ink
    if throw.blur_px:
        seen = cv2.GaussianBlur(seen, (0, 0), throw.blur_px)
    seen += dice.normal(0, throw.noise, seen.shape) if throw.noise else 0
    picture = table.copy()
    picture[part] = np.clip(seen + 0.5, 0, 255).astype(np.uint8)
    return picture
