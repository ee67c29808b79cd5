"""What is typed on the margins page before it is committed: digits, drafts, the planned line. No widget."""

from __future__ import annotations

from collections.abc import Callable

from reset_or.base.clock import Clock
from reset_or.record.codebook import Value
from reset_or.trial.entry import DigitEntry
from ui.viewmodels.margin_drafts import DraftKeeper
from ui.viewmodels.margin_entry import ENDS, GROUPS, End
from ui.viewmodels.margin_state import MarginsState
from ui.viewmodels.port import Port

PAGE = "margins"


class MarginTyping(MarginsState):
    """Keys in, drafts kept. A draft is nothing that is judged."""

    def __init__(
        self, port: Port, clock: Clock, user: Callable[[], str], changed: Callable[[], None]
    ) -> None:
        super().__init__(port, clock, user, changed)
        self.keeper = DraftKeeper(port, clock, PAGE, changed)

    # typing ---------------------------------------------------------------------------------------------
    def press(self, text: str) -> None:
        """Keys of the keyboard or the keypad, into the open question's field or the active end."""
        if self.ask is not None and self.ask.field:
            self.ask = self.ask.press(text)
        elif self.step == "plan":
            self._press_plan(text)
        elif self.editable(self.active):
            for key in text:
                self.entry(self.active).press(key)
            self.committed.pop((self.group(self.active), self.active), None)
            self.touched()
        self.changed()

    def _press_plan(self, text: str) -> None:
        for key in text:
            self.plan[self.active].press(key)

    def backspace(self) -> None:
        if self.ask is not None and self.ask.field:
            self.ask = self.ask.backspace()
        elif self.step == "plan":
            self.plan[self.active].backspace()
        else:
            self.entry(self.active).backspace()
            self.touched()
        self.changed()

    def clear(self) -> None:
        """Esc: close the question, else forget what is typed."""
        if self.ask is not None:
            self.ask = None
        else:
            entry = self.entry(self.active)
            entry.clear()
            entry.segment, entry.restated = "main", False
            self.touched()
        self.changed()

    def nudge(self, step_mm: int) -> None:
        """Up and Down: 0.1 cm on the planned line, or on a draft that begins at the saved value."""
        base = self.shown_value(self.active)
        if self.step == "plan":
            self.plan[self.active].set(max(1, (base or 0) + step_mm))
            self.plan[self.active].digits = DigitEntry()
        elif self.editable(self.active):
            entry = self.entry(self.active)
            start = entry.digits.mm if entry.digits.keys else base
            if start is not None and 1 <= start + step_mm <= 999 and not entry.stuck:
                entry.digits = DigitEntry(str(start + step_mm))
                self.touched()
        self.changed()

    def grab(self, end: End) -> None:
        self.plan[end].grab()

    def drag(self, end: End, value_mm: int) -> None:
        """A planned line is drawn by hand; only in the plan step, to the millimetre."""
        if self.step == "plan" and value_mm > 0:
            self.active = end
            self.plan[end].slide(value_mm)
            self.changed()

    def touched(self) -> None:
        self.keeper.touch()
        self.changed()

    def draft_data(self) -> dict[str, Value]:
        data: dict[str, Value] = {}
        for group in GROUPS:
            for end in ENDS:
                if self.entries[group][end].typing:
                    data |= self.entries[group][end].to_draft(f"{group}_{end}_")
        return data

    def keep(self) -> None:
        """Write the draft now: the page's timer, focus loss, cover, lock, close."""
        self.keeper.keep(self.draft_data())
