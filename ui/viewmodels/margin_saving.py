"""From a typed length to a saved reading: the questions it raises, its fields, what changed. No act."""

from __future__ import annotations

from typing import Any, Final

from reset_or.actions import preview
from reset_or.actions.views import Judgement, ReadingView
from reset_or.trial.codes import BLOCKING
from reset_or.trial.entry import DigitEntry
from ui.viewmodels.margin_entry import ATTACHED, End, EndEntry, other_end
from ui.viewmodels.margin_state import MarginsState

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
