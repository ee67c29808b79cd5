"""The calibration card as data: `resources/cards/<version>.toml`, read whole or not at all.

Owns the card's geometry, for the one who prints it and the one who finds it. Lengths in mm, x right, y down,
(0, 0) the card's top left corner.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from reset_or.base import resources
from reset_or.base.errors import OurBug, UserFixable

DEFAULT_CARD: Final = "card-1"
_VERSION = re.compile(r"card-[1-9][0-9]{0,3}")

Place = tuple[float, float]


@dataclass(frozen=True)
class CardMarker:
    """One marker: its top left corner, its outer size, and its bits (rows from the top, "1" white).

    Around the bits runs a black border of one module, around that `quiet_mm` of white.
    """

    id: int
    place_mm: Place
    size_mm: float
    bits: tuple[str, ...]

    @property
    def module_mm(self) -> float:
        return self.size_mm / (len(self.bits) + 2)

    @property
    def corners_mm(self) -> tuple[Place, Place, Place, Place]:
        """Top left, top right, bottom right, bottom left: the order in which OpenCV finds them."""
        x, y = self.place_mm
        far_x, far_y = x + self.size_mm, y + self.size_mm
        return (x, y), (far_x, y), (far_x, far_y), (x, far_y)


@dataclass(frozen=True)
class CardRuler:
    """A printed ruler: a tick every mm from `from_mm` in the direction `along`, drawn towards `into`."""

    from_mm: Place
    along: Place
    into: Place
    length_mm: int


@dataclass(frozen=True)
class CardTicks:
    """How long a tick of 1, 5 and 10 mm is, how wide all are, how high the numbers."""

    one_mm: float
    five_mm: float
    ten_mm: float
    width_mm: float
    numbers_mm: float


@dataclass(frozen=True)
class CardSpec:
    """One version of the card. It is cut along `outline_mm`; (0, 0) lies at `page_origin_mm` on the page.

    `control_mm` on the first ruler must measure that within `control_within_mm` on the print.
    """

    version: str
    dictionary: str
    page_mm: Place
    page_origin_mm: Place
    outline_mm: tuple[Place, ...]
    quiet_mm: float
    control_mm: float
    control_within_mm: float
    rulers: tuple[CardRuler, ...]
    ticks: CardTicks
    markers: tuple[CardMarker, ...]


@cache
def load_card(version: str = DEFAULT_CARD) -> CardSpec:
    """The card shipped under this version.

    Raises UserFixable("photo_card_unknown"), OurBug("photo_card_malformed") for a shipped file that is wrong.
    """
    place = resources.resource("cards", f"{version}.toml") if _VERSION.fullmatch(version) else None
    if place is None or not place.is_file():
        raise UserFixable("photo_card_unknown", version=version[:24])
    try:
        card = _card(tomllib.loads(place.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise OurBug("photo_card_malformed", version=version) from error
    if card.version != version:
        raise OurBug("photo_card_malformed", version=version)
    return card


def _card(raw: dict[str, Any]) -> CardSpec:
    plain = ("version", "dictionary", "quiet_mm", "control_mm", "control_within_mm")
    return CardSpec(
        **{name: raw[name] for name in plain},
        page_mm=_place(raw["page_mm"]),
        page_origin_mm=_place(raw["page_origin_mm"]),
        outline_mm=tuple(_place(item) for item in raw["outline_mm"]),
        rulers=tuple(
            CardRuler(
                _place(item["from_mm"]), _place(item["along"]), _place(item["into"]), int(item["length_mm"])
            )
            for item in raw["rulers"]
        ),
        ticks=CardTicks(**raw["ticks"]),
        markers=tuple(
            CardMarker(int(item["id"]), _place(item["place_mm"]), float(item["size_mm"]), tuple(item["bits"]))
            for item in raw["markers"]
        ),
    )


def _place(value: Any) -> Place:
    x, y = value
    return float(x), float(y)
