"""Photographs of a specimen that never was, through a pinhole camera with a lens: truth for measuring.

A table (plane), on it a bowel along a curved axis, a calibration card and a ruler, each where `Scene` says;
a camera that looks at it aslant, with focal length, principal point and radial distortion; light, shadow,
blood, blur, noise, JPEG, EXIF turn, a messenger's reduction. Lengths on the bowel are true by construction:
its axis is a circle's arc in the plane (or `surface_mm` above it).

Own model on purpose: it shares no code with reset_or/images (OpenCV's convention for the lens, rays instead
of homographies), only the card's data.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reset_or.images.card_spec import load_card

Array = NDArray[np.float32]
Point = tuple[float, float]

_CELL = 8
"""Rays are computed for every cell of 8 pixels and interpolated: off by less than 0.002 mm."""


@dataclass(frozen=True)
class Camera:
    """Looks at `aim` (mm on the plane) from `distance_mm`, tilted by `tilt_deg` about an axis in the plane.

    k1, k2 as in OpenCV (radius in focal lengths); `focal` in half diagonals; `centre` is the principal
    point's offset in parts of the width and height.
    """

    width: int = 3000
    height: int = 2000
    focal: float = 1.25
    tilt_deg: float = 0.0
    towards_deg: float = 0.0
    roll_deg: float = 0.0
    distance_mm: float = 500.0
    aim: Point = (0.0, 0.0)
    k1: float = 0.0
    k2: float = 0.0
    centre: Point = (0.0, 0.0)

    @property
    def focal_px(self) -> float:
        return self.focal * math.hypot(self.width, self.height) / 2

    def rotation(self) -> NDArray[np.float64]:
        tilt, towards, roll = (math.radians(v) for v in (self.tilt_deg, self.towards_deg, self.roll_deg))
        aslant, _ = cv2.Rodrigues(np.array([math.cos(towards), math.sin(towards), 0.0]) * tilt)
        turned, _ = cv2.Rodrigues(np.array([0.0, 0.0, roll]))
        return turned @ aslant

    def middle(self) -> Point:
        return self.width * (0.5 + self.centre[0]), self.height * (0.5 + self.centre[1])

    def sees(self, place_mm: Point, above_mm: float = 0.0) -> Point:
        """Where a place of the table (or above it) is drawn, in pixels; (0, 0) the picture's corner."""
        there = np.array([place_mm[0] - self.aim[0], place_mm[1] - self.aim[1], -above_mm])
        x, y, z = self.rotation() @ there + np.array([0, 0, self.distance_mm])
        x, y = x / z, y / z
        square = x * x + y * y
        grown = self.focal_px * (1 + self.k1 * square + self.k2 * square * square)
        cx, cy = self.middle()
        return float(cx + grown * x), float(cy + grown * y)

    def lands(self, above_mm: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where rays meet the plane `above_mm` over the table, in mm: one for each cell of `_CELL` pixels,
        and one cell more on every side. The lens is taken out by a table over the radius.
        """
        cx, cy = self.middle()
        columns, rows = -(-self.width // _CELL) + 2, -(-self.height // _CELL) + 2
        xs = ((np.arange(columns) - 0.5) * _CELL - cx) / self.focal_px
        ys = ((np.arange(rows) - 0.5) * _CELL - cy) / self.focal_px
        seen = np.hypot(xs[None, :], ys[:, None])
        ideal = np.linspace(0, float(seen.max()) * 1.6, 100_000)
        drawn = ideal * (1 + self.k1 * ideal**2 + self.k2 * ideal**4)
        upto = int(np.argmax(drawn)) + 1
        taken_out = np.interp(seen, drawn[:upto], ideal[:upto])
        grown = np.where(seen > 1e-9, taken_out / np.maximum(seen, 1e-9), 1.0)
        x, y = xs[None, :] * grown, ys[:, None] * grown
        back = self.rotation().T
        start = back @ np.array([0, 0, -self.distance_mm])
        far = (-above_mm - start[2]) / (back[2, 0] * x + back[2, 1] * y + back[2, 2])
        return (
            self.aim[0] + start[0] + far * (back[0, 0] * x + back[0, 1] * y + back[0, 2]),
            self.aim[1] + start[1] + far * (back[1, 0] * x + back[1, 1] * y + back[1, 2]),
        )

    def whole(self, cells: NDArray[np.float64]) -> Array:
        """A value for every pixel from one for every cell (straight between them)."""
        size = (cells.shape[1] * _CELL, cells.shape[0] * _CELL)
        full = cv2.resize(cells.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(full[_CELL : _CELL + self.height, _CELL : _CELL + self.width])


@dataclass(frozen=True)
class Laid:
    """A flat thing on the table: where its (0, 0) lies, and how far it is turned."""

    at: Point
    turn_deg: float = 0.0

    def place(self, local: Point) -> Point:
        c, s = math.cos(math.radians(self.turn_deg)), math.sin(math.radians(self.turn_deg))
        return self.at[0] + c * local[0] - s * local[1], self.at[1] + s * local[0] + c * local[1]

    def local(self, x: Array, y: Array) -> tuple[Array, Array]:
        c, s = math.cos(math.radians(self.turn_deg)), math.sin(math.radians(self.turn_deg))
        dx, dy = x - self.at[0], y - self.at[1]
        return c * dx + s * dy, c * dy - s * dx


@dataclass(frozen=True)
class Bowel:
    """Opened, mucosa up: its axis is an arc from `start` towards `heading_deg`, of signed `radius_mm`."""

    proximal_mm: float = 100.0
    tumour_mm: float = 35.0
    distal_mm: float = 42.0
    start: Point = (-90.0, 0.0)
    heading_deg: float = 0.0
    radius_mm: float = 300.0
    half_width_mm: float = 32.0
    surface_mm: float = 0.0

    @property
    def length_mm(self) -> float:
        return self.proximal_mm + self.tumour_mm + self.distal_mm

    def middle(self) -> Point:
        heading = math.radians(self.heading_deg)
        return (
            self.start[0] - self.radius_mm * math.sin(heading),
            self.start[1] + self.radius_mm * math.cos(heading),
        )

    def place(self, along_mm: float, across_mm: float = 0.0) -> Point:
        angle = math.radians(self.heading_deg) + along_mm / self.radius_mm
        cx, cy = self.middle()
        radius = self.radius_mm - across_mm
        return cx + radius * math.sin(angle), cy - radius * math.cos(angle)

    def coordinates(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(along, across) of places on its surface."""
        cx, cy = self.middle()
        sign = 1.0 if self.radius_mm > 0 else -1.0
        angle = np.arctan2(sign * (x - cx), -sign * (y - cy)) - math.radians(self.heading_deg)
        angle = (angle + math.pi) % (2 * math.pi) - math.pi
        return angle * self.radius_mm, self.radius_mm - sign * np.hypot(x - cx, y - cy)

    def span(self, part: str) -> tuple[float, float]:
        first, last = self.proximal_mm, self.proximal_mm + self.tumour_mm
        return {"proximal": (0.0, first), "tumour": (first, last), "distal": (last, self.length_mm)}[part]


@dataclass(frozen=True)
class Light:
    """What stands between the table and the file. Spreads in grey levels, pixels, parts."""

    blur_px: float = 0.6
    motion_px: float = 0.0
    noise: float = 2.0
    quality: int = 90
    exposure: float = 1.0
    gradient: float = 0.0
    gradient_deg: float = 0.0
    vignette: float = 0.0
    shadow: float = 0.0
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    reduced_to: int = 0
    turn: int = 1
    with_focal: bool = False


@dataclass(frozen=True)
class Scene:
    """All of it. `blood` are (mm, mm, radius in mm) on the table, over everything flat."""

    camera: Camera = field(default_factory=Camera)
    bowel: Bowel = field(default_factory=Bowel)
    light: Light = field(default_factory=Light)
    card: Laid | None = None
    card_cut: bool = True
    card_scale: float = 1.0
    ruler: Laid | None = None
    ruler_look: str = "paper"
    ruler_mm: int = 200
    blood: tuple[tuple[float, float, float], ...] = ()
    table: tuple[int, int, int] = (32, 88, 92)
    seed: int = 1


@dataclass(frozen=True)
class Taken:
    """A photograph: the file, its EXIF turn, and how to find true places in the upright picture."""

    data: bytes
    turn: int
    width: int
    height: int
    factor: float
    scene: Scene

    def sees(self, place_mm: Point, above_mm: float = 0.0) -> Point:
        x, y = self.scene.camera.sees(place_mm, above_mm)
        return x * self.factor, y * self.factor

    def card_corner(self, local: Point) -> Point:
        assert self.scene.card is not None
        scale = self.scene.card_scale
        return self.sees(self.scene.card.place((local[0] * scale, local[1] * scale)))

    def ruler_mark(self, mm: float) -> Point:
        assert self.scene.ruler is not None
        return self.sees(self.scene.ruler.place((mm, 0.0)))

    def path(self, part: str, points: int, dice: np.random.Generator, spread_px: float = 0.0) -> list[Point]:
        """Clicks on the true axis, `points` of them, each off by `spread_px` of this picture."""
        bowel = self.scene.bowel
        begin, end = bowel.span(part)
        clicks = []
        for k in range(points):
            along = begin + (end - begin) * k / (points - 1)
            x, y = self.sees(bowel.place(along), bowel.surface_mm)
            dx, dy = dice.normal(0, spread_px, 2) if spread_px else (0.0, 0.0)
            clicks.append((float(x + dx), float(y + dy)))
        return clicks

    def true_mm(self, part: str) -> float:
        begin, end = self.scene.bowel.span(part)
        return end - begin

    def upright(self) -> NDArray[np.uint8]:
        """The decoded picture as it is shown, RGB."""
        image = Image.open(io.BytesIO(self.data)).convert("RGB")
        pixels = np.asarray(image)
        return _turned_back(pixels, self.turn)

    def grey(self) -> NDArray[np.uint8]:
        return cv2.cvtColor(self.upright(), cv2.COLOR_RGB2GRAY)


def photograph(scene: Scene) -> Taken:
    """Renders, lights, blurs, encodes."""
    camera, light = scene.camera, scene.light
    dice = np.random.default_rng(scene.seed)
    cells = camera.lands()
    x, y = camera.whole(cells[0]), camera.whole(cells[1])
    picture = _table(scene, x, y, dice)
    px = camera.focal_px / camera.distance_mm
    if scene.card is not None:
        _lay(picture, *_card_sheet(scene, px), scene.card, x, y)
    if scene.ruler is not None:
        _lay(picture, *_ruler_sheet(scene, px), scene.ruler, x, y)
    for bx, by, radius in scene.blood:
        _stain(picture, x, y, bx, by, radius)
    if scene.bowel.surface_mm:
        cells = camera.lands(scene.bowel.surface_mm)
    _lay_bowel(picture, scene, cells, dice)
    pixels = _developed(picture, light, dice)
    factor = 1.0
    if light.reduced_to:
        factor = light.reduced_to / max(pixels.shape[:2])
        size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    height, width = pixels.shape[:2]
    return Taken(_file(pixels, scene), light.turn, width, height, factor, scene)


# --- things on the table ---
def _table(scene: Scene, x: Array, y: Array, dice: np.random.Generator) -> Array:
    """Cloth with soft folds, in linear light."""
    cloth = dice.normal(0, 1, (64, 64)).astype(np.float32)
    cloth = cv2.GaussianBlur(cloth, (0, 0), 1.2)
    folds = cv2.remap(cloth, (x / 9) % 62, (y / 9) % 62, cv2.INTER_LINEAR)
    base = (np.array(scene.table, np.float32) / 255) ** 2.2
    return base[None, None, :] * (1 + 0.25 * folds[:, :, None])


def _cover(size: int, per_mm: float, begin: float, end: float, origin: float) -> Array:
    """How much of each pixel of a row lies between two places, in mm: exact edges."""
    left = np.arange(size, dtype=np.float64) / per_mm + origin
    share = np.minimum(left + 1 / per_mm, end) - np.maximum(left, begin)
    return np.clip(share * per_mm, 0, 1).astype(np.float32)


class _Sheet:
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


def _card_sheet(scene: Scene, px: float) -> tuple[_Sheet, tuple[float, float, float], float]:
    card = load_card()
    per_mm = min(24.0, 1.6 * px)
    ox, oy = card.page_origin_mm
    sheet = _Sheet((-ox, -oy, card.page_mm[0] - ox, card.page_mm[1] - oy), per_mm, 0.82)
    if scene.card_cut:
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
    return sheet, (1.0, 1.0, 1.0), scene.card_scale


LOOKS = ("paper", "steel", "yellow", "black", "inch", "half")


def _ruler_sheet(scene: Scene, px: float) -> tuple[_Sheet, tuple[float, float, float], float]:
    """Ticks begin on the line y = 0 of the ruler's own coordinates and point to positive y."""
    look, long = scene.ruler_look, scene.ruler_mm
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
    sheet = _Sheet((-8, edge - 1, long + 8, wide + 1), min(24.0, 1.6 * px), paper)
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
    return sheet, tint, 1.0


def _lay(
    picture: Array,
    sheet: _Sheet,
    tint: tuple[float, float, float],
    scale: float,
    laid: Laid,
    x: Array,
    y: Array,
) -> None:
    across, down = laid.local(x, y)
    u = (across / scale - sheet.box[0]) * sheet.per_mm - 0.5
    v = (down / scale - sheet.box[1]) * sheet.per_mm - 0.5
    rows, columns = sheet.grey.shape
    part = _around((u > -1) & (v > -1) & (u < columns) & (v < rows))
    if part is None:
        return
    u, v = np.ascontiguousarray(u[part]), np.ascontiguousarray(v[part])
    grey = cv2.remap(sheet.grey, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    opaque = cv2.remap(sheet.opaque, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[:, :, None]
    colour = grey[:, :, None] * np.array(tint, np.float32)
    picture[part] += opaque * (colour - picture[part])


def _around(inside: NDArray[np.bool_]) -> tuple[slice, slice] | None:
    rows, columns = np.nonzero(inside.any(1))[0], np.nonzero(inside.any(0))[0]
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if len(rows) else None


def _stain(picture: Array, x: Array, y: Array, bx: float, by: float, radius: float) -> None:
    part = _around((np.abs(x - bx) < radius) & (np.abs(y - by) < radius))
    if part is None:
        return
    far = np.hypot(x[part] - bx, (y[part] - by) * 1.3)
    share = (np.clip((radius - far) / (0.15 * radius), 0, 1) * 0.92).astype(np.float32)[:, :, None]
    picture[part] += share * (np.array([0.18, 0.006, 0.008], np.float32) - picture[part])


def _lay_bowel(
    picture: Array,
    scene: Scene,
    cells: tuple[NDArray[np.float64], NDArray[np.float64]],
    dice: np.random.Generator,
) -> None:
    bowel = scene.bowel
    s, n = bowel.coordinates(*cells)
    along, across = scene.camera.whole(s), scene.camera.whole(n)
    part = _around((along > -1) & (along < bowel.length_mm + 1) & (np.abs(across) < bowel.half_width_mm + 5))
    if part is None:
        return
    along, across, under = along[part], across[part], picture[part]
    rough = cv2.GaussianBlur(dice.normal(0, 1, (128, 128)).astype(np.float32), (0, 0), 1.0)
    grain = cv2.remap(rough, (along / 2.5) % 126, (across / 2.5) % 126, cv2.INTER_LINEAR)
    wavy = bowel.half_width_mm + 3 * np.sin(along / 13)
    inside = np.clip((along + 0.05) * 10, 0, 1) * np.clip((bowel.length_mm + 0.05 - along) * 10, 0, 1)
    inside = inside * np.clip((wavy - np.abs(across)) * 4, 0, 1)
    folds = (1 + np.float32(0.16) * grain + np.float32(0.05) * np.sin(along * np.float32(1.7)))[:, :, None]
    wall = np.array([0.52, 0.21, 0.19], np.float32) * folds
    middle = bowel.proximal_mm + bowel.tumour_mm / 2
    far = np.hypot((along - middle) / (bowel.tumour_mm / 2), across / (bowel.half_width_mm * 0.55))
    growth = np.clip((1 - far) * 8, 0, 1).astype(np.float32)[:, :, None]
    wall += growth * (np.array([0.16, 0.03, 0.03], np.float32) * folds - wall)
    under += inside.astype(np.float32)[:, :, None] * (wall - under)


# --- light and file ---
def _developed(picture: Array, light: Light, dice: np.random.Generator) -> NDArray[np.uint8]:
    rows, columns = picture.shape[:2]
    down = np.linspace(-1, 1, rows, dtype=np.float32)[:, None]
    across = np.linspace(-1, 1, columns, dtype=np.float32)[None, :]
    angle = math.radians(light.gradient_deg)
    shine = light.exposure * (1 + light.gradient * (across * math.cos(angle) + down * math.sin(angle)))
    shine = shine * (1 - light.vignette * (across**2 + down**2) / 2)
    if light.shadow:
        band = np.clip((across * math.sin(angle) + down * math.cos(angle) - 0.1) * 12, 0, 1)
        shine = shine * (1 - light.shadow * band)
    picture *= np.asarray(shine * np.ones((rows, columns), np.float32), np.float32)[:, :, None]
    picture *= np.array(light.cast, np.float32)
    if light.blur_px:
        picture = cv2.GaussianBlur(picture, (0, 0), light.blur_px)
    if light.motion_px > 1:
        side = int(light.motion_px) | 1
        kernel = np.zeros((side, side), np.float32)
        reach = side // 2
        dx, dy = round(reach * math.cos(angle)), round(reach * math.sin(angle))
        cv2.line(kernel, (reach - dx, reach - dy), (reach + dx, reach + dy), 1.0, 1, 16)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    shown = cv2.pow(np.clip(picture, 0, 1), 1 / 2.2) * np.float32(255)
    if light.noise:
        shown += _grain(shown.shape, dice) * np.float32(light.noise)
    return np.clip(shown + np.float32(0.5), 0, 255, out=shown).astype(np.uint8)


def _grain(shape: tuple[int, ...], dice: np.random.Generator) -> Array:
    """Noise from one long row of dice, begun anywhere for every row of the picture: cheap."""
    row = shape[1] * shape[2]
    long = dice.standard_normal(row + 200_003, dtype=np.float32)
    grain = np.empty((shape[0], row), np.float32)
    for number, begin in enumerate(dice.integers(0, 200_000, shape[0])):
        grain[number] = long[begin : begin + row]
    return grain.reshape(shape)


_AS_STORED = {
    1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, 1),
    7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: lambda p: np.rot90(p, -1),
}  # fmt: skip
_UPRIGHT = dict(_AS_STORED)
_UPRIGHT[6], _UPRIGHT[8] = _AS_STORED[8], _AS_STORED[6]


def _turned_back(pixels: NDArray[np.uint8], turn: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(_UPRIGHT[turn](pixels))


def _file(pixels: NDArray[np.uint8], scene: Scene) -> bytes:
    """A JPEG whose pixels are turned as the EXIF tag says."""
    stored = np.ascontiguousarray(_AS_STORED[scene.light.turn](pixels))
    exif = Image.Exif()
    exif[0x0112] = scene.light.turn
    if scene.light.with_focal:
        exif.get_ifd(0x8769)[0xA405] = round(scene.camera.focal * 43.2666 / 2)
    stream = io.BytesIO()
    Image.fromarray(stored).save(stream, "JPEG", quality=scene.light.quality, exif=exif)
    return stream.getvalue()
