"""What the workbench's tools and right side show: steps, scale, readings, notices and the one next act."""

from __future__ import annotations

from ui.pages.workbench_parts import TOOLS, WorkbenchParts
from ui.viewmodels import workbench_faces as faces
from ui.viewmodels.workbench import WorkbenchModel
from ui.widgets.step_bar import StepView


def show_panel(parts: WorkbenchParts, model: WorkbenchModel, *, others: bool) -> None:
    """`others`: whether the case has another photograph to stand beside this one."""
    say = model.port.say
    on = [model.tool, *(["contrast"] if model.picture.contrast else [])]
    measuring = () if model.may_measure else ("calibrate", "measure", "edit")
    closed = {*measuring, *(() if others else ("beside",))}
    parts.tools.show_on(on, [tool.code for tool in TOOLS if tool.code not in closed])
    words = {code: say(f"workbench.step_{code}") for code in faces.STEPS}
    parts.steps.set_steps([StepView(code, words[code], state) for code, state in faces.steps(model)])
    parts.scale.show_scale(faces.scale(model))
    calibrating = model.tool == "calibrate"
    parts.form.setVisible(calibrating)
    parts.methods.choose(model.scale.method)
    parts.length_rows.setVisible(model.scale.method == "ruler_points")
    parts.ticks.show_ticks(model.ticks)
    for code, field in parts.lengths.items():
        field.set_text(model.scale.lengths[code].text)
    _show_table(parts, model, shown=not calibrating and model.calibration is not None)
    text, bad = _said(model)
    parts.notice.show_notice(text, "bad" if bad else "info", "triangle-alert" if bad else "info")
    parts.hint.setText(faces.hint(model))
    queries = faces.queries(model)
    parts.notes.setText("\n".join(queries))
    parts.notes.setVisible(bool(queries))
    _show_next(parts, model)


def _show_table(parts: WorkbenchParts, model: WorkbenchModel, *, shown: bool) -> None:
    rows = faces.rows(model)
    titles = [model.port.say("workbench.reading", n=n + 1) for n in range(len(rows[0].cells))]
    parts.table.show_rows(titles, rows, enabled=model.may_measure)
    parts.states.choose(model.state)
    parts.table.setVisible(shown)
    for part in (parts.state_title, parts.states):
        part.setVisible(model.may_measure and not model.state_known)


def _show_next(parts: WorkbenchParts, model: WorkbenchModel) -> None:
    step = faces.next_step(model)
    parts.primary.setVisible(bool(step.text))
    parts.primary.setText(step.text)
    parts.primary.set_icon_name(step.icon)
    parts.primary.setEnabled(step.enabled)
    parts.review.setVisible(model.may_measure and step.code != "review")
    parts.review.setEnabled(model.measured and not model.gap_end)


def _said(model: WorkbenchModel) -> tuple[str, bool]:
    """The notice, or what speaks against the scale that was found; and whether it is bad."""
    said, found = model.notice, model.scale.found
    if said is not None:
        return " ".join(part for part in (said.text, said.advice) if part), said.tone == "bad"
    if model.ticks is not None and not model.ticks.step:
        return model.port.say("workbench.ask_step"), False
    return "   ·   ".join(faces.problems(model)), bool(found and found.problems)
