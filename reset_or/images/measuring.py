"""Measuring on untrusted pictures: asks the decoder child and believes nothing that it answers.

Gives plain values; needs neither numpy nor OpenCV on this side.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from reset_or.base.errors import OurBug, UserFixable
from reset_or.images import sandbox
from reset_or.images.calibration import PROBLEMS, WARNINGS, Calibration, Matrix, Path, Sharpness
from reset_or.images.card_spec import DEFAULT_CARD, load_card
from reset_or.images.kinds import JPEG, MAX_SIDE, PNG
from reset_or.images.marks import Ticks
from reset_or.trial.limits import PhotoLimits

TIME_LIMIT_S: Final = 40.0
"""50 megapixels take about 3 s on one core; a busy laptop is given ten times that."""

_MOST_POINTS: Final = 600
_RECTIFIED_PIXELS: Final = 40_000_000


@dataclass(frozen=True)
class Rectified:
    """A picture on the plane: `rgb` rows from the top, `mm_per_px` both ways, its corner's place in mm."""

    w: int
    h: int
    rgb: bytes
    mm_per_px: float
    x_mm: float
    y_mm: float
    turn_deg: float


def measure_card(
    picture: bytes,
    mime: str,
    turn: int,
    limits: PhotoLimits,
    *,
    card: str = DEFAULT_CARD,
) -> Calibration:
    """A calibration by the card in a picture; its `problems` say why it is not measurable.

    Raises what `sandbox.inspect` raises, and photo_card_unknown.
    """
    load_card(card)
    request = _request("card", mime, turn) | {"limits": asdict(limits), "card": card}
    answer, _ = sandbox.ask(request, picture, 0, time_limit_s=TIME_LIMIT_S)
    return _calibration(answer, card)


def find_ticks(
    picture: bytes,
    mime: str,
    turn: int,
    limits: PhotoLimits,
    *,
    region: tuple[float, float, float, float] | None = None,
) -> tuple[Calibration, Ticks | None]:
    """A ruler's ticks, for a person to accept or correct; problem `no_ruler` and None without any.

    `region`: x, y, w, h of the upright picture to look in. Raises what `sandbox.inspect` raises.
    """
    request = _request("ticks", mime, turn) | {"limits": asdict(limits), "region": region}
    answer, _ = sandbox.ask(request, picture, 0, time_limit_s=TIME_LIMIT_S)
    said, found = answer.get("calibration"), answer.get("ticks")
    if not isinstance(said, dict):
        raise _crashed()
    return _calibration(said, None), None if found is None else _ticks(found)


def sharpness(picture: bytes, mime: str, turn: int) -> Sharpness:
    """How sharp a picture is. Raises what `sandbox.inspect` raises."""
    answer, _ = sandbox.ask(_request("sharpness", mime, turn), picture, 0, time_limit_s=TIME_LIMIT_S)
    return Sharpness(_real(answer, "edge_px", 0.1, 1e5), _whole(answer, "across", MAX_SIDE * 10))


def rectify(
    picture: bytes, mime: str, turn: int, calibration: Calibration, px_per_mm: float | None = None
) -> Rectified:
    """The picture laid on the plane; as fine as its middle is, up to 40 megapixels, where nothing is asked.

    Raises photo_not_measurable, photo_rectified_too_large, photo_point_beyond_plane, and what
    `sandbox.inspect` raises.
    """
    if not calibration.measurable:
        raise UserFixable("photo_not_measurable", problems=" ".join(calibration.problems))
    if px_per_mm is not None and not 0.1 <= px_per_mm <= 200:
        raise UserFixable("photo_rectified_too_large")
    request = _request("rectify", mime, turn) | {"calibration": asdict(calibration), "px_per_mm": px_per_mm}
    answer, rgb = sandbox.ask(
        request,
        picture,
        _RECTIFIED_PIXELS * 3,
        refusals=frozenset({"photo_rectified_too_large", "photo_point_beyond_plane"}),
        time_limit_s=TIME_LIMIT_S,
    )
    w, h = sandbox.number(answer, "w", MAX_SIDE), sandbox.number(answer, "h", MAX_SIDE)
    if len(rgb) != w * h * 3:
        raise _crashed()
    x, y = _real(answer, "x_mm", -1e5, 1e5), _real(answer, "y_mm", -1e5, 1e5)
    scale = _real(answer, "px_per_mm", 0.01, 1000)
    return Rectified(w, h, rgb, 1 / scale, x, y, _real(answer, "turn_deg", -360, 360))


def _request(task: str, mime: str, turn: int) -> dict[str, Any]:
    if mime not in (JPEG, PNG) or not 1 <= turn <= 8:
        raise OurBug("photo_preview_request")
    return {"task": task, "mime": mime, "turn": turn}


# --- what an answer may be ---
def _crashed() -> UserFixable:
    return UserFixable("photo_check_crashed")


def _ticks(found: object) -> Ticks:
    if not isinstance(found, dict) or not isinstance(found.get("unit_sure"), bool):
        raise _crashed()
    places, marks = _points(found.get("places")), found.get("marks_mm")
    if not isinstance(marks, list) or not 2 <= len(marks) == len(places):
        raise _crashed()
    return Ticks(
        places=places,
        marks_mm=tuple(_finite(mm) for mm in marks),
        ticks=_whole(found, "ticks", 10_000),
        step_mm=_real(found, "step_mm", 0.1, 100),
        unit_sure=found["unit_sure"],
        spread_px=_real(found, "spread_px", 0, 1000),
        k1=_real(found, "k1", -2, 2),
    )


def _calibration(answer: dict[str, Any], card: str | None) -> Calibration:
    size = answer.get("size")
    if not isinstance(size, list) or len(size) != 2 or answer.get("card") != card:
        raise _crashed()
    sides = {"w": size[0], "h": size[1]}
    points = _points(answer.get("points"))
    return Calibration(
        method="ruler_ticks" if card is None else "card",
        size=(sandbox.number(sides, "w", MAX_SIDE), sandbox.number(sides, "h", MAX_SIDE)),
        to_mm=_matrix(answer.get("to_mm")),
        k1=_real(answer, "k1", -2, 2),
        k2=_real(answer, "k2", -2, 2),
        points=points,
        known_mm=None if answer.get("known_mm") is None else _real(answer, "known_mm", 0, 1e4),
        card=card,
        residual_um=_perhaps(answer, "residual_um", 10**7),
        tilt_cdeg=_perhaps(answer, "tilt_cdeg", 9000),
        sharpness_permille=_perhaps(answer, "sharpness_permille", 100_000),
        scale_sd_ppm=_whole(answer, "scale_sd_ppm", 10**9),
        problems=_codes(answer.get("problems"), PROBLEMS),
        warnings=_codes(answer.get("warnings"), WARNINGS),
    )


def _real(answer: dict[str, Any], name: str, least: float, most: float) -> float:
    value = answer.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _crashed()
    return float(value)


def _whole(answer: dict[str, Any], name: str, most: int) -> int:
    value = answer.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _crashed()
    return value


def _perhaps(answer: dict[str, Any], name: str, most: int) -> int | None:
    return None if answer.get(name) is None else _whole(answer, name, most)


def _matrix(value: object) -> Matrix:
    if not isinstance(value, list) or len(value) != 9:
        raise _crashed()
    m = [_finite(item) for item in value]
    return (m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8])


def _points(value: object) -> Path:
    if not isinstance(value, list) or len(value) > _MOST_POINTS:
        raise _crashed()
    found = []
    for item in value:
        if not isinstance(item, list) or len(item) != 2:
            raise _crashed()
        found.append((_finite(item[0]), _finite(item[1])))
    return tuple(found)


def _finite(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _crashed()
    if not math.isfinite(value) or abs(value) > 1e12:
        raise _crashed()
    return float(value)


def _codes(value: object, known: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, list) or any(item not in known for item in value):
        raise _crashed()
    return tuple(value)
