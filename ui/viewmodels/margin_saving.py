"""From a typed length to a saved reading: the questions it raises, its fields, what changed. No act."""

from __future__ import annotations

from typing import Any, Final

from reset_or.actions import preview, readings
from reset_or.actions.views import Judgement, ReadingView
from reset_or.base.errors import ResetOrError
from reset_or.trial.codes import BLOCKING, State
from reset_or.trial.codes import End as EndCode
from reset_or.trial.entry import DigitEntry, end_queries
from ui.viewmodels.margin_entry import ATTACHED, End, EndEntry, other_end
from ui.viewmodels.margin_state import Committed, MarginsState
from ui.viewmodels.margin_typing import PAGE, MarginTyping

_BLOCKING: Final = frozenset(query.value for query in BLOCKING)
_TELLING: Final = ("unit_mistake", "digits_two_decimals", "zero", "out_of_range")


def doubtful(model: MarginsState, end: End, entry: EndEntry, mm: int) -> bool:
    """Refuses or asks; True if the value may not be saved as it stands."""
    view, group, far = model.view, model.group(end), other_end(end)
    assert view is not None
    other = model.seen(group, far).main
    found = preview.entry_questions(
        view,
        end=end,
        value_mm=mm,
        state=entry.stored_state(model.scheme, model.elapsed_ms()),
        other_mm=other.value_mm if other is not None and entry.segment == "main" else None,
        other_state=other.state if other is not None else "",
    )
    # The screen types centimetres, which makes "millimetres typed as centimetres" worth asking.
    setting = preview.setting_of(view)
    state = State(entry.stored_state(model.scheme, model.elapsed_ms()))
    as_typed = end_queries(entry.digits.typed, EndCode(end), state, setting.arm, setting.scheme)
    found = (*found, *(query.value for query in as_typed if query.value not in found))
    refused = [code for code in _TELLING if code in found]
    if refused:
        entry.refused = refused[0]
        return True
    if entry.segment == "extra":
        # An extra ring is short by nature; only the hard limits speak.
        return False
    asked = tuple(code for code in found if code not in _BLOCKING)
    if asked:
        entry.digits, entry.question, entry.question_mm = DigitEntry(), asked, mm
    return bool(asked)


def reading_fields(model: MarginsState, entry: EndEntry) -> dict[str, Any]:
    stored = entry.stored_state(model.scheme, model.elapsed_ms())
    bench = stored not in ATTACHED
    return {
        "state": stored,
        "edge": entry.edge,
        "method": entry.method,
        "measured_by": entry.measured_by,
        "pinned": entry.pinned if bench else None,
        "landmark_offset_mm": entry.offset_mm,
        "typed_later": entry.typed_later,
        "measured_at": entry.measured_at if entry.typed_later else None,
        "formalin_hours": entry.hours if entry.state == "fixed" else None,
    }


def judged(model: MarginsState, end: End, mm: int, entry: EndEntry, state: str) -> Judgement:
    assert model.view is not None
    return preview.preview_end(
        model.view, step=model.group(end), end=end, value_mm=mm, state=state, edge=entry.edge,
        method=entry.method, landmark_offset_mm=entry.offset_mm,
    )  # fmt: skip


def changed_fields(main: ReadingView, fields: dict[str, Any]) -> dict[str, Any]:
    """Which chips differ from the saved reading; a late fresh state never overwrites a timely one."""
    found = {
        name: fields[name]
        for name in ("state", "edge", "method", "measured_by", "landmark_offset_mm")
        if fields[name] not in (None, "") and fields[name] != getattr(main, name)
    }
    if found.get("state", "").startswith("fresh_unpinned") and main.state.startswith("fresh_unpinned"):
        found.pop("state")
    return found


class Saving:
    """One committed length on its way into the store; judged only when it arrived there."""

    def __init__(self, model: MarginTyping, end: End, mm: int, entered: str, *, retyped: bool) -> None:
        self._model, self._end, self._mm = model, end, mm
        self._entered, self._retyped = entered, retyped
        self._group = model.group(end)
        self._entry = model.entry(end)
        self._extra = self._entry.segment == "extra"
        self._restated = self._entry.restated
        self._fields = reading_fields(model, self._entry)
        self._judgement = judged(model, end, mm, self._entry, str(self._fields["state"]))

    def begin(self) -> None:
        """Hands it to the store lane; the draft goes with it unless the other end still has one."""
        model, seen = self._model, self._model.seen(self._group, self._end)
        self._entry.done()
        page = "" if model.draft_data() else PAGE
        model.saving[self._group, self._end] = self._mm
        said: dict[str, Any] = {
            "value_mm": self._mm, "entered": self._entered, "retyped": self._retyped, "draft_page": page,
        }  # fmt: skip
        main = seen.main
        if main is not None and model.is_ours(main) and not self._extra and not seen.needs_third:
            said |= {"reading": main.rec, "fields": changed_fields(main, self._fields) or None}
            model.port.run(readings.change_reading, self._done, failed=self._failed, **said)
        else:
            segment = "extra" if self._extra else "main"
            said |= {"case": model.case, "end": self._end, "segment": segment, **self._fields}
            model.port.run(readings.record_reading, self._done, failed=self._failed, **said)
        if page:
            model.keeper.dropped()
        else:
            model.keeper.touch()
            model.keep()
        model.changed()

    def _done(self, _: object) -> None:
        model, key = self._model, (self._group, self._end)
        model.saving.pop(key, None)
        model.saved_at = model.clock.now_at()
        if not self._extra and not model.seen(*key).extras:
            model.committed[key] = Committed(self._mm, self._judgement)
        model.changed()

    def _failed(self, _: ResetOrError) -> bool:
        """Nothing typed is lost: it stands as a draft again, and the error is shown."""
        self._model.saving.pop((self._group, self._end), None)
        self._entry.digits = DigitEntry(str(self._mm))
        self._entry.segment = "extra" if self._extra else "main"
        self._entry.restated = self._restated
        self._model.touched()
        return False
