"""The light of the live picture: what could give a scale, whether it lies in plane, whether it is sharp.

Fed from a folder, as in a room without a camera; every scene has a known truth.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from reset_or.images.capture import LIGHTS, MARKS, Camera, Live
from reset_or.images.capture_child import light_of
from reset_or.images.sources import FolderSource, Frame
from reset_or.trial.scheme import load_scheme
from tests.fakes.photos import even_ruler
from tests.fakes.specimen_camera import Bowel, Laid
from tests.fakes.specimen_camera import Camera as Lens
from tests.fakes.specimen_dice import throw_scene
from tests.fakes.specimen_labels import cloth, on_table, throws
from tests.fakes.specimen_paper import LOOKS
from tests.fakes.specimen_scene import Light, Scene, photograph

LIMITS = load_scheme("reset-1").photo
RULED = Scene(
    camera=Lens(1600, 1200, distance_mm=300),
    bowel=Bowel(start=(-88, -25), radius_mm=250, heading_deg=-18),
    ruler=Laid((-95, 40), 3),
    light=Light(blur_px=0.7, noise=3),
)


def tilted(scene: Scene, degrees: float) -> Scene:
    """The far end of the ruler sinks away from the camera."""
    return replace(scene, camera=replace(scene.camera, tilt_deg=degrees, towards_deg=93))


def fed(place: Path, data: bytes) -> Frame:
    (place / "1.jpg").write_bytes(data)
    return FolderSource(place).read()


def light(place: Path, scene: Scene) -> tuple[str, str]:
    """(what is seen, what speaks against it)."""
    found = light_of(fed(place, photograph(scene).data), LIMITS)
    assert found["mark"] in MARKS
    assert found["problem"] in LIGHTS
    return found["mark"], found["problem"]


@pytest.mark.parametrize("look", LOOKS)
def test_a_flat_ruler_of_every_make_gives_the_light(tmp_path: Path, look: str) -> None:
    assert light(tmp_path, replace(RULED, ruler_look=look)) == ("ruler", "")


def test_without_card_and_ruler_none_is_said(tmp_path: Path) -> None:
    assert light(tmp_path, replace(RULED, ruler=None)) == ("none", "")


@pytest.mark.parametrize("look", ["paper", "inch", "half"])
def test_a_strong_tilt_along_the_ruler_is_told(tmp_path: Path, look: str) -> None:
    assert light(tmp_path, tilted(replace(RULED, ruler_look=look), 45.0)) == ("ruler", "too_tilted")


def test_how_much_is_too_much_stands_in_the_scheme(tmp_path: Path) -> None:
    frame = fed(tmp_path, photograph(tilted(RULED, 25.0)).data)
    assert light_of(frame, LIMITS) == {"mark": "ruler", "problem": ""}
    strict = replace(LIMITS, max_tilt_deg=15)
    assert light_of(frame, strict) == {"mark": "ruler", "problem": "too_tilted"}


def test_a_blurred_one_is_not_sharp(tmp_path: Path) -> None:
    near = replace(RULED, camera=replace(RULED.camera, distance_mm=230))
    assert light(tmp_path, replace(near, light=Light(blur_px=4.0))) == ("ruler", "blurred")
    assert light(tmp_path, replace(RULED, light=Light(blur_px=14.0))) == ("none", "blurred")


def test_two_centimetres_of_it_hold_no_tilt(tmp_path: Path) -> None:
    assert light(tmp_path, replace(RULED, ruler=Laid((-10, 40), 3), ruler_mm=22)) == (
        "ruler", "tilt_unknown",
    )  # fmt: skip


def test_even_ticks_are_a_ruler_too(tmp_path: Path) -> None:
    assert light_of(fed(tmp_path, even_ruler()), LIMITS)["mark"] == "ruler"


def test_a_card_comes_first(tmp_path: Path) -> None:
    scene = Scene(camera=Lens(1500, 1000), card=Laid((20.0, 20.0), 4.0), ruler=Laid((-95, -90), 3))
    assert light(tmp_path, scene) == ("card", "")
    assert light(tmp_path, replace(scene, light=Light(blur_px=25.0)))[1] == "blurred"


def test_specimens_without_a_ruler_show_none() -> None:
    seen = []
    for seed in range(6):
        thrown = throw_scene(np.random.default_rng(seed), long_side=(1200, 1500), with_card=False)
        frame = np.ascontiguousarray(photograph(thrown).upright()[:, :, ::-1])
        seen.append(light_of(frame, LIMITS)["mark"])
    assert seen == ["none"] * 6


def test_labels_with_their_code_are_no_ruler() -> None:
    seen = []
    for throw in throws(3, 1600, seed=3):
        grey = on_table(cloth(1600, 1200), throw)
        seen.append(light_of(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8), LIMITS)["mark"])
    assert seen == ["none"] * 3


def test_the_process_says_it_while_pictures_go_on(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(photograph(RULED).data)
    camera = Camera(f"folder:{tmp_path}", LIMITS)
    try:
        flat = told(camera, "ruler", "")
        assert flat.good
        (tmp_path / "2.jpg").write_bytes(photograph(tilted(RULED, 45.0)).data)
        assert not told(camera, "ruler", "too_tilted").good
        (tmp_path / "3.jpg").write_bytes(photograph(replace(RULED, ruler=None)).data)
        assert not told(camera, "none", "").good
    finally:
        camera.close()


def told(camera: Camera, mark: str, problem: str) -> Live:
    """Looks until the light says it: each look waits for its answer, the light for nobody."""
    live = camera.look(320)
    for _ in range(20_000):
        if (live.mark, live.problem) == (mark, problem):
            break
        live = camera.look(320)
    assert (live.mark, live.problem) == (mark, problem)
    return live
