"""What the margins page knows of a case and what each end shows now. No act, no widget.

A planned line is judged live; anything else only after it was committed and saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reset_or.actions import preview
from reset_or.actions.views import CaseView, EndView, Judgement, ReadingView
from reset_or.base.clock import Clock
from reset_or.record.codebook import label
from reset_or.trial.limits import Scheme
from reset_or.trial.scheme import load_scheme
from ui.viewmodels.margin_asks import Ask
from ui.viewmodels.margin_entry import ENDS, THEATRE, End, EndEntry, Group, PlanLine, Step, other_end
from ui.viewmodels.margin_faces import Shown
from ui.viewmodels.port import Port


@dataclass(frozen=True)
class Committed:
    """A length that was saved and is not yet in the view."""

    mm: int
    judgement: Judgement


@dataclass(frozen=True)
class UndoTarget:
    """What undo would do: clear what is typed, take back a planned line, or restore a saved value."""

    kind: str
    end: End
    to_mm: int | None = None
    reading: str = ""


class MarginsState:
    """Case, step, active end, what is typed, what is being saved. `changed` follows every change."""

    def __init__(
        self, port: Port, clock: Clock, user: Callable[[], str], changed: Callable[[], None]
    ) -> None:
        self.port, self.clock, self.user, self.changed = port, clock, user, changed
        self.view: CaseView | None = None
        self.case = ""
        self.step: Step = "record"
        self.active: End = "proximal"
        self.forget()

    def forget(self) -> None:
        """Another case: nothing typed, planned or chosen before holds for it."""
        self.entries: dict[Group, dict[End, EndEntry]] = {
            "record": {end: EndEntry(state="in_vivo") for end in ENDS},
            "specimen": {end: EndEntry(state="fresh") for end in ENDS},
        }
        self.plan: dict[End, PlanLine] = {end: PlanLine() for end in ENDS}
        self.groups: dict[End, Group] = {"proximal": "record", "distal": "record"}
        self.committed: dict[tuple[Group, End], Committed] = {}
        self.saving: dict[tuple[Group, End], int] = {}
        self.saved_at: int | None = None
        self.step_chosen = False
        self.ask: Ask | None = None

    @property
    def scheme(self) -> Scheme:
        return load_scheme(self.view.scheme) if self.view is not None else load_scheme()

    def group(self, end: End) -> Group:
        return "specimen" if self.step == "specimen" else self.groups[end]

    def entry(self, end: End) -> EndEntry:
        return self.entries[self.group(end)][end]

    def seen(self, group: Group, end: End) -> EndView:
        if self.view is None:
            return EndView(end, None)
        return (self.view.record if group == "record" else self.view.specimen).end(end)

    def is_ours(self, reading: ReadingView) -> bool:
        """Readings made in theatre are theatre's; a pathologist changes only the own ones."""
        if reading.recorded_by == self.user():
            return True
        return self.view is not None and self.view.may_record and reading.role in THEATRE

    def is_confirmed(self, group: Group) -> bool:
        """Whether what stands in a step is signed for good and only "Amend" could change it."""
        if self.view is None:
            return False
        if group == "record":
            return self.view.lifecycle == "confirmed"
        mains = [self.seen(group, end).main for end in ENDS]
        return all(main is not None and main.signed for main in mains)

    def editable(self, end: End) -> bool:
        view = self.view
        if view is None or view.read_only or view.withdrawn or self.step == "plan":
            return self.step == "plan" and view is not None and view.may_record
        group = self.group(end)
        allowed = view.may_record if group == "record" else view.may_measure
        return allowed and not self.is_confirmed(group)

    def elapsed_ms(self) -> int | None:
        if self.view is None or self.view.removed_at is None:
            return None
        return max(0, self.clock.now_at() - self.view.removed_at)

    def shown_value(self, end: End) -> int | None:
        """The committed or planned length of an end, with its extra segments."""
        if self.step == "plan":
            return self.plan[end].value_mm
        group = self.group(end)
        seen, fresh = self.seen(group, end), self.committed.get((group, end))
        if seen.main is not None and seen.main.value_mm is None:
            return fresh.mm if fresh else None
        if fresh is not None and (seen.main is None or seen.main.value_mm != fresh.mm):
            return fresh.mm
        return seen.total_mm if seen.extras else seen.main.value_mm if seen.main else None

    def judgement(self, end: End) -> Judgement:
        """The judgement of what `shown_value` gives: live for a plan, else only of what was saved."""
        if self.view is None:
            return Judgement()
        if self.step == "plan":
            return preview.preview_end(
                self.view, step="plan", end=end, value_mm=self.plan[end].value_mm, state="in_vivo_plan"
            )  # fmt: skip
        group = self.group(end)
        seen, fresh = self.seen(group, end), self.committed.get((group, end))
        if fresh is not None and (seen.main is None or seen.main.value_mm != fresh.mm):
            return fresh.judgement
        return seen.judgement

    def shown(self, end: End) -> Shown:
        """What the card and the line of one end show now."""
        group = self.group(end)
        if self.step == "plan":
            line, seen = self.plan[end], EndView(end, self.seen("record", end).bands)
            return Shown(end, "plan", seen, line.value_mm, self.judgement(end), line.digits.text)
        entry, seen = self.entry(end), self.seen(group, end)
        extra, saving = entry.segment == "extra", self.saving.get((group, end))
        main = seen.main
        stored = entry.stored_state(self.scheme, self.elapsed_ms())
        return Shown(
            end=end,
            step=group,
            seen=seen,
            value_mm=saving if saving is not None else None if extra else self.shown_value(end),
            judgement=self.judgement(end),
            typed=entry.digits.text,
            typing=bool(entry.digits.keys),
            saving=saving is not None,
            refused=entry.refused,
            question=entry.question if entry.question_mm is not None and not entry.digits.keys else (),
            restated=label("state", main.state, self.port.language) if entry.restated and main else "",
            late=stored == "fresh_unpinned_late" and (main is None or entry.typing),
            extra=extra,
        )

    def undo_target(self) -> UndoTarget | None:
        """What undo would do now, so that the button can name it."""
        if self.step == "plan":
            ends = [end for end in (self.active, other_end(self.active)) if self.plan[end].before]
            return UndoTarget("plan", ends[0], self.plan[ends[0]].before[-1]) if ends else None
        if self.entry(self.active).typing:
            return UndoTarget("clear", self.active)
        found = [
            (reading, end)
            for end in ENDS
            for reading in self._undoable(end)
            if self.editable(end)
        ]  # fmt: skip
        if not found:
            return None
        reading, end = max(found, key=lambda each: (each[0].saved_at, each[1] == self.active))
        return UndoTarget("reading", end, reading.undo_to_mm, reading.rec)

    def _undoable(self, end: End) -> list[ReadingView]:
        seen = self.seen(self.group(end), end)
        parts = [part for part in (seen.main, *seen.extras) if part is not None]
        return [
            part for part in parts if part.value_mm is not None and not part.conflict and self.is_ours(part)
        ]

    def last_saved_at(self) -> int | None:
        """When the newest reading shown was saved, by the clock of this device or by the record."""
        times = [
            reading.saved_at
            for end in ENDS
            for reading in (self.seen(self.group(end), end).main, *self.seen(self.group(end), end).extras)
            if reading is not None
        ]
        return self.saved_at or max(times, default=None)
