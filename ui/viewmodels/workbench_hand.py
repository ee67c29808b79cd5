"""What the hand does on the photograph: points placed, picked, moved and taken away, of a path or of a ruler.

Owns what is drawn and not yet saved. Which tool is taken, and what becomes of it, is `workbench`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reset_or.trial.entry import DigitEntry
from ui.viewmodels.drawing import SEGMENTS, Drawing, Point
from ui.viewmodels.port import Net, Port
from ui.viewmodels.workbench_scale import Scale
from ui.viewmodels.workbench_standing import ENDS, Standing
from ui.viewmodels.workbench_ticks import TickMarks

Tool = Literal["pan", "calibrate", "measure", "edit"]


@dataclass(frozen=True)
class Notice:
    """One line of the panel; `advice` says what to do, `tone` how it looks."""

    text: str
    advice: str = ""
    tone: str = "info"


class Hand(Standing):
    """`changed` asks to be shown. While a ruler's marks are looked at, the hand has those and no path."""

    def __init__(self, port: Port, net: Net, user: Callable[[], str], changed: Callable[[], None]) -> None:
        super().__init__(user)
        self.port, self.changed = port, changed
        self.scale, self.drawing = Scale(port, net), Drawing()
        self.tool: Tool = "pan"
        self.end = ENDS[0]
        self.notice: Notice | None = None

    @property
    def ticks(self) -> TickMarks | None:
        """The ruler's marks, while they are what is worked on."""
        return self.scale.ticks if self.tool == "calibrate" else None

    @property
    def chosen(self) -> tuple[str, int]:
        """The path that is worked on and its picked point, -1 for none."""
        if self.ticks is not None:
            return "ruler", self.ticks.chosen
        return self.drawing.now.code, self.drawing.now.chosen

    # points -----------------------------------------------------------------------------------------------
    def place(self, point: Point) -> None:
        code = self.drawing.now.code
        if self.tool == "calibrate" and (self.scale.method != "ruler_points" or code not in SEGMENTS):
            return
        if self.tool == "measure" and not self.next_no(self.end):
            self.notice = Notice(self.port.say("workbench.enough"), tone="quiet")
            self.changed()
            return
        self.notice = None
        self.drawing.place(point)
        if self.drawing.now.is_ended and code == "ruler":
            self.choose_segment()
        self.changed()

    def choose_segment(self) -> None:
        """The ruler's marks first, then the check."""
        ended = self.drawing.now.ended
        self.drawing.choose("check" if "ruler" in ended else "ruler")

    def pick(self, code: str, index: int) -> None:
        if self.ticks is None:
            self.drawing.choose(code, index)
        elif code == "ruler":
            self.ticks.choose(index)
        self.changed()

    def move(self, index: int, point: Point) -> None:
        if self.ticks is not None:
            self.ticks.drag(point)
            self._other_scale()
            return
        self.drawing.drag(index, point)
        if self.drawing.now.code in SEGMENTS:
            self.scale.found = None
        self.changed()

    def drop(self) -> None:
        self.drawing.let_go()
        if self.ticks is not None:
            self.ticks.let_go()

    def remove(self) -> None:
        if self.ticks is not None:
            self.ticks.remove()
            self._other_scale()
            return
        self.drawing.remove()
        self.changed()

    def cancel(self) -> None:
        """Escape: what is being drawn goes; undo brings it back. A ruler's mark is let be."""
        if self.ticks is not None:
            self.ticks.choose(-1)
        else:
            self.drawing.clear(self.drawing.now.code)
        self.changed()

    # what the marks stand for -----------------------------------------------------------------------------
    def type_length(self, code: str, entry: DigitEntry) -> None:
        """The true length of a segment of the ruler, millimetres from the right."""
        self.scale.lengths[code] = entry
        self._other_scale()

    def say_step(self, code: str) -> None:
        """What one step of the ruler is."""
        if self.ticks is not None:
            self.ticks.say_step(code)
            self._other_scale()

    def say_place(self, key: str) -> None:
        """A key of where the picked mark stands; "" is backspace."""
        if self.ticks is not None:
            self.ticks.say_place(key)
            self._other_scale()

    def _other_scale(self) -> None:
        """Other marks or lengths are another proposal."""
        self.scale.found, self.notice = None, None
        self.changed()
