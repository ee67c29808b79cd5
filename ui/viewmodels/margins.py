"""The margins page without its widgets: plan, record, specimen; typing, committing, undo, state per end.

A length is judged only after it was committed and saved; the planned line is judged live and never saved.
Owns no widget and no rule of the trial. What stands where is `margin_state`, questions are `margin_answers`,
drafts `margin_drafts`, what is drawn `margin_faces`.
"""

from __future__ import annotations

from reset_or.actions import cases, drafts, readings
from reset_or.actions.views import CaseView
from reset_or.record.codebook import Value
from reset_or.trial.entry import DigitEntry, settles
from ui.viewmodels.margin_entry import ENDS, GROUPS, End, Step, choice_of, group_of
from ui.viewmodels.margin_saving import Saving, doubtful
from ui.viewmodels.margin_typing import PAGE, MarginTyping


class MarginsModel(MarginTyping):
    """The acts of the margins page; `changed` is called whenever something shown may have changed."""

    fresh_wanted = False

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
        back_in = self.view is not None and self.view.removed_at is not None and view.removed_at is None
        self.view = view
        if back_in and self.step == "record":
            self.groups = {"proximal": "record", "distal": "record"}
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
        if main is not None and self.editable(end):
            if entry.state != choice:
                entry.clear()
            entry.restated = choice_of(main.state) != choice
            entry.state = choice
        elif main is None:
            entry.state = choice
        self.touched()

    def begin_extra(self, end: End) -> None:
        """The next value typed at this end is an extra segment with its own state."""
        self.activate(end)
        entry = self.entry(end)
        if self.editable(end) and not entry.typing:
            entry.segment = "main" if entry.segment == "extra" else "extra"
        self.changed()

    # committing -----------------------------------------------------------------------------------------
    def commit(self, end: End | None = None, *, quietly: bool = False) -> bool:
        """Enter, "Record", or going elsewhere. True unless something typed still stands unsaved.

        A refused length stays with its reason; a doubtful one is asked to be typed again. `quietly` leaves
        an empty answer to an open question alone.
        """
        end = end or self.active
        if self.step == "plan" or self.view is None:
            self.plan[end].digits = DigitEntry()
            self.changed()
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
        Saving(self, end, typed.mm, typed.entered, retyped=retyped).begin()
        return True

    def commit_all(self) -> bool:
        """Before the second person, or on leaving: True if nothing typed stands unsaved."""
        done = [self.commit(end, quietly=True) for end in ENDS]
        return all(done)

    # drafts ---------------------------------------------------------------------------------------------
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
