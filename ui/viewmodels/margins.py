"""The margins page without its widgets: plan, record, specimen; typing, committing, undo, state per end.

A length is judged only after it was committed and saved; the planned line is judged live and never saved.
Owns no widget and no rule of the trial. What stands where is `margin_state`, questions are `margin_answers`,
drafts `margin_drafts`, what is drawn `margin_faces`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reset_or.actions import cases, drafts, readings
from reset_or.actions.views import CaseView
from reset_or.base.clock import Clock
from reset_or.base.errors import ResetOrError
from reset_or.record.codebook import Value
from reset_or.trial.entry import DigitEntry, settles
from ui.viewmodels.margin_drafts import DraftKeeper
from ui.viewmodels.margin_entry import ENDS, GROUPS, End, EndEntry, Step, group_of
from ui.viewmodels.margin_saving import changed_fields, doubtful, judged, reading_fields
from ui.viewmodels.margin_state import Committed, MarginsState
from ui.viewmodels.port import Port

PAGE = "margins"


class MarginsModel(MarginsState):
    """The acts of the margins page; `changed` is called whenever something shown may have changed."""

    def __init__(
        self, port: Port, clock: Clock, user: Callable[[], str], changed: Callable[[], None]
    ) -> None:
        super().__init__(port, clock, user, changed)
        self.keeper = DraftKeeper(port, clock, PAGE, changed)
        self.fresh_wanted = False

    # the case -----------------------------------------------------------------------------------------
    def open(self, case: str, step: str = "") -> None:
        """Load a case and its draft; the step is chosen by the case where none is asked for."""
        if case != self.case:
            self.case, self.view = case, None
            self.forget()
            self.keeper.open(case, {})
            self.port.run(drafts.load_draft, self._draft_loaded, page=PAGE, case=case)
        if step in ("plan", "record", "specimen"):
            self.step_chosen = True
            self.set_step(step)  # type: ignore[arg-type]
        self.reload()

    def reload(self) -> None:
        case = self.case
        self.port.run(
            cases.case_view, lambda view: self.set_view(view) if case == self.case else None, case=case
        )

    def _draft_loaded(self, data: dict[str, Value] | None) -> None:
        if not data:
            return
        for group in GROUPS:
            for end in ENDS:
                self.entries[group][end].from_draft(f"{group}_{end}_", data)
                if self.entries[group][end].typing:
                    self.groups[end] = group
        self.keeper.open(self.case, data)
        if self.view is not None:
            self._drop_stale()
        self.changed()

    def set_view(self, view: CaseView) -> None:
        """The case as it stands now; what is being typed stays."""
        first = self.view is None
        self.view = view
        for group in GROUPS:
            for end in ENDS:
                main = self.seen(group, end).main
                entry = self.entries[group][end]
                if main is not None and not entry.typing and not entry.restated and self.is_ours(main):
                    entry.take(main)
        self._drop_stale()
        if first:
            self._settle_first()
        elif self.fresh_wanted and view.removed_at is not None:
            self.fresh_wanted = False
            self.fresh_by_itself()
        self.changed()

    def _settle_first(self) -> None:
        view = self.view
        assert view is not None
        if view.may_measure and not view.may_record:
            self.set_step("specimen")
            for end in ENDS:
                entry = self.entries["specimen"][end]
                entry.measured_by = entry.measured_by or self.user()
        self.fresh_by_itself()
        missing = [end for end in ENDS if self.shown_value(end) is None]
        if missing and not any(self.entry(end).typing for end in ENDS):
            self.active = missing[0]

    def _drop_stale(self) -> None:
        """A draft that says what was saved meanwhile is no draft."""
        for group in GROUPS:
            for end in ENDS:
                entry, main = self.entries[group][end], self.seen(group, end).main
                plain = entry.segment == "main" and not entry.restated and not entry.question
                if main is not None and plain and entry.typing and entry.digits.mm == main.value_mm:
                    entry.done()

    def removed(self) -> None:
        """The removal was saved: Fresh comes by itself as soon as the case says so."""
        if self.view is not None and self.view.removed_at is None:
            self.fresh_wanted = True
        self.fresh_by_itself()
        self.changed()

    # moving ---------------------------------------------------------------------------------------------
    def set_step(self, step: Step) -> None:
        self.step_chosen = True
        if step != self.step:
            for end in ENDS:
                self.commit(end, quietly=True)
            self.step, self.ask = step, None
            if step == "record":
                self.groups = {"proximal": "record", "distal": "record"}
                self.fresh_by_itself()
        self.changed()

    def fresh_by_itself(self) -> None:
        """After removal an end without a reading of the body shows Fresh (rulings)."""
        if self.view is None or self.view.removed_at is None or self.step != "record":
            return
        for end in ENDS:
            entry = self.entries["record"][end]
            nothing = self.seen("record", end).main is None and not entry.typing and not entry.typed_later
            if nothing and ("record", end) not in self.saving and ("record", end) not in self.committed:
                self.groups[end] = "specimen"

    def activate(self, end: End) -> None:
        """Choosing the other end commits what stands in this one."""
        if end != self.active:
            self.commit(self.active, quietly=True)
            self.active = end
        self.changed()

    def choose_state(self, end: End, choice: str) -> None:
        """A state of this end; it never rewrites a value, a saved one is asked for anew."""
        group = group_of(choice)
        self.groups[end], entry = group, self.entries[group][end]
        main = self.seen(group, end).main
        if main is not None and entry.state != choice:
            entry.clear()
            entry.restated = True
        entry.state = choice
        if (
            main is not None
            and entry.restated
            and main.state == entry.stored_state(self.scheme, self.elapsed_ms())
        ):
            entry.restated = False
        self.touched()

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

    def begin_extra(self, end: End) -> None:
        """The next value typed at this end is an extra segment with its own state."""
        self.activate(end)
        entry = self.entry(end)
        if self.editable(end) and not entry.typing:
            entry.segment = "main" if entry.segment == "extra" else "extra"
        self.changed()

    def touched(self) -> None:
        self.keeper.touch()
        self.changed()

    # committing -----------------------------------------------------------------------------------------
    def commit(self, end: End | None = None, *, quietly: bool = False) -> bool:
        """Enter, "Record", or going elsewhere. True unless something typed still stands unsaved.

        A refused length stays with its reason; a doubtful one is asked to be typed again. `quietly` leaves
        an empty answer to an open question alone.
        """
        end = end or self.active
        if self.step == "plan" or self.view is None:
            return True
        entry = self.entry(end)
        if not entry.typing:
            return True
        if entry.refused or not entry.digits.keys or not self.editable(end):
            return False
        typed = entry.digits.typed
        if typed.mm is None:
            entry.refused = typed.problem.value if typed.problem else "not_a_number"
            self.changed()
            return False
        retyped = entry.question_mm is not None and settles(DigitEntry(str(entry.question_mm)).typed, typed)
        if not retyped and doubtful(self, end, entry, typed.mm):
            self.touched()
            return False
        self._save(end, entry, typed.mm, typed.entered, retyped=retyped)
        return True

    def _save(self, end: End, entry: EndEntry, mm: int, entered: str, *, retyped: bool) -> None:
        group = self.group(end)
        key = (group, end)
        fields = reading_fields(self, entry)
        extra, state, restated = entry.segment == "extra", str(fields["state"]), entry.restated
        judgement = judged(self, end, mm, entry, state)
        main = self.seen(group, end).main
        entry.done()
        rest = self.draft_data()
        page = "" if rest else PAGE
        self.saving[key] = mm

        def done(_: object) -> None:
            self.saving.pop(key, None)
            self.saved_at = self.clock.now_at()
            if not extra and not self.seen(group, end).extras:
                self.committed[key] = Committed(mm, judgement)
            self.changed()

        def failed(_: ResetOrError) -> bool:
            self.saving.pop(key, None)
            entry.digits, entry.segment, entry.restated = (
                DigitEntry(str(mm)),
                "extra" if extra else "main",
                restated,
            )
            self.touched()
            return False

        common: dict[str, Any] = {"value_mm": mm, "entered": entered, "retyped": retyped, "draft_page": page}
        if main is not None and self.is_ours(main) and not extra and not self.seen(group, end).needs_third:
            changed = changed_fields(main, fields) or None
            self.port.run(
                readings.change_reading, done, failed=failed, reading=main.rec, fields=changed, **common
            )
        else:
            self.port.run(
                readings.record_reading, done, failed=failed, case=self.case, end=end,
                segment="extra" if extra else "main", **fields, **common,
            )  # fmt: skip
        if page:
            self.keeper.dropped()
        else:
            self.keeper.touch()
            self.keep()
        self.changed()

    def commit_all(self) -> bool:
        """Before the second person, or on leaving: True if nothing typed stands unsaved."""
        done = [self.commit(end, quietly=True) for end in ENDS]
        return all(done)

    # drafts ---------------------------------------------------------------------------------------------
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

    def leave(self) -> None:
        """Leaving the page commits what can be committed; the rest stays as a draft."""
        self.commit_all()
        self.ask = None
        self.keep()

    # undo -----------------------------------------------------------------------------------------------
    def undo(self) -> None:
        target = self.undo_target()
        if target is None:
            return
        if target.kind == "plan":
            self.plan[target.end].undo()
        elif target.kind == "clear":
            self.clear()
        else:
            self.committed.pop((self.group(target.end), target.end), None)
            self.port.run(readings.undo_reading, self._saved, reading=target.reading)
        self.changed()

    def _saved(self, _: object) -> None:
        self.saved_at = self.clock.now_at()
        self.changed()
