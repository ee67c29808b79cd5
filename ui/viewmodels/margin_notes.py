"""The lines around the cards: notice, safety bar, what undo would do, "Saved 14:32", tumour words. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.actions.report import erased_lines
from reset_or.actions.views import CaseView, Judgement
from reset_or.base.clock import local_text
from reset_or.base.units import cm_text
from reset_or.record.codebook import label
from reset_or.trial.codes import State
from ui.viewmodels.margin_entry import ENDS, End
from ui.viewmodels.margin_faces import BarFace, LineFace, line_face, worst_safety
from ui.viewmodels.margins import MarginsModel


@dataclass(frozen=True)
class Notice:
    """One line above the cards. `tone`: bad (blocks signing), info, quiet."""

    text: str = ""
    tone: str = "info"
    icon: str = "info"


@dataclass(frozen=True)
class Status:
    """The line beside the main button: what is on the disk, and nothing that is not."""

    icon: str = ""
    text: str = ""
    tone: str = "text2"


@dataclass(frozen=True)
class DiagramFace:
    """Both lines, the tumour's length, look and words, orientation labels, the whole as one sentence."""

    proximal: LineFace
    distal: LineFace
    tumour_mm: int
    look: str
    words: str
    labels: tuple[str, str]
    spoken: str


def notice(model: MarginsModel) -> Notice:
    """The gravest thing to know about what may be done here; empty when all is ordinary."""
    view, say = model.view, model.port.say
    if view is None:
        return Notice()
    if view.conflicts:
        return Notice(conflict_text(model, view), "bad", "octagon-alert")
    if view.withdrawn:
        return Notice(say("margins.withdrawn_note"), "bad", "triangle-alert")
    if view.read_only:
        return Notice(say("margins.read_only_note"), "info", "lock")
    if model.step != "plan":
        groups = {model.group(end) for end in ENDS}
        if any(model.is_confirmed(group) for group in groups):
            key = "confirmed_note" if "record" in groups else "signed_note"
            return Notice(say(f"margins.{key}"), "info", "lock")
        may = view.may_record if model.step == "record" else view.may_measure
        if not may:
            return Notice(say("margins.role_note"), "info", "eye")
    if model.step == "record" and view.lifecycle == "signed":
        return Notice(say("margins.provisional_note"), "quiet", "user-check")
    return Notice()


def refused(model: MarginsModel) -> Notice:
    """Entries by people who had no right to make them: nothing is dropped and nothing of them is used."""
    count = model.view.not_authorised if model.view is not None else 0
    if not count:
        return Notice()
    return Notice(model.port.say("margins.case_not_authorised", n=count), "quiet", "info")


def erased(model: MarginsModel) -> Notice:
    """What orders of erasure took from this case: shown as erased, never as empty and never as it was."""
    view = model.view
    if view is None or not view.erased:
        return Notice()
    lines = erased_lines(view, model.port.language, model.clock.offset_min())
    return Notice("\n".join(lines), "info", "info")


def conflict_text(model: MarginsModel, view: CaseView) -> str:
    """Both values with author and time: neither is chosen here (architecture: nothing is last-write-wins)."""
    say, zone = model.port.say, model.clock.offset_min()
    # A length torn apart is torn in its digits as typed too: the length is what is shown.
    first = next((each for each in view.conflicts if each.field == "value_mm"), view.conflicts[0])
    values = []
    for text, user, at in first.values:
        shown = f"{cm_text(int(text))} cm" if first.field == "value_mm" and text.isdigit() else text
        name = view.people.get(user, user)
        values.append(
            say("margins.conflict_value", value=shown, name=name, time=local_text(at, zone, "%H:%M"))
        )
    where = next((r for r in view.readings if r.rec == first.rec), None)
    note = say("margins.conflict_note", values=" / ".join(values))
    if where is None:
        return note
    return say(
        "margins.conflict_where",
        side=say(f"margins.{where.end}"),
        state=label("state", where.state, model.port.language),
        note=note,
    )


def safety(model: MarginsModel) -> BarFace:
    """The study's safety line, apart from the arm check; never shown to a blinded person."""
    view = model.view
    if view is None or view.blinded:
        return BarFace()
    lines: dict[str, Judgement] = {end: _gravest(model, end) for end in ENDS}
    end, code = worst_safety(lines)
    if not code:
        return BarFace()
    say = model.port.say
    value = model.shown_value("proximal" if end == "proximal" else "distal")
    what = label("safety", code, model.port.language)
    line = _line_mm(model, "proximal" if end == "proximal" else "distal", code)
    if line:
        what = say("margins.safety_line", code=what, line=cm_text(line))
    where = say(f"margins.safety_{end}", value=cm_text(value)) if value is not None else ""
    planned = [say("margins.safety_plan")] if model.step == "plan" else []
    text = " · ".join(part for part in (where, *planned, what) if part)
    seen = seen_by(view)
    return BarFace(code, text, say("margins.safety_seen", name=view.people.get(seen, seen)) if seen else "")


def _gravest(model: MarginsModel, end: End) -> Judgement:
    """Of what is shown now and of what stands recorded before transection."""
    shown = model.judgement(end)
    if model.step == "plan":
        # 5 on the way to 5.4 is no planned line yet; Enter, the other end or a drag make it one.
        return Judgement() if model.plan[end].digits.keys else shown
    if shown.safety:
        return shown
    record = model.seen("record", end).judgement
    return record if record.safety else shown


def _line_mm(model: MarginsModel, end: End, code: str) -> int:
    """The line that the raw length was held against, in mm; 0 where only the estimate passed it."""
    view, scheme = model.view, model.scheme
    assert view is not None
    if end == "proximal":
        return scheme.safety.proximal_alert_mm
    if code == "safety_critical":
        return scheme.safety.distal_critical_mm
    main = model.seen(model.group(end), end).main
    state = main.state if main is not None and model.step != "plan" else "in_vivo"
    edge = main.edge if main is not None else model.entry(end).edge
    line = scheme.states[State(state)].distal_alert_mm
    if scheme.safety.is_edge_uncertain(edge, view.tumour_appearance):
        line += scheme.safety.uncertain_edge_allowance_mm
    return line


def seen_by(view: CaseView) -> str:
    """Who was last named as having seen the safety line, from the trail."""
    found = ""
    for revision in view.trail:
        for name, _old, new, _why in revision.changes:
            if revision.form == "reading" and name == "safety_ack_by" and new:
                found = new
    return found


def undo_text(model: MarginsModel) -> str:
    """ "Undo distal → 2.6": the button names the side and what it restores; "" when there is nothing."""
    target, say = model.undo_target(), model.port.say
    if target is None:
        return ""
    side = say(f"margins.{target.end}_side")
    if target.kind == "clear":
        return say("margins.undo_clear", side=side)
    if target.to_mm is None:
        return say("margins.undo_first", side=side)
    return say("margins.undo_to", side=side, value=cm_text(target.to_mm))


def status(model: MarginsModel) -> Status:
    """ "Draft kept 14:32" and "Saved 14:32" only for bytes that are on the disk."""
    say, zone = model.port.say, model.clock.offset_min()
    if model.step == "plan":
        return Status("pen-line", say("margins.plan_note"))
    if model.saving:
        return Status("clock", say("margins.saving"))
    if any(entry.typing for group in model.entries.values() for entry in group.values()):
        if model.keeper.kept_at is None:
            return Status("pen-line", say("margins.typing"))
        time = local_text(model.keeper.kept_at, zone, "%H:%M")
        return Status("pen-line", say("margins.draft_kept", time=time))
    at = model.last_saved_at()
    if at is None:
        return Status()
    return Status("lock", say("margins.saved", time=local_text(at, zone, "%H:%M")))


def diagram(model: MarginsModel) -> DiagramFace:
    """The drawing: the tumour as it looks now, never a default one."""
    view, say = model.view, model.port.say
    assert view is not None
    lines = {}
    for end in ENDS:
        typed = None
        if model.step != "plan" and model.entry(end).segment == "main":
            typed = model.entry(end).digits.mm or None
        lines[end] = line_face(view, model.shown(end), typed)
    look = {"scar_only": "scar", "nothing_visible": "not_visible"}.get(view.tumour_appearance, "raised")
    if look == "scar":
        words = say("margins.tumour_scar")
    elif look == "not_visible":
        words = say("margins.tumour_nothing")
    elif view.tumour_length_mm:
        words = say("margins.tumour_length", value=cm_text(view.tumour_length_mm))
    else:
        words = say("margins.tumour")
    labels = say("margins.proximal_label"), say("margins.distal_label")
    spoken = ". ".join(_spoken(model, end, lines[end]) for end in ENDS)
    return DiagramFace(
        lines["proximal"], lines["distal"], view.tumour_length_mm or 30, look, words, labels, spoken
    )


def _spoken(model: MarginsModel, end: End, line: LineFace) -> str:
    say = model.port.say
    side = say(f"margins.{end}")
    if line.value_mm is None:
        return say("margins.spoken_open", side=side)
    word = label("verdict", line.code, model.port.language)
    return say("margins.spoken_line", side=side, value=cm_text(line.value_mm), word=word)
