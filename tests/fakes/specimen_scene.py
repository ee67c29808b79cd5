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

from tests.fakes.specimen_camera import Array, Bowel, Camera, Laid, Point
from tests.fakes.specimen_paper import Sheet, card_sheet, ruler_sheet


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
        sheet = card_sheet(px, scene.card_cut)
        _lay(picture, sheet, (1.0, 1.0, 1.0), scene.card_scale, scene.card, x, y)
    if scene.ruler is not None:
        sheet, tint = ruler_sheet(px, scene.ruler_look, scene.ruler_mm)
        _lay(picture, sheet, tint, 1.0, scene.ruler, x, y)
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


def _lay(
    picture: Array,
    sheet: Sheet,
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
