"""What was typed: reading it as a length, and the questions it raises before it is believed.

A question asks to type the value again; no value is ever proposed. Nothing here raises on any text.
Owns the keypad's millimetres from the right (`DigitEntry`). The limits stand in the scheme.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from reset_or.base.units import cm_text
from reset_or.trial.codes import BLOCKING, WITHIN, Arm, End, Query, State, Unit, Verdict
from reset_or.trial.limits import Scheme
from reset_or.trial.states import Estimate, estimate

_ALIKE: Final = str.maketrans(
    {
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        **dict.fromkeys("。．·，,｡", "."),
        **dict.fromkeys("−－–—﹣", "-"),
        "＋": "+",
        "㎝": "cm",
        "㎜": "mm",
        "ｃ": "c",
        "ｍ": "m",
        "Ｃ": "c",
        "Ｍ": "m",
    }
)
_NUMBER: Final = re.compile(r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))\s*(cm|mm|厘米|毫米)?")
_UNITS: Final = {"cm": Unit.CM, "厘米": Unit.CM, "mm": Unit.MM, "毫米": Unit.MM}
_MOST_DIGITS: Final = 6  # more than any limit; longer runs are out of range without being computed


@dataclass(frozen=True)
class Typed:
    """A typed length: `mm` where it could be read, else the `problem`; neither when nothing was typed.

    `unit` is the one written behind the number if there is one, else the one asked for.
    """

    entered: str
    unit: Unit
    mm: int | None
    problem: Query | None

    @property
    def is_blank(self) -> bool:
        return self.mm is None and self.problem is None

    @property
    def echo(self) -> str:
        """The length as understood, in cm, to be shown back; empty if it was not."""
        return "" if self.mm is None else cm_text(self.mm)


def parse_length(untrusted_text: str | None, unit: Unit = Unit.CM) -> Typed:
    """Reads one decimal in cm or whole mm: full-width digits, comma and Chinese points, `5cm`, `31 mm`.

    Nothing is rounded: more precision is `digits_two_decimals`. None or blank is "left out".
    """
    entered = untrusted_text or ""
    text = entered.translate(_ALIKE).strip().lower()
    if not text:
        return Typed(entered, unit, None, None)
    found = _NUMBER.fullmatch(text)
    if found is None:
        return Typed(entered, unit, None, Query.NOT_A_NUMBER)
    sign, whole, after, bare, suffix = found.groups()
    unit = _UNITS.get(suffix or "", unit)
    decimals = after or bare or ""
    problem, mm = _measure(sign, (whole or "").lstrip("0"), decimals, unit)
    return Typed(entered, unit, mm, problem)


def _measure(sign: str, whole: str, decimals: str, unit: Unit) -> tuple[Query | None, int | None]:
    is_zero = not whole and not decimals.strip("0")
    if sign == "-" and not is_zero:
        return Query.NEGATIVE, None
    if len(decimals) > (1 if unit is Unit.CM else 0):
        return Query.DIGITS_TWO_DECIMALS, None
    if is_zero:
        return Query.ZERO, None
    if len(whole) > _MOST_DIGITS:
        return Query.OUT_OF_RANGE, None
    return None, int((whole or "0") + ((decimals or "0") if unit is Unit.CM else ""))


def end_queries(typed: Typed, end: End, state: State, arm: Arm, scheme: Scheme) -> frozenset[Query]:
    """The questions that one typed length raises against its end, state and arm.

    Beyond the hard limit: `out_of_range`, and `unit_mistake` too if centimetres were typed and a tenth of
    the value would lie within. `decimal_slip`: as typed `short_deviation`, ten times it within, both on
    the in vivo estimate. Without arm only the limits speak.
    """
    if typed.mm is None:
        return frozenset() if typed.problem is None else frozenset({typed.problem})
    bands = scheme.end(arm, end)

    def verdict_of(length_mm: int) -> Verdict | None:
        in_vivo = estimate(length_mm, state, scheme)
        return bands.verdict_at(in_vivo.in_vivo_mm) if bands is not None and in_vivo is not None else None

    if typed.mm > scheme.limits.hard_mm(end):
        as_mm = typed.unit is Unit.CM and verdict_of(typed.mm // 10) in WITHIN
        return frozenset({Query.OUT_OF_RANGE, Query.UNIT_MISTAKE} if as_mm else {Query.OUT_OF_RANGE})
    if verdict_of(typed.mm) is Verdict.SHORT_DEVIATION and verdict_of(typed.mm * 10) in WITHIN:
        return frozenset({Query.DECIMAL_SLIP})
    return frozenset()


def pair_queries(proximal: Estimate | None, distal: Estimate | None) -> frozenset[Query]:
    """`swapped_ends` where the proximal in vivo length is below the distal one."""
    if proximal is None or distal is None or proximal.in_vivo_mm >= distal.in_vivo_mm:
        return frozenset()
    return frozenset({Query.SWAPPED_ENDS})


def soft_queries(typed: Typed, end: End, scheme: Scheme) -> frozenset[Query]:
    """`soft_limit` for a readable length outside the usual span: the screen asks to type it again."""
    low, high = scheme.limits.soft_mm(end)
    if typed.mm is None or low <= typed.mm <= high:
        return frozenset()
    return frozenset({Query.SOFT_LIMIT})


def is_blocked(queries: frozenset[Query]) -> bool:
    return bool(queries & BLOCKING)


def settles(question: Typed, again: Typed) -> bool:
    """Whether the value typed again answers the question: readable, and the same length as before."""
    return again.mm is not None and again.mm == question.mm


@dataclass(frozen=True)
class DigitEntry:
    """The keypad: digits enter as millimetres from the right (3, 1 gives 3.1; 1, 0, 3 gives 10.3).

    With a typed point the digits before it are whole centimetres. A key that would make a third integer
    digit or a second decimal changes nothing (`accepts` tells the screen).
    """

    keys: str = ""

    def press(self, untrusted_key: str) -> DigitEntry:
        """One key, also full-width or a Chinese point; keys that mean nothing here are ignored."""
        key = untrusted_key.translate(_ALIKE)
        if len(key) != 1 or key not in "0123456789.":
            return self
        keys = (self.keys + key).lstrip("0") or "0"
        whole, point, decimals = keys.partition(".")
        fits = len(whole) <= 2 and decimals.isdigit() | (not decimals) and len(decimals) <= 1
        return replace(self, keys=keys) if (fits if point else len(keys) <= 3) else self

    def accepts(self, untrusted_key: str) -> bool:
        """Whether the key would change what is shown or held."""
        return self.press(untrusted_key) != self

    def backspace(self) -> DigitEntry:
        return DigitEntry(self.keys[:-1])

    def clear(self) -> DigitEntry:
        return DigitEntry()

    @property
    def mm(self) -> int | None:
        """The length held, None while nothing is."""
        whole, point, decimals = self.keys.partition(".")
        if not whole and not decimals:
            return None
        return int((whole or "0") + (decimals or "0")) if point else int(whole)

    @property
    def text(self) -> str:
        """What the card shows: `3.1`; while a point waits for its decimal, `10.`."""
        if self.mm is None:
            return "0." if self.keys else ""
        if self.keys.endswith("."):
            return f"{int(self.keys[:-1])}."
        return cm_text(self.mm)

    @property
    def typed(self) -> Typed:
        """The entry as a typed length in cm, for the guards."""
        return parse_length("" if self.mm is None else cm_text(self.mm))
