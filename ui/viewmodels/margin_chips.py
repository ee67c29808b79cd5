"""Which chips stand on a margin card, in which words and state. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.base.units import cm_text
from reset_or.record.codebook import label
from ui.viewmodels.margin_answers import offers_absence
from ui.viewmodels.margin_entry import ATTACHED, End, EndEntry, group_of
from ui.viewmodels.margins import MarginsModel


@dataclass(frozen=True)
class Chip:
    """One chip. `code` is `state:<choice>`, `ask:<question>`, `pin` or `extra`."""

    code: str
    text: str
    on: bool = False
    enabled: bool = True
    spoken: str = ""
    icon: str = ""
    quiet: bool = False


def state_chips(model: MarginsModel, end: End) -> tuple[Chip, ...]:
    """The states this person may write; the chosen one is lit. None is ever disabled by the clock."""
    view, say = model.view, model.port.say
    if view is None or model.step == "plan":
        return ()
    entry, live = model.entry(end), model.editable(end)
    choices: tuple[str, ...] = ("in_vivo", "exteriorised", "fresh") if view.may_record else ("fresh", "fixed")
    if model.step == "specimen":
        choices = ("fresh",) if view.may_record else ("fresh", "fixed")
    if entry.state not in choices:
        choices = (*choices, entry.state)
    chips = [
        Chip(
            f"state:{choice}",
            say(f"margins.state_{choice}"),
            entry.state == choice,
            live or choice == entry.state or group_of(choice) != model.group(end),
            _full_state(choice, model.port.language),
        )
        for choice in choices
    ]
    if entry.state not in ATTACHED:
        chips.append(Chip("pin", say("margins.pinned_chip"), entry.pinned, live, quiet=True))
    if entry.state == "fixed":
        text = say("margins.hours_open") if entry.hours is None else say("margins.hours_chip", n=entry.hours)
        chips.append(Chip("ask:hours", text, False, live, quiet=True))
    return tuple(chips)


def _full_state(choice: str, language: str) -> str:
    code = {"fresh": "fresh_unpinned", "fixed": "fixed_unpinned"}.get(choice, choice)
    return label("state", code, "zh" if language == "zh" else "en")


def detail_chips(model: MarginsModel, end: End) -> tuple[Chip, ...]:
    """Edge, method, measurer, "Not measured", "Extra segment". What nobody chose says so with dots."""
    view, say = model.view, model.port.say
    if view is None or model.step == "plan":
        return ()
    entry, live = model.entry(end), model.editable(end)
    chips = [
        Chip("ask:edge", _edge_text(model, entry), bool(entry.edge), live),
        Chip("ask:method", _coded(model, "method", entry.method), bool(entry.method), live),
        Chip(
            "ask:measured_by",
            view.people.get(entry.measured_by, entry.measured_by) or say("margins.measured_by_chip"),
            bool(entry.measured_by),
            live,
        ),
    ]
    seen = model.seen(model.group(end), end)
    if offers_absence(model, end) and not entry.typing:
        chips.append(Chip("ask:missing", say("margins.missing_chip"), quiet=True))
    if seen.main is not None and seen.main.value_mm is not None:
        chips.append(
            Chip("extra", say("margins.extra_chip"), entry.segment == "extra", live, icon="plus", quiet=True)
        )
    return tuple(chips)


def _edge_text(model: MarginsModel, entry: EndEntry) -> str:
    text = _coded(model, "edge", entry.edge)
    if entry.edge and entry.offset_mm:
        return model.port.say("margins.offset_chip", edge=text, value=cm_text(abs(entry.offset_mm)))
    return text


def _coded(model: MarginsModel, codelist: str, code: str) -> str:
    return label(codelist, code, model.port.language) if code else model.port.say(f"margins.{codelist}_chip")
