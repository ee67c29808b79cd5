"""What is being typed at one end of one step before it is a reading: digits, state and chips. Pure values.

Owns the difference between the four states a person chooses and the codes that are stored; the rules behind
it are trial's. Saves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

from reset_or.actions.views import ReadingView
from reset_or.record.codebook import Value
from reset_or.trial.codes import State
from reset_or.trial.entry import DigitEntry
from reset_or.trial.limits import Scheme
from reset_or.trial.states import fixed_state, fresh_state

End = Literal["proximal", "distal"]
Step = Literal["plan", "record", "specimen"]
Group = Literal["record", "specimen"]
ENDS: Final[tuple[End, End]] = ("proximal", "distal")
GROUPS: Final[tuple[Group, Group]] = ("record", "specimen")
ATTACHED: Final = ("in_vivo", "exteriorised")
BENCH: Final = ("fresh", "fixed")
THEATRE: Final = ("surgeon", "or_nurse")
LANDMARKS: Final = ("tattoo", "clip")
_MS_PER_HOUR: Final = 3_600_000
_TEXTS: Final = ("state", "edge", "method", "measured_by", "segment")


def other_end(end: End) -> End:
    return "distal" if end == "proximal" else "proximal"


def group_of(choice: str) -> Group:
    """The step to which a reading in this state belongs."""
    return "record" if choice in ATTACHED else "specimen"


def choice_of(state: str) -> str:
    """The state as a person chooses it: in_vivo, exteriorised, fresh or fixed."""
    if state.startswith("fresh"):
        return "fresh"
    return state if state in ATTACHED else "fixed"


@dataclass
class EndEntry:
    """One end of one step. `state` is the choice, not the stored code; `offset_mm` is trial's signed offset.

    `stuck`: a key was refused and waits for Backspace.

    `question` holds the codes that ask to type the value again, `question_mm` what was typed then; `refused`
    is the code shown in place of a verdict. `restated`: another state was chosen for a saved reading, so
    its value is to be typed anew.
    """

    digits: DigitEntry = field(default_factory=DigitEntry)
    refused: str = ""
    stuck: bool = False
    question: tuple[str, ...] = ()
    question_mm: int | None = None
    state: str = ""
    pinned: bool = False
    hours: int | None = None
    edge: str = ""
    method: str = ""
    measured_by: str = ""
    offset_mm: int | None = None
    segment: str = "main"
    restated: bool = False
    typed_later: bool = False
    measured_at: int | None = None

    @property
    def typing(self) -> bool:
        """Whether something stands here that is not saved."""
        return bool(self.digits.keys) or self.question_mm is not None

    def press(self, key: str) -> bool:
        """One typed key; False if it was refused, with the reason in `refused`."""
        if self.stuck:
            return False
        after = self.digits.press(key)
        if after == self.digits:
            # More was typed than a length can hold: what stands there is not what was meant, so it waits.
            self.stuck = not (self.digits.keys == "0" and key in "0０")
            if self.stuck:
                self.refused = "digits_two_decimals" if "." in self.digits.keys else "out_of_range"
            return not self.stuck
        self.digits, self.refused = after, ""
        return True

    def backspace(self) -> None:
        """Takes back the last key, also one that was refused."""
        if not self.stuck:
            self.digits = self.digits.backspace()
        self.refused, self.stuck = "", False

    def clear(self) -> None:
        """Forget the digits, the refusal and the question; chips stay."""
        self.digits, self.refused, self.stuck = DigitEntry(), "", False
        self.question, self.question_mm = (), None

    def done(self) -> None:
        """The value was handed over to be saved."""
        self.clear()
        self.segment, self.restated = "main", False

    def stored_state(self, scheme: Scheme, elapsed_ms: int | None) -> str:
        """The code that is stored: the clock makes a fresh reading late, the hours make a fixed one fixed."""
        if self.state == "fresh":
            return fresh_state(pinned=self.pinned, elapsed_ms=elapsed_ms, scheme=scheme).value
        if self.state == "fixed":
            in_formalin = None if self.hours is None else self.hours * _MS_PER_HOUR
            return fixed_state(pinned=self.pinned, in_formalin_ms=in_formalin, scheme=scheme).value
        return self.state or State.IN_VIVO.value

    def take(self, reading: ReadingView) -> None:
        """Show the chips as they are recorded."""
        self.state = choice_of(reading.state)
        self.pinned = reading.state.endswith("_pinned")
        self.edge, self.method = reading.edge, reading.method
        self.measured_by, self.offset_mm = reading.measured_by, reading.landmark_offset_mm
        self.typed_later, self.measured_at = reading.typed_later, reading.measured_at

    def to_draft(self, prefix: str) -> dict[str, Value]:
        """The entry as plain fields of a draft, their names beginning with `prefix`."""
        data: dict[str, Value] = {f"{prefix}keys": self.digits.keys}
        data |= {f"{prefix}{name}": getattr(self, name) for name in _TEXTS if getattr(self, name)}
        if self.question_mm is not None:
            data |= {f"{prefix}question": " ".join(self.question), f"{prefix}question_mm": self.question_mm}
        for name in ("hours", "offset_mm", "measured_at"):
            if getattr(self, name) is not None:
                data[f"{prefix}{name}"] = getattr(self, name)
        for name in ("pinned", "restated", "typed_later"):
            if getattr(self, name):
                data[f"{prefix}{name}"] = True
        return data

    def from_draft(self, prefix: str, data: dict[str, Value]) -> None:
        """Takes back what `to_draft` gave; digits are pressed again, so that nothing else can come in."""
        if f"{prefix}keys" not in data:
            return
        self.clear()
        for key in str(data[f"{prefix}keys"]):
            self.digits = self.digits.press(key)
        for name in _TEXTS:
            if f"{prefix}{name}" in data:
                setattr(self, name, str(data[f"{prefix}{name}"]))
        for name in ("hours", "offset_mm", "measured_at", "question_mm"):
            value = data.get(f"{prefix}{name}")
            if isinstance(value, int):
                setattr(self, name, value)
        for name in ("pinned", "restated", "typed_later"):
            setattr(self, name, bool(data.get(f"{prefix}{name}", False)))
        self.question = tuple(str(data.get(f"{prefix}question", "")).split())


@dataclass
class PlanLine:
    """The planned line of one end: a length that is never recorded, with what undo would restore."""

    value_mm: int | None = None
    digits: DigitEntry = field(default_factory=DigitEntry)
    before: list[int | None] = field(default_factory=list)

    def set(self, value_mm: int | None) -> None:
        if value_mm != self.value_mm:
            self.before.append(self.value_mm)
            self.value_mm = value_mm

    def press(self, key: str) -> None:
        """One typed digit; the first of a number is where undo returns to."""
        after = self.digits.press(key)
        if after != self.digits:
            if not self.digits.keys:
                self.grab()
            self.digits, self.value_mm = after, after.mm or None

    def backspace(self) -> None:
        if self.digits.keys:
            self.digits = self.digits.backspace()
            self.value_mm = self.digits.mm or None

    def slide(self, value_mm: int) -> None:
        """While a line is dragged; the drag began with `grab`."""
        self.value_mm, self.digits = value_mm, DigitEntry()

    def grab(self) -> None:
        self.before.append(self.value_mm)

    def undo(self) -> None:
        if self.before:
            self.value_mm = self.before.pop()
            self.digits = DigitEntry()
