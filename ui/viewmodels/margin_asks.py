"""The questions of the margins page: which choices each offers and what a typed answer means. Plain, no Qt.

A question stands in the page itself, never over it; it offers no length and chooses nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from reset_or.actions.views import CaseView
from reset_or.record.codebook import codes, label
from reset_or.trial.entry import DigitEntry
from ui.viewmodels.margin_entry import End
from ui.viewmodels.margin_faces import Speaker

Kind = Literal[
    "removed", "removed_time", "typed_later", "typed_time", "edge", "offset_side", "offset", "method",
    "measured_by", "missing", "hours", "safety",
]  # fmt: skip
FieldKind = Literal["", "time", "cm", "hours"]
MINUTES_AGO: Final = (0, 5, 10, 15)
MINUTES_BEFORE: Final = (0, 5, 10, 30)
SIDES: Final = ("beyond", "level", "within")
BENCH_METHODS: Final = (
    "rigid_ruler_ex_vivo",
    "tape_ex_vivo",
    "digital_caliper",
    "photo_scale",
    "visual_estimate",
)
_DAY_MIN: Final = 24 * 60


@dataclass(frozen=True)
class Choice:
    """One tile: code out, words in; `picture` names a drawn picture, `note` a small second line."""

    code: str
    text: str
    note: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Ask:
    """One question. `field` says what may be typed: a time of day, a length, whole hours, or nothing."""

    kind: Kind
    end: End
    title: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    chosen: str = ""
    field: FieldKind = ""
    unit: str = ""
    digits: str = ""
    wrong: str = ""
    aside: str = ""

    @property
    def shown(self) -> str:
        """What the field shows for the digits typed so far: `14:32`, `2.0`, `20`."""
        if self.field == "time":
            padded = self.digits.rjust(4, "0")
            return f"{padded[:2]}:{padded[2:]}" if self.digits else ""
        if self.field == "cm":
            return DigitEntry(self.digits).text
        return self.digits

    def press(self, text: str) -> Ask:
        """One or more typed keys; what does not belong into the field is ignored."""
        ask = self
        for key in text:
            ask = ask._press(key)
        return ask

    def _press(self, key: str) -> Ask:
        if self.field == "cm":
            return replace(self, digits=DigitEntry(self.digits).press(key).keys, wrong="")
        digit = str(int(key)) if key.isdecimal() else ""
        most = 4 if self.field == "time" else 3
        if not digit or not self.field or len(self.digits) >= most:
            return self
        return replace(self, digits=(self.digits + digit).lstrip("0") if self.field == "hours" else
                       self.digits + digit, wrong="")  # fmt: skip

    def backspace(self) -> Ask:
        return replace(self, digits=self.digits[:-1], wrong="")

    @property
    def number(self) -> int | None:
        """What was typed: minutes since midnight, millimetres, or hours; None if it is not one."""
        if self.field == "cm":
            return DigitEntry(self.digits).mm
        if not self.digits:
            return None
        if self.field == "time":
            hours, minutes = divmod(int(self.digits), 100)
            return hours * 60 + minutes if hours < 24 and minutes < 60 else None
        return int(self.digits)


def minutes_back(time_of_day_min: int, now_at: int, zone_min: int) -> int:
    """Whole minutes from the latest such time of day until `now_at`; at most a day."""
    now_min = (now_at // 60_000 + zone_min) % _DAY_MIN
    return (now_min - time_of_day_min) % _DAY_MIN


def ask_removed(by: Speaker, end: End) -> Ask:
    """When was the specimen removed: just now, some minutes ago, or a time."""
    tiles = [Choice(str(n), by.say("margins.just_now") if n == 0 else by.say("margins.minutes_ago", n=n))
             for n in MINUTES_AGO]  # fmt: skip
    tiles.append(Choice("time", by.say("margins.time_of_day")))
    return Ask("removed", end, by.say("margins.ask_removed"), choices=tuple(tiles))


def ask_time(by: Speaker, kind: Kind, end: End, aside: str = "") -> Ask:
    title = by.say("margins.ask_removed_time" if kind == "removed_time" else "margins.ask_typed_time")
    return Ask(kind, end, title, by.say("margins.time_hint"), field="time", aside=aside)


def ask_typed_later(by: Speaker, end: End, state: str) -> Ask:
    """Whether a length of the body typed after removal was measured in the body, and when (rulings)."""
    tiles = [
        Choice(
            str(n),
            by.say("margins.before_removal", n=n) if n else by.say("margins.at_removal"),
        )
        for n in MINUTES_BEFORE
    ]
    tiles += [Choice("time", by.say("margins.time_of_day")), Choice("no", by.say("margins.no_fresh"))]
    hint = by.say("margins.typed_later_hint")
    return Ask("typed_later", end, by.say("margins.ask_typed_later"), hint, tuple(tiles), aside=state)


def ask_code(by: Speaker, kind: Kind, end: End, chosen: str, *, bench: bool = False) -> Ask:
    """A codelist as tiles: edge, method, or why a length is missing."""
    found = codes(kind)
    if kind == "method":
        found = tuple(code for code in found if (code in BENCH_METHODS) == bench or code == "visual_estimate")
    tiles = tuple(Choice(code, label(kind, code, by.language)) for code in found)
    side = by.say(f"margins.{end}_side")
    return Ask(kind, end, by.say(f"margins.ask_{kind}", side=side), choices=tiles, chosen=chosen)


def ask_people(by: Speaker, kind: Kind, end: End, view: CaseView, chosen: str) -> Ask:
    """The people of the site as tiles."""
    tiles = tuple(Choice(user, name or user) for user, name in view.people.items())
    side = by.say(f"margins.{end}_side")
    return Ask(kind, end, by.say(f"margins.ask_{kind}", side=side), choices=tiles, chosen=chosen)


def ask_offset_side(by: Speaker, end: End, edge: str) -> Ask:
    """On which side of the tumour's edge the mark lies: by a picture, never by a sign."""
    mark = label("edge", edge, by.language)
    tiles = tuple(Choice(side, by.say(f"margins.mark_{side}"), picture=f"{end}_{side}") for side in SIDES)
    return Ask("offset_side", end, by.say("margins.ask_offset_side", mark=mark), choices=tiles, aside=edge)


def ask_offset(by: Speaker, end: End, edge: str, side: str) -> Ask:
    mark = label("edge", edge, by.language)
    title = by.say("margins.ask_offset", mark=mark)
    unit = by.say("margins.unit")
    return Ask(
        "offset", end, title, by.say(f"margins.mark_{side}"), field="cm", unit=unit, aside=f"{edge} {side}"
    )


def ask_hours(by: Speaker, end: End) -> Ask:
    """Hours in formalin, which decide whether a length counts as fixed."""
    return Ask(
        "hours", end, by.say("margins.ask_hours"), by.say("margins.hours_hint"), field="hours",
        unit=by.say("margins.hours"),
    )  # fmt: skip


def signed_offset(side: str, distance_mm: int) -> int:
    """The mark's offset as trial counts it: positive if it lies beyond the edge, towards the line."""
    return {"beyond": distance_mm, "level": 0, "within": -distance_mm}[side]
