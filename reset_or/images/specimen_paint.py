"""How drape, fat and mucosa look: colours, relief and light of the synthetic specimen.

Relief is a grey height map; light is its slope towards the upper left. Noise comes from seeded bytes, never
from Pillow's own random numbers, so that a picture can be made again.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

Point = tuple[float, float]
_BICUBIC = Image.Resampling.BICUBIC


@dataclass(frozen=True)
class Outline:
    """Closed outlines in (s, n) millimetres: the opened bowel wall, and the fat around it."""

    wall: list[Point]
    fat: list[Point]


def _dice(seed: str, name: str) -> random.Random:
    return random.Random(f"{seed}/{name}")  # noqa: S311 (looks, not secrets)


def noise(size: tuple[int, int], cells: int, seed: str, name: str) -> Image.Image:
    """Smooth grey noise with about `cells` blobs along the longer side."""
    w, h = size
    small = (max(2, cells * w // max(size)), max(2, cells * h // max(size)))
    grain = Image.frombytes("L", small, _dice(seed, name).randbytes(small[0] * small[1]))
    return grain.resize(size, _BICUBIC)


def clouds(size: tuple[int, int], cells: int, seed: str, name: str) -> Image.Image:
    """Three octaves of noise, centred on mid grey."""
    coarse = noise(size, cells, seed, name + "1")
    middle = noise(size, cells * 3, seed, name + "2")
    fine = noise(size, cells * 9, seed, name + "3")
    return Image.blend(Image.blend(coarse, middle, 0.36), fine, 0.11)


def lit(colour: Image.Image, height: Image.Image, reach: int, strength: float) -> Image.Image:
    """Lights a relief from the upper left: slope lightens or darkens the colour."""
    reach = max(1, reach)
    slope = ImageChops.subtract(
        ImageChops.offset(height, -reach, -reach), ImageChops.offset(height, reach, reach), 1 / strength, 128
    )
    return ImageChops.soft_light(colour, Image.merge("RGB", (slope, slope, slope)))


def soft_mask(size: tuple[int, int], points: list[Point], blur_px: float) -> Image.Image:
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(max(0.6, blur_px)))


def shadow(scene: Image.Image, points: list[Point], px: float) -> Image.Image:
    """The soft shadow of a flat thing lying on the scene, light from the upper left."""
    moved = [(x + 1.1 * px, y + 2.4 * px) for x, y in points]
    quarter = (scene.width // 4, scene.height // 4)
    mask = soft_mask(quarter, [(x / 4, y / 4) for x, y in moved], 0.5 * px)
    mask = mask.point([v * 58 // 100 for v in range(256)]).resize(scene.size, _BICUBIC)
    scene.paste((4, 16, 20), (0, 0, *scene.size), mask)
    return scene


def drape(size: tuple[int, int], seed: str) -> Image.Image:
    """Blue-green surgical cloth: long soft folds, a fine weave, darker towards the corners."""
    border = 24  # light is found by shifting, which wraps round at the border; it is cut off again
    size = (size[0] + 2 * border, size[1] + 2 * border)
    w, h = size
    tone = clouds((w // 4, h // 4), 5, seed, "drape")
    cloth = ImageOps.colorize(tone, (22, 70, 78), (48, 118, 124)).resize(size, _BICUBIC)
    folds = Image.new("L", (w // 8, h // 8), 128)
    draw, dice = ImageDraw.Draw(folds), _dice(seed, "folds")
    for _ in range(7):
        y, lean, rise = dice.uniform(0, h / 8), dice.uniform(-26, 26), dice.uniform(-14, 14)
        line = [(x, y + lean * x / (w / 8) + rise * math.sin(x / 60)) for x in range(-20, w // 8 + 20, 8)]
        draw.line(line, fill=128 + dice.choice((-70, 70)), width=dice.randint(5, 14), joint="curve")
    folds = folds.filter(ImageFilter.GaussianBlur(7)).resize(size, _BICUBIC)
    cloth = lit(cloth, folds, w // 260, 2.2)
    weave = Image.frombytes("L", (256, 256), _dice(seed, "weave").randbytes(65536))
    weave = _tiled(weave.filter(ImageFilter.GaussianBlur(0.8)), size)
    return lit(cloth, weave, 1, 0.20).crop((border, border, w - border, h - border))


def _tiled(tile: Image.Image, size: tuple[int, int]) -> Image.Image:
    whole = Image.new(tile.mode, size)
    for y in range(0, size[1], tile.height):
        for x in range(0, size[0], tile.width):
            whole.paste(tile, (x, y))
    return whole


def outline(length_mm: float, half_mm: float, seed: str) -> Outline:
    """Straight cut ends (they are measured from) and wavy long edges; fat bulges out along both of them."""
    dice = _dice(seed, "outline")
    phases = [dice.uniform(0, 6.28) for _ in range(8)]

    def edge(s: float, side: int) -> float:
        a, b, c, d = phases[side * 4 : side * 4 + 4]
        wave = 1.5 * math.sin(s / 17 + a) + 0.9 * math.sin(s / 7.3 + b) + 0.35 * math.sin(s / 2.9 + c)
        return half_mm - 3.5 * math.exp(-min(s, length_mm - s) / 9) + wave + 0.2 * math.sin(s * 1.7 + d)

    steps = [length_mm * k / 260 for k in range(261)]
    wall = [(s, edge(s, 0)) for s in steps] + [(s, -edge(s, 1)) for s in reversed(steps)]

    def bulge(s: float, side: int) -> float:
        a, b = phases[side * 4], phases[side * 4 + 1]
        lobes = 2.6 * abs(math.sin(s / 11 + b)) + 1.5 * abs(math.sin(s / 4.7 + a))
        taper = 1 - math.exp(-min(s - 3, length_mm - 3 - s) / 10)
        return edge(s, side) + (0.8 + lobes) * taper

    inner = [s for s in steps if 3 < s < length_mm - 3]
    fat = [(s, bulge(s, 0)) for s in inner] + [(s, -bulge(s, 1)) for s in reversed(inner)]
    return Outline(wall, fat)


def fat_texture(size: tuple[int, int], px: float, seed: str) -> Image.Image:
    """Yellow lobules with a wet shine."""
    lobules = noise(size, max(8, round(size[0] / px / 3.4)), seed, "fat")
    tone = Image.blend(lobules, clouds(size, 9, seed, "fat-tone"), 0.5)
    colour = ImageOps.colorize(tone, (148, 92, 42), (246, 212, 132), (221, 170, 88))
    return lit(colour, lobules.filter(ImageFilter.GaussianBlur(0.5 * px)), round(0.5 * px), 2.0)


def mucosa(
    length_mm: float, half_mm: float, tumour_from_mm: int, tumour_mm: int, px: float, seed: str
) -> Image.Image:
    """The flat sheet: s to the right, n downwards, `px` pixels a millimetre."""
    size = (round(length_mm * px), round(2 * half_mm * px))
    height = _folds(size, px, seed)
    tone = clouds(size, 14, seed, "mucosa")
    colour = ImageOps.colorize(tone, (164, 78, 74), (236, 178, 160), (211, 134, 120))
    colour = _vessels(colour, px, seed)
    colour, height = _tumour(colour, height, tumour_from_mm * px, tumour_mm * px, px, seed)
    colour = _cut_ends(colour, px)
    grain = noise(size, max(20, round(length_mm / 0.55)), seed, "grain")
    height = Image.blend(height, grain, 0.07)
    colour = lit(colour, height, round(0.5 * px), 3.0)
    return _shine(colour, height, px)


def _folds(size: tuple[int, int], px: float, seed: str) -> Image.Image:
    """Half-moon folds across the bowel at uneven distances, as a height map."""
    w, h = size
    relief = Image.new("L", (w // 2, h // 2), 84)
    draw, dice = ImageDraw.Draw(relief), _dice(seed, "mucosal-folds")
    x = 4.0 * px
    while x < w:
        start, end = dice.uniform(-0.1, 0.45), dice.uniform(0.55, 1.1)
        bow, phase = dice.uniform(-2.6, 2.6) * px, dice.uniform(0, 6.28)
        high, thick = dice.randint(140, 215), dice.uniform(0.55, 1.0) * px
        for k in range(40):  # a chain of discs, so that a fold swells in the middle and runs out at its ends
            t = start + (end - start) * k / 39
            wobble = bow * math.sin(math.pi * t) + px * math.sin(7 * t + phase) * math.sin(3 * t + 2 * phase)
            r = thick * (0.25 + 0.75 * math.sin(math.pi * k / 39)) / 2
            cx, cy = (x + wobble) / 2, t * h / 2
            draw.ellipse((cx - r, cy - 2.4 * px, cx + r, cy + 2.4 * px), fill=high)
        x += dice.uniform(2.8, 7.4) * px
    relief = relief.filter(ImageFilter.GaussianBlur(0.40 * px))
    wide_waves = clouds(relief.size, 26, seed, "waves")
    return Image.blend(relief, wide_waves, 0.25).resize(size, _BICUBIC)


def _vessels(colour: Image.Image, px: float, seed: str) -> Image.Image:
    """Fine branching vessels under the mucosa, blurred so that they lie below the surface."""
    layer = Image.new("L", colour.size, 0)
    draw, dice = ImageDraw.Draw(layer), _dice(seed, "vessels")
    for _ in range(round(colour.width / px * 0.9)):
        x, y = dice.uniform(0, colour.width), dice.uniform(0, colour.height)
        angle, line = dice.uniform(0, 6.28), [(x, y)]
        for _ in range(dice.randint(6, 16)):
            angle += dice.uniform(-0.7, 0.7)
            x, y = x + math.cos(angle) * 0.9 * px, y + math.sin(angle) * 0.9 * px
            line.append((x, y))
        draw.line(line, fill=dice.randint(50, 130), width=max(1, round(dice.uniform(0.08, 0.24) * px)))
    layer = layer.filter(ImageFilter.GaussianBlur(0.10 * px))
    colour.paste((142, 34, 44), (0, 0, *colour.size), layer)
    return colour


def _blob(centre: Point, across: float, tall: float, dice: random.Random, rough: float) -> list[Point]:
    """A lobed closed curve that reaches exactly `across` to the left and right on the axis."""
    phases = [dice.uniform(0, 6.28) for _ in range(4)]
    points = []
    for k in range(180):
        a = 2 * math.pi * k / 180
        calm = math.sin(a) ** 2  # the edges that are measured to stay where they are
        wave = (
            math.sin(5 * a + phases[0])
            + 0.6 * math.sin(9 * a + phases[1])
            + 0.4 * math.sin(15 * a + phases[2])
        )
        r = 1 + rough * wave * calm
        points.append((centre[0] + across * math.cos(a) * r, centre[1] + tall * math.sin(a) * r))
    return points


def _tumour(
    colour: Image.Image, height: Image.Image, start: float, long_px: float, px: float, seed: str
) -> tuple[Image.Image, Image.Image]:
    """An ulcerated growth with a raised, rolled edge; the mucosa around it is reddened and drawn in."""
    dice, size = _dice(seed, "tumour"), colour.size
    centre = (start + long_px / 2, size[1] * 0.49)
    across, tall = long_px / 2, min(long_px * 0.56, size[1] * 0.36)
    halo = soft_mask(size, _blob(centre, across * 1.18, tall * 1.22, dice, 0.05), 2.6 * px)
    colour.paste((170, 62, 64), (0, 0, *size), halo.point([v * 42 // 100 for v in range(256)]))
    body = soft_mask(size, _blob(centre, across, tall, dice, 0.055), 0.22 * px)
    tone = clouds(size, max(10, round(size[0] / px / 5)), seed, "tumour-tone")
    colour.paste(ImageOps.colorize(tone, (96, 30, 36), (206, 108, 92), (158, 62, 58)), (0, 0), body)
    crater = soft_mask(size, _blob(centre, across * 0.60, tall * 0.58, dice, 0.10), 0.5 * px)
    floor = clouds(size, max(14, round(size[0] / px / 4.5)), seed, "crater-tone")
    colour.paste(ImageOps.colorize(floor, (52, 14, 18), (172, 128, 96), (104, 40, 38)), (0, 0), crater)
    rolled = ImageChops.subtract(body, crater).filter(ImageFilter.GaussianBlur(1.1 * px))
    nodes = noise(size, max(16, round(size[0] / px / 2.6)), seed, "nodes")
    soft = body.filter(ImageFilter.GaussianBlur(0.7 * px))
    height = Image.composite(Image.blend(nodes, Image.new("L", size, 150), 0.5), height, soft)
    height = ImageChops.add(height, rolled.point([v * 60 // 100 for v in range(256)]))
    pit = crater.filter(ImageFilter.GaussianBlur(0.9 * px)).point([v * 48 // 100 for v in range(256)])
    return colour, ImageChops.subtract(height, pit)


def _cut_ends(colour: Image.Image, px: float) -> Image.Image:
    """Both cut edges: a narrow dark bruise of the stapler and a pale rim of muscle."""
    mask = Image.new("L", colour.size, 0)
    draw = ImageDraw.Draw(mask)
    for left, right in ((0.0, 1.7 * px), (colour.width - 1.7 * px, float(colour.width))):
        draw.rectangle((left, 0, right, colour.height), fill=190)
    colour.paste((92, 26, 32), (0, 0, *colour.size), mask.filter(ImageFilter.GaussianBlur(0.45 * px)))
    return colour


def rim(bent: Image.Image, mask: Image.Image, px: float) -> Image.Image:
    """The pale edge of the opened wall, where the cut goes through muscle."""
    inner = mask.filter(ImageFilter.GaussianBlur(0.55 * px)).point(
        [255 if v > 196 else 0 for v in range(256)]
    )
    inner = inner.filter(ImageFilter.GaussianBlur(0.25 * px))
    pale = Image.blend(bent, Image.new("RGB", bent.size, (224, 182, 160)), 0.42)
    return Image.composite(bent, pale, inner)


def _shine(colour: Image.Image, height: Image.Image, px: float) -> Image.Image:
    """Small wet highlights on slopes that face the lamp."""
    reach = max(1, round(0.4 * px))
    slope = ImageChops.subtract(
        ImageChops.offset(height, -reach, -reach), ImageChops.offset(height, reach, reach), 0.5, 0
    )
    glint = slope.point([max(0, min(255, (v - 150) * 3)) for v in range(256)])
    glint = glint.filter(ImageFilter.GaussianBlur(0.14 * px)).point([v * 62 // 100 for v in range(256)])
    colour.paste((255, 246, 238), (0, 0, *colour.size), glint)
    return colour


def as_photographed(picture: Image.Image, seed: str) -> Image.Image:
    """What the camera adds: light falling off towards the corners and the grain of the sensor."""
    grain = Image.frombytes("L", (512, 512), _dice(seed, "sensor").randbytes(512 * 512))
    grain = grain.filter(ImageFilter.GaussianBlur(0.7)).point([112 + v * 32 // 255 for v in range(256)])
    tile = _tiled(grain, picture.size)
    picture = ImageChops.overlay(picture, Image.merge("RGB", (tile, tile, tile)))
    dark = Image.radial_gradient("L").point([max(0, v - 96) * 62 // 100 for v in range(256)])
    picture.paste((2, 8, 10), (0, 0, *picture.size), dark.resize(picture.size, _BICUBIC))
    return picture
