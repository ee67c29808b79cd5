"""A ruler's ticks as the picture showed them, and what a person corrects before they become a scale.

Owns the marks proposed, what one step of the ruler is said to be, and undo of every correction. A mark's
place on the ruler is so many steps, until a person says where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from reset_or.actions.calibrating import CalibrationRequest
from reset_or.trial.entry import DigitEntry
from ui.viewmodels.drawing import Mark, Path, Point

STEPS_MM: Final = {
    "mm": 1.0, "half_mm": 0.5, "five_mm": 5.0, "cm": 10.0, "inch_16": 25.4 / 16, "inch_8": 25.4 / 8
}  # fmt: skip
"""What one step of a ruler may be, by the word that names it."""


class FoundTicks(Protocol):
    """What reading a ruler gives. See images.marks."""

    @property
    def places(self) -> Path: ...
    @property
    def marks_mm(self) -> tuple[float, ...]: ...
    @property
    def step_mm(self) -> float: ...
    @property
    def unit_sure(self) -> bool: ...
    @property
    def spread_px(self) -> float: ...
    @property
    def k1(self) -> float: ...


@dataclass(frozen=True)
class Tick:
    """`said`: where a person says it stands; `moved`: a hand put it where it is."""

    point: Point
    steps: float
    said: DigitEntry = field(default_factory=DigitEntry)
    moved: bool = False

    def mm(self, step_mm: float) -> float:
        return self.steps * step_mm if self.said.mm is None else float(self.said.mm)


@dataclass(frozen=True)
class _State:
    ticks: tuple[Tick, ...]
    step_mm: float | None


class TickMarks:
    """The marks at work; `chosen` is the one picked last, -1 for none."""

    def __init__(self, found: FoundTicks) -> None:
        ticks = zip(found.places, found.marks_mm, strict=True)
        step = found.step_mm if found.unit_sure else None
        self._now = _State(tuple(Tick(point, mm / found.step_mm) for point, mm in ticks), step)
        self._before: list[_State] = []
        self._spread_px, self._k1 = found.spread_px, found.k1
        self._dragging = False
        self.chosen = -1

    # what stands ------------------------------------------------------------------------------------------
    @property
    def ticks(self) -> tuple[Tick, ...]:
        return self._now.ticks

    @property
    def step(self) -> str:
        """The word for one step; "" while nobody said it and the ruler does not show it."""
        step_mm = self._now.step_mm
        near = (code for code, mm in STEPS_MM.items() if step_mm is not None and abs(mm - step_mm) < 1e-6)
        return next(near, "")

    @property
    def edited(self) -> bool:
        return bool(self._before)

    @property
    def at(self) -> Tick | None:
        """The mark that is picked."""
        return self.ticks[self.chosen] if 0 <= self.chosen < len(self.ticks) else None

    def place_text(self, tick: Tick) -> str:
        """Where a mark stands, in cm; "" while one step is not known."""
        step_mm = self._now.step_mm
        if step_mm is None and tick.said.mm is None:
            return tick.said.text
        return tick.said.text or f"{tick.mm(step_mm or 0.0) / 10:.2f}".rstrip("0").rstrip(".")

    def mark(self) -> Mark:
        """As it is drawn: every mark with its place on the ruler."""
        points = tuple(tick.point for tick in self.ticks)
        return Mark("ruler", points, numbers=tuple(self.place_text(tick) for tick in self.ticks))

    def request(self, zoom: float) -> CalibrationRequest | None:
        """These marks as a scale to be worked out; None while one step is not known or too few are left."""
        step_mm, ticks = self._now.step_mm, self.ticks
        if step_mm is None or len(ticks) < 2:
            return None
        by_hand = any(tick.moved for tick in ticks)
        return CalibrationRequest(
            "ruler_ticks", tuple(tick.point for tick in ticks),
            marks_mm=tuple(tick.mm(step_mm) for tick in ticks), zoom=zoom, k1=self._k1,
            spread_px=None if by_hand else self._spread_px,
        )  # fmt: skip

    # corrections ------------------------------------------------------------------------------------------
    def say_step(self, code: str) -> None:
        self._put(replace(self._now, step_mm=STEPS_MM[code]))

    def choose(self, index: int) -> None:
        self.chosen = index

    def drag(self, point: Point) -> None:
        """All until `let_go` is one step to undo."""
        tick = self.at
        if tick is None:
            return
        if not self._dragging:
            self._before.append(self._now)
            self._dragging = True
        self._now = self._with(replace(tick, point=point, moved=True))

    def let_go(self) -> None:
        self._dragging = False

    def say_place(self, key: str) -> None:
        """A key of where the picked mark stands, millimetres from the right; "" is backspace."""
        tick = self.at
        if tick is not None:
            said = tick.said.press(key) if key else tick.said.backspace()
            self._put(self._with(replace(tick, said=said)))

    def remove(self) -> None:
        """The picked mark is left out; two always stay."""
        if self.at is not None and len(self.ticks) > 2:
            left = (*self.ticks[: self.chosen], *self.ticks[self.chosen + 1 :])
            self._put(replace(self._now, ticks=left))
            self.chosen = min(self.chosen, len(left) - 1)

    def undo(self) -> bool:
        if not self._before:
            return False
        self._now = self._before.pop()
        self.chosen = min(self.chosen, len(self.ticks) - 1)
        return True

    def _with(self, tick: Tick) -> _State:
        ticks = (*self.ticks[: self.chosen], tick, *self.ticks[self.chosen + 1 :])
        return replace(self._now, ticks=ticks)

    def _put(self, state: _State) -> None:
        if state != self._now:
            self._before.append(self._now)
            self._now = state
