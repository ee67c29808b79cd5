"""What the answers to the margins page's questions do: chips, states, removal, absence, safety. No widget.

An answer sets what the next saved reading will say; where a reading stands already, it is saved at once as a
counted change. Nothing is chosen silently: what a choice also fills at the other end is shown there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from reset_or.actions import cases, readings
from ui.viewmodels import margin_asks
from ui.viewmodels.margin_entry import ATTACHED, LANDMARKS, End, EndEntry, Group, other_end
from ui.viewmodels.margins import MarginsModel

_CHIPS: Final = ("edge", "method", "measured_by")
_MINUTE_MS: Final = 60_000


class MarginAnswers:
    """Opens questions on the model and takes their answers."""

    def __init__(self, model: MarginsModel) -> None:
        self._model = model

    # opening --------------------------------------------------------------------------------------------
    def open(self, kind: margin_asks.Kind, end: End | None = None) -> None:
        """Ask; a question that is open already is closed by asking it again."""
        model = self._model
        end = end or model.active
        if model.view is None or (model.ask is not None and (model.ask.kind, model.ask.end) == (kind, end)):
            model.ask = None
            model.changed()
            return
        entry, by = model.entry(end), model.port
        if kind == "removed":
            model.ask = margin_asks.ask_removed(by, end)
        elif kind == "measured_by":
            model.ask = margin_asks.ask_people(by, kind, end, model.view, entry.measured_by)
        elif kind == "safety":
            model.ask = margin_asks.ask_people(by, kind, end, model.view, "")
        elif kind == "hours":
            model.ask = margin_asks.ask_hours(by, end)
        else:
            chosen = getattr(entry, kind, "")
            model.ask = margin_asks.ask_code(by, kind, end, chosen, bench=model.group(end) == "specimen")
        model.changed()

    def state(self, end: End, choice: str) -> None:
        """A state of one end. After removal the states of the body ask, before it the others (rulings)."""
        model = self._model
        view = model.view
        if view is None:
            return
        model.active = end
        attached = choice in ATTACHED
        recorded = model.seen("record", end).main is not None or model.entries["record"][end].typed_later
        if attached and view.removed_at is not None and not recorded:
            model.ask = margin_asks.ask_typed_later(model.port, end, choice)
            model.changed()
            return
        model.choose_state(end, choice)
        model.ask = None
        if choice == "fixed" and model.entry(end).hours is None:
            model.ask = margin_asks.ask_hours(model.port, end)
        elif not attached and view.removed_at is None and view.may_record:
            model.ask = margin_asks.ask_removed(model.port, end)
        model.changed()

    def extra_segment(self, end: End) -> None:
        """The next value at this end is an extra segment; after removal its state asks like any other."""
        model = self._model
        model.begin_extra(end)
        entry, view = model.entry(end), model.view
        asks = view is not None and view.removed_at is not None and model.group(end) == "record"
        if entry.segment == "extra" and asks and not entry.typed_later:
            model.ask = margin_asks.ask_typed_later(model.port, end, entry.state)
        model.changed()

    def pin(self, end: End) -> None:
        """Pinned or not: another state, so a saved length is asked for anew."""
        model = self._model
        entry, main = model.entry(end), model.seen(model.group(end), end).main
        entry.pinned = not entry.pinned
        if main is not None:
            entry.restated = entry.pinned != main.state.endswith("_pinned")
        model.touched()

    # answering ------------------------------------------------------------------------------------------
    def answer(self, code: str) -> None:
        """A tile of the open question was pressed."""
        model = self._model
        ask = model.ask
        if ask is None:
            return
        model.ask = None
        if ask.kind == "removed":
            self._removed(ask, code)
        elif ask.kind == "typed_later":
            self._typed_later(ask, code)
        elif ask.kind == "edge" and code in LANDMARKS:
            model.ask = margin_asks.ask_offset_side(model.port, ask.end, code)
        elif ask.kind == "offset_side":
            if code == "level":
                self._landmark(ask.end, ask.aside, 0)
            else:
                model.ask = margin_asks.ask_offset(model.port, ask.end, ask.aside, code)
        elif ask.kind in _CHIPS:
            offset: dict[str, Any] = {"offset_mm": None} if ask.kind == "edge" else {}
            self._chip(ask.end, {ask.kind: code, **offset})
        elif ask.kind == "missing":
            self._missing(ask.end, code)
        elif ask.kind == "safety":
            model.port.run(readings.acknowledge_safety, case=model.case, by=code)
        model.changed()

    def submit(self) -> None:
        """Enter in the field of the open question."""
        model = self._model
        ask = model.ask
        if ask is None or not ask.field:
            return
        number = ask.number
        if number is None:
            model.ask = replace(ask, wrong=model.port.say(f"margins.wrong_{ask.field}"))
        elif ask.kind == "offset":
            edge, _, side = ask.aside.partition(" ")
            model.ask = None
            self._landmark(ask.end, edge, margin_asks.signed_offset(side, number))
        elif ask.kind == "hours":
            model.ask = None
            model.entry(ask.end).hours = number
            model.touched()
        else:
            self._time(ask, number)
        model.changed()

    def _time(self, ask: margin_asks.Ask, time_min: int) -> None:
        model = self._model
        now, zone = model.clock.now_at(), model.clock.offset_min()
        back = margin_asks.minutes_back(time_min, now, zone)
        if ask.kind == "removed_time":
            model.ask = None
            self.mark_removed(back)
            return
        view = model.view
        at = now - back * _MINUTE_MS
        if view is not None and view.removed_at is not None and at > view.removed_at:
            model.ask = replace(ask, wrong=model.port.say("margins.wrong_after_removal"))
            return
        model.ask = None
        self._was_in_body(ask.end, ask.aside, at)

    def _removed(self, ask: margin_asks.Ask, code: str) -> None:
        if code == "time":
            self._model.ask = margin_asks.ask_time(self._model.port, "removed_time", ask.end)
        else:
            self.mark_removed(int(code))

    def mark_removed(self, minutes_ago: int) -> None:
        """The specimen left the body; ends without a reading of the body become Fresh by themselves."""
        model = self._model

        def done(_: object) -> None:
            model.removed()

        model.port.run(cases.mark_removed, done, case=model.case, minutes_ago=minutes_ago)

    def clear_removed(self) -> None:
        self._model.port.run(cases.clear_removed, case=self._model.case)

    def _typed_later(self, ask: margin_asks.Ask, code: str) -> None:
        model = self._model
        view = model.view
        if code == "no":
            before = model.entries["record"][ask.end]
            model.entries["specimen"][ask.end].segment, before.segment = before.segment, "main"
            model.choose_state(ask.end, "fresh")
        elif code == "time":
            model.ask = margin_asks.ask_time(model.port, "typed_time", ask.end, ask.aside)
        elif view is not None and view.removed_at is not None:
            self._was_in_body(ask.end, ask.aside, view.removed_at - int(code) * _MINUTE_MS)

    def _was_in_body(self, end: End, choice: str, at: int) -> None:
        entry = self._model.entries["record"][end]
        entry.typed_later, entry.measured_at = True, at
        self._model.choose_state(end, choice)

    def _landmark(self, end: End, edge: str, offset_mm: int) -> None:
        self._chip(end, {"edge": edge, "offset_mm": offset_mm}, other=False)

    def _chip(self, end: End, fields: dict[str, Any], *, other: bool = True) -> None:
        """Set chips of one end, and visibly of the other where nothing was chosen yet; offsets never."""
        model = self._model
        group = model.group(end)
        self._set(group, end, fields)
        far = other_end(end)
        entry = model.entries[model.group(far)][far]
        name = next(iter(fields))
        open_there = model.group(far) == group and not getattr(entry, name)
        if other and open_there and not (name == "edge" and fields[name] in LANDMARKS):
            self._set(group, far, fields)
        model.touched()

    def _set(self, group: Group, end: End, fields: dict[str, Any]) -> None:
        model = self._model
        entry: EndEntry = model.entries[group][end]
        for name, value in fields.items():
            setattr(entry, name, value)
        main = model.seen(group, end).main
        if main is None or main.value_mm is None or entry.typing or entry.restated or not model.editable(end):
            return
        stored = {
            "landmark_offset_mm" if name == "offset_mm" else name: value for name, value in fields.items()
        }
        changed = {name: value for name, value in stored.items() if value != getattr(main, name)}
        if changed:
            model.port.run(
                readings.change_reading, reading=main.rec, value_mm=main.value_mm, entered=main.entered,
                unit=main.unit or "cm", fields=changed,
            )  # fmt: skip

    def _missing(self, end: End, code: str) -> None:
        model = self._model
        entry = model.entry(end)
        entry.done()
        state = entry.stored_state(model.scheme, model.elapsed_ms())
        model.port.run(readings.not_measured, case=model.case, end=end, state=state, missing=code)
        model.touched()
        model.keep()


def offers_absence(model: MarginsModel, end: End) -> bool:
    """Whether "Not measured" may be pressed: nothing stands at this end and it may be written."""
    return model.editable(end) and model.step != "plan" and model.seen(model.group(end), end).main is None
