"""Throws whole scenes: cameras, lenses, light, cards and rulers as a pathology room may have them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tests.fakes.specimen_camera import Bowel, Camera, Laid, Point
from tests.fakes.specimen_paper import LOOKS
from tests.fakes.specimen_scene import Light, Scene

TABLES = ((32, 88, 92), (70, 90, 120), (205, 205, 200), (120, 120, 125), (25, 60, 40), (150, 40, 45))


def throw_scene(
    dice: np.random.Generator,
    *,
    tilt: tuple[float, float] = (0.0, 25.0),
    long_side: tuple[int, int] = (1800, 3600),
    with_card: bool = True,
    with_ruler: bool = False,
    lens: float = 0.12,
) -> Scene:
    """A scene whose bowel, card and ruler are in the picture. `lens`: largest OpenCV k1, either sign."""
    bowel = _throw_bowel(dice)
    card = Laid((0.0, 0.0), float(dice.uniform(-8, 8))) if with_card else None
    if card is not None:  # the specimen lies in the crook: up and right of the inner corner (40, 156)
        lowest = max(bowel.place(s)[1] for s in np.linspace(0, bowel.length_mm, 9)) + bowel.half_width_mm
        leftmost = min(bowel.place(s)[0] for s in np.linspace(0, bowel.length_mm, 9))
        gap = float(dice.uniform(3, 25))
        inner = (leftmost - gap, lowest + gap)
        card = replace(card, at=(inner[0] - 40, inner[1] - 156))
        if dice.random() < 0.25:  # some put it the other way round, beyond the specimen
            card = Laid((inner[0] + 260, inner[1] - 2 * bowel.half_width_mm - 30), 180 + card.turn_deg)
    ruler = None
    if with_ruler:
        middle = bowel.place(bowel.length_mm / 2)
        below = float(dice.uniform(bowel.half_width_mm + 12, bowel.half_width_mm + 45))
        ruler = Laid((middle[0] - 100, middle[1] + below), float(dice.uniform(-6, 6)))
    scene = Scene(
        bowel=bowel,
        card=card,
        card_cut=bool(dice.random() < 0.8),
        ruler=ruler,
        ruler_look=str(dice.choice(LOOKS)),
        table=TABLES[int(dice.integers(len(TABLES)))],
        light=_throw_light(dice),
        seed=int(dice.integers(1 << 30)),
    )
    scene = replace(scene, camera=_throw_camera(dice, scene, tilt, long_side, lens))
    if card is not None and dice.random() < 0.4:
        spots = [scene.card.place((float(x), float(y))) for x, y in _card_spots(dice)] if scene.card else []
        scene = replace(scene, blood=tuple((x, y, float(dice.uniform(4, 14))) for x, y in spots))
    return scene


def _throw_bowel(dice: np.random.Generator) -> Bowel:
    radius = float(dice.uniform(120, 900)) * (1 if dice.random() < 0.5 else -1)
    bowel = Bowel(
        proximal_mm=float(dice.uniform(50, 110)),
        tumour_mm=float(dice.uniform(18, 50)),
        distal_mm=float(dice.uniform(30, 50)),
        radius_mm=radius,
        half_width_mm=float(dice.uniform(22, 36)),
        start=(0.0, 0.0),
    )
    turned = math.degrees(bowel.length_mm / radius)
    return replace(bowel, heading_deg=float(dice.uniform(-10, 10)) - turned / 2)


def _card_spots(dice: np.random.Generator) -> list[Point]:
    count = int(dice.integers(1, 3))
    return [
        (dice.uniform(0, 280), dice.uniform(160, 196)) if dice.random() < 0.6
        else (dice.uniform(0, 38), dice.uniform(0, 150))
        for _ in range(count)
    ]  # fmt: skip


def _throw_light(dice: np.random.Generator) -> Light:
    return Light(
        blur_px=float(dice.uniform(0.4, 1.8)),
        motion_px=float(dice.uniform(2, 5)) if dice.random() < 0.2 else 0.0,
        noise=float(dice.uniform(0.5, 7)),
        quality=int(dice.integers(55, 96)),
        exposure=float(dice.uniform(0.75, 1.15)),
        gradient=float(dice.uniform(0, 0.35)),
        gradient_deg=float(dice.uniform(0, 360)),
        vignette=float(dice.uniform(0, 0.45)),
        shadow=float(dice.uniform(0.2, 0.6)) if dice.random() < 0.4 else 0.0,
        cast=(float(dice.uniform(0.85, 1.1)), 1.0, float(dice.uniform(0.75, 1.1))),
        turn=int(dice.integers(1, 9)),
        reduced_to=int(dice.integers(1000, 1600)) if dice.random() < 0.15 else 0,
    )


def _throw_camera(
    dice: np.random.Generator,
    scene: Scene,
    tilt: tuple[float, float],
    long_side: tuple[int, int],
    lens: float,
) -> Camera:
    """Stands so far off that everything is in the picture, with little or much room around it."""
    points = _outline(scene)
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    width = int(dice.integers(*long_side))
    height = round(width / float(dice.choice([4 / 3, 3 / 2, 16 / 9])))
    focal = float(dice.choice([1.1, 1.2, 1.3, 1.6, 2.4]) * dice.uniform(0.95, 1.05))
    camera = Camera(
        width=width,
        height=height,
        focal=focal,
        tilt_deg=float(dice.uniform(*tilt)),
        towards_deg=float(dice.uniform(0, 360)),
        roll_deg=float(dice.normal(0, 4)) + (180.0 if dice.random() < 0.15 else 0.0),
        aim=(
            (min(xs) + max(xs)) / 2 + float(dice.normal(0, 10)),
            (min(ys) + max(ys)) / 2 + float(dice.normal(0, 8)),
        ),
        k1=float(dice.uniform(-lens, lens)) if lens else 0.0,
        k2=float(dice.uniform(-lens, lens)) / 5 if lens and dice.random() < 0.3 else 0.0,
        centre=(float(dice.normal(0, 0.005)), float(dice.normal(0, 0.005))),
    )
    near = 150.0
    for _ in range(60):
        camera = replace(camera, distance_mm=near)
        if all(_well_inside(camera, point) for point in points):
            break
        near *= 1.05
    return replace(camera, distance_mm=near * float(dice.uniform(1.0, 1.35)))


def _outline(scene: Scene) -> list[Point]:
    bowel = scene.bowel
    points = [
        bowel.place(s, n)
        for s in np.linspace(0, bowel.length_mm, 7)
        for n in (-bowel.half_width_mm, bowel.half_width_mm)
    ]
    if scene.card is not None:
        points += [scene.card.place(corner) for corner in ((0, 0), (40, 0), (0, 196), (283, 196), (283, 156))]
    if scene.ruler is not None:
        long = float(scene.ruler_mm)
        points += [scene.ruler.place(corner) for corner in ((0, 0), (long, 0), (0, 25), (long, 25))]
    return points


def _well_inside(camera: Camera, point: Point) -> bool:
    x, y = camera.sees(point)
    return 0.02 < x / camera.width < 0.98 and 0.02 < y / camera.height < 0.98
