"""The calibration card as a PDF in true size: markers, rulers, cut line, and how to use it.

Draws the geometry that it is given (resources/cards, read by whoever asks); what a camera makes of it is not
known here. Nothing but white lies in a marker's quiet zone.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final, Protocol

from reset_or.base.words import Language, say
from reset_or.reports.pdfa import archivable
from reset_or.reports.true_size import Page

Place = tuple[float, float]
_INK: Final = "#000000"


class Card(Protocol):
    """What is printed of a card: the attributes of images.card_spec.CardSpec, in mm from its corner."""

    @property
    def version(self) -> str: ...
    @property
    def page_mm(self) -> Place: ...
    @property
    def page_origin_mm(self) -> Place: ...
    @property
    def outline_mm(self) -> tuple[Place, ...]: ...
    @property
    def control_mm(self) -> float: ...
    @property
    def control_within_mm(self) -> float: ...
    @property
    def rulers(self) -> tuple[Any, ...]: ...
    @property
    def ticks(self) -> Any: ...
    @property
    def markers(self) -> tuple[Any, ...]: ...


def render(card: Card, language: Language, *, at: int, version: str = "") -> bytes:
    """The finished page: PDF/A-2b, embedded fonts. `at`: UTC ms of printing.

    Raises EnvironmentTrouble("report_fonts_missing"), OurBug("report_not_archivable").
    """
    page = Page(*card.page_mm, language)
    for one in card.markers:
        _marker(page, card, one)
    for ruler in card.rulers:
        _ruler(page, card, ruler)
    _outline(page, card)
    _instructions(page, card, language)
    title = f"{say('card.title', language)} {card.version}"
    producer = f"RESET-OR {version}".strip()
    return archivable(page.data(), title=title, subject="RESET-OR", at=at, producer=producer)


def _on_page(card: Card, place: Place) -> Place:
    return place[0] + card.page_origin_mm[0], place[1] + card.page_origin_mm[1]


def _marker(page: Page, card: Card, one: Any) -> None:
    """A black square with its white modules, runs in one piece: no hairline between neighbours."""
    x, y = _on_page(card, one.place_mm)
    module = one.size_mm / (len(one.bits) + 2)
    page.box(x, y, one.size_mm, one.size_mm, _INK)
    for row, bits in enumerate(one.bits, 1):
        column = 0
        while column < len(bits):
            run = len(bits[column:]) - len(bits[column:].lstrip("1"))
            if run:
                page.box(x + (column + 1) * module, y + row * module, run * module, module, "#FFFFFF")
            column += max(run, 1)


def _ruler(page: Page, card: Card, ruler: Any) -> None:
    """A tick every mm from the line inwards; numbers in cm at every tenth."""
    ticks = card.ticks
    for at_mm in range(ruler.length_mm + 1):
        long = ticks.ten_mm if at_mm % 10 == 0 else ticks.five_mm if at_mm % 5 == 0 else ticks.one_mm
        start = _moved(_on_page(card, ruler.from_mm), ruler.along, at_mm)
        page.line(start, _moved(start, ruler.into, long), ticks.width_mm)
        if at_mm % 10 == 0 and (at_mm or ruler.into[0] == 0):
            _number(page, _moved(start, ruler.into, long + 0.7), ruler.into, str(at_mm // 10), ticks)


def _number(page: Page, place: Place, into: Place, text: str, ticks: Any) -> None:
    if into[0] < 0:
        page.text(place[0], place[1] + ticks.numbers_mm / 2, text, ticks.numbers_mm, anchor="end")
    else:
        page.text(place[0], place[1] + ticks.numbers_mm, text, ticks.numbers_mm, anchor="middle")


def _moved(place: Place, along: Place, by_mm: float) -> Place:
    return place[0] + along[0] * by_mm, place[1] + along[1] * by_mm


def _outline(page: Page, card: Card) -> None:
    places = [_on_page(card, place) for place in card.outline_mm]
    for start, end in pairwise([*places, places[0]]):
        page.line(start, end, 0.1, "#9AA7B2", dash_mm=2)


def _instructions(page: Page, card: Card, language: Language) -> None:
    """In the crook, which is cut away or lies under the specimen."""
    x, y = _on_page(card, card.outline_mm[1])
    x, y = x + 14, y + 22
    page.text(x, y, f"{say('card.title', language)}  {card.version}", 4.2, weight="bold")
    for number, key in enumerate(("print", "measure", "lay", "camera"), 1):
        said = say(
            f"card.{key}", language, control=f"{card.control_mm:g}", within=f"{card.control_within_mm:g}",
            last=f"{card.control_mm / 10:g}",
        )  # fmt: skip
        page.text(x, y + 6 + 6.4 * number, f"{number}  {said}", 2.5)
    page.check_line(x, y + 48)
