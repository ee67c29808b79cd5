"""What the photo workbench shows: marks on the picture, the scale, the table of readings, the next step.

Pure: a model in, words out. Hidden readings come from the gate without a value and are shown as taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from reset_or.actions import measuring
from reset_or.actions.photo_views import SeriesView
from reset_or.actions.views import ReadingView
from reset_or.base.errors import ResetOrError
from reset_or.base.units import cm_text
from reset_or.record.codebook import label
from ui.viewmodels.drawing import SEGMENTS, Mark
from ui.viewmodels.port import Port
from ui.viewmodels.workbench import WorkbenchModel
from ui.viewmodels.workbench_standing import ENDS, Standing

StepState = Literal["done", "current", "open", "blocked"]
STEPS: Final = ("photo", "calibrate", "measure", "sign")
STATES: Final = ("fresh_unpinned", "fresh_pinned", "fixed_unpinned", "fixed_pinned")


@dataclass(frozen=True)
class ScaleFace:
    """The scale card: one large figure, and (name, value, tone) rows below it."""

    value: str
    rows: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class RowFace:
    """One length of the table; `cells` are reading 1, 2 and, where the rule asked for it, 3."""

    code: str
    name: str
    cells: tuple[str, ...]
    result: str
    active: bool
    spoken: str


@dataclass(frozen=True)
class NextFace:
    """The one primary button: what it does now."""

    code: Literal["find", "keep", "end", "save", "draw", "look", "review", "none"]
    text: str
    enabled: bool
    icon: str = ""


def um_text(length_um: int | None) -> str:
    """Micrometres as cm with one decimal, half up: what stands in the table."""
    return "" if length_um is None else cm_text((length_um + 500) // 1000)


def steps(model: WorkbenchModel) -> tuple[tuple[str, StepState], ...]:
    """(code, state) of the four steps."""
    done = {
        "photo": model.picture.pixels is not None,
        "calibrate": model.calibration is not None,
        "measure": model.measured,
        "sign": model.measured and _all_signed(model),
    }
    current = next((code for code in STEPS if not done[code]), "sign")
    return tuple((code, "done" if done[code] else "current" if code == current else "open") for code in STEPS)


def _all_signed(model: WorkbenchModel) -> bool:
    mine = [series for end in ENDS if (series := model.series(end)) is not None]
    return bool(mine) and all(reading.signed for series in mine for reading in series.readings)


def live_length(model: WorkbenchModel) -> measuring.MeasuredLength | None:
    """The length of what is drawn now; only where there is a scale and a path."""
    calibration, drawn, opened = model.calibration, model.drawing.now, model.picture.opened
    if calibration is None or opened is None or drawn.code not in ENDS or len(drawn.path) < 2:
        return None
    try:
        return measuring.length_of(calibration, opened.size, drawn.path, opened.limits, zoom=model.zoom)
    except ResetOrError:  # said when the path is saved; a hand on its way needs no lecture
        return None


def seen_marks(of: Standing, series: Callable[[str], SeriesView | None]) -> dict[str, Mark]:
    """Saved readings that may be seen, and the ruler's marks of the calibration."""
    found: dict[str, Mark] = {}
    calibration = of.calibration
    if calibration is not None and calibration.method != "card" and len(calibration.points) > 1:
        known = cm_text(calibration.known_mm) if calibration.known_mm else ""
        ends = (calibration.points[0], calibration.points[-1])
        found["ruler"] = Mark("ruler", ends, f"{known} cm" if known else "")
    for end in ENDS:
        reading = _newest_seen(series(end))
        if reading is not None:
            found[end] = Mark(end, reading.path, f"{um_text(reading.length_um)} cm")
    return found


def compared_marks(of: Standing) -> tuple[Mark, ...]:
    """What may be seen on a photograph that is only looked at: the own readings, or else another's."""
    return tuple(seen_marks(of, lambda end: next(iter(of.seen(end)), None)).values())


def marks(model: WorkbenchModel) -> tuple[Mark, ...]:
    """What may be seen of what is saved, and what is being drawn."""
    found = seen_marks(model, model.series)
    drawn, live = model.drawing.now, live_length(model)
    for code, path in drawn.paths.items():
        words = ""
        if code in SEGMENTS and model.scale.lengths[code].mm:
            words = f"{model.scale.lengths[code].text} cm"
        elif code == drawn.code and live is not None:
            words = f"{um_text(live.length_um)} cm"
        found[code] = Mark(code, path, words)
    if model.ticks is not None:
        return (*(mark for code, mark in found.items() if code != "ruler"), model.ticks.mark())
    proposed = model.scale.found if model.tool == "calibrate" else None
    if proposed is not None and proposed.method != "card" and len(proposed.points) > 1:
        found["ruler"] = Mark("ruler", (proposed.points[0], proposed.points[-1]))
    return tuple(found.values())


def _newest_seen(series: SeriesView | None) -> ReadingView | None:
    if series is None:
        return None
    seen = [reading for reading in series.readings if reading.path and not reading.hidden]
    return seen[-1] if seen else None


def scale(model: WorkbenchModel) -> ScaleFace:
    """The scale in use, or the one just found and not yet kept."""
    say, language = model.port.say, model.port.language
    of = (
        model.scale.found
        if model.tool == "calibrate" and model.scale.found is not None
        else model.calibration
    )
    if of is None:
        return ScaleFace(say("workbench.no_scale"))
    rows: list[tuple[str, str, str]] = []
    how = label("calibration_method", of.method, language)
    if of.known_mm:
        how = say("workbench.known", how=how, cm=cm_text(round(of.known_mm)))
    rows.append((how, "", "text2"))
    if of.check_mm and of.check_error_permille is not None:
        off = f"{of.check_error_permille / 10:+.1f} %"
        rows.append(
            (
                say("workbench.check", cm=cm_text(round(of.check_mm))),
                off,
                _check_tone(of.problems, of.warnings),
            )
        )
    if of.tilt_cdeg is not None:
        rows.append((say("workbench.tilt"), f"{of.tilt_cdeg / 100:.0f}°", _tone(of.problems, "too_tilted")))
    if of.residual_um is not None:
        tone = _tone(of.problems, "residual_too_high")
        rows.append((say("workbench.residual"), f"{of.residual_um / 1000:.2f} mm", tone))
    if of.sharpness_permille is not None:
        tone = _tone(of.problems, "blurred")
        rows.append((say("workbench.sharpness"), f"{of.sharpness_permille / 1000:.1f}", tone))
    return ScaleFace(say("workbench.px_per_mm", n=f"{of.px_per_mm:.1f}"), tuple(rows))


def _tone(problems: tuple[str, ...], code: str) -> str:
    return "bad" if code in problems else "ok"


def _check_tone(problems: tuple[str, ...], warnings: tuple[str, ...]) -> str:
    return "bad" if "check_refused" in problems else "short" if "check_warned" in warnings else "ok"


def rows(model: WorkbenchModel) -> tuple[RowFace, ...]:
    """The three lengths. A third column comes only where the repeat rule asks for it."""
    thirds = any(_has_third(model.series(end)) for end in ENDS)
    return tuple(_row(model, end, 3 if thirds else 2) for end in ENDS)


def _has_third(series: SeriesView | None) -> bool:
    return series is not None and (series.needs_third or len(series.readings) > 2)


def shown_length(series: SeriesView) -> int | None:
    """The length of a series in um: final where it is complete, else the newest that may be seen."""
    if series.complete and series.final_um is not None:
        return series.final_um
    reading = _newest_seen(series)
    return reading.length_um if reading is not None else None


def length_words(series: SeriesView, length_um: int, port: Port) -> str:
    """A length with what it is sure to."""
    spread = (series.uncertainty_um or 0) / 10_000
    if not spread:
        return port.say("workbench.cm", cm=um_text(length_um))
    return port.say("workbench.result", cm=um_text(length_um), off=f"{spread:.2f}")


def _row(model: WorkbenchModel, end: str, columns: int) -> RowFace:
    say, series = model.port.say, model.series(end)
    taken = series.readings if series is not None else ()
    cells = []
    for number in range(1, columns + 1):
        reading = taken[number - 1] if number <= len(taken) else None
        if reading is None:
            wanted = number < 3 or _has_third(series)
            cells.append(say("workbench.not_yet") if wanted else "")
        elif reading.hidden or reading.length_um is None:
            cells.append(say("workbench.taken"))
        else:
            cells.append(um_text(reading.length_um))
    result = ""
    if series is not None and series.complete and series.final_um is not None:
        result = length_words(series, series.final_um, model.port)
    name = label("end", end, model.port.language)
    active = model.tool in ("measure", "edit") and model.end == end
    return RowFace(end, name, tuple(cells), result, active, ", ".join((name, *cells, result)))


def next_step(model: WorkbenchModel) -> NextFace:
    """What the primary button does."""
    say, drawn = model.port.say, model.drawing.now
    free = not model.busy
    if not model.may_measure:
        return NextFace("none", "", False)
    if model.tool == "calibrate" or model.calibration is None:
        if model.scale.found is not None:
            good = model.scale.found.measurable
            return NextFace("keep", say("workbench.keep_scale"), good and free, "check")
        return NextFace("find", _find_words(model), model.request is not None and free, "scan-line")
    if drawn.code in ENDS and drawn.path:
        number, end = model.next_no(drawn.code), label("end", drawn.code, model.port.language)
        if drawn.is_ended:
            return NextFace("save", say("workbench.save", end=end, n=number), free, "check")
        return NextFace("end", say("workbench.end_path"), len(drawn.path) > 1 and free, "spline")
    if model.gap_end:
        end = label("end", model.gap_end, model.port.language)
        return NextFace("look", say("workbench.looked", end=end), free, "eye")
    if model.measured:
        return NextFace("review", say("workbench.review"), free, "pen-line")
    number = model.next_no(model.end) or 1
    end = label("end", model.end, model.port.language)
    return NextFace("draw", say("workbench.draw", end=end, n=number), free, "spline")


def _find_words(model: WorkbenchModel) -> str:
    if model.busy == "finding":
        return model.port.say("workbench.finding")
    if model.ticks is not None:
        return model.port.say("workbench.find_ruler_points")
    return model.port.say(f"workbench.find_{model.scale.method}")


def hint(model: WorkbenchModel) -> str:
    """One sentence for what the hand does now."""
    say, drawn = model.port.say, model.drawing.now
    if not model.may_measure:
        return say("workbench.hint_read")
    if model.busy == "opening":
        return say("workbench.opening")
    if model.tool == "calibrate":
        if model.ticks is not None:
            return say("workbench.hint_ticks")
        if model.scale.method != "ruler_points":
            return say(f"workbench.hint_{model.scale.method}")
        return say("workbench.hint_check" if "ruler" in drawn.ended else "workbench.hint_ruler")
    if model.tool == "measure":
        if model.end == "tumour":
            return say("workbench.hint_tumour")
        return say("workbench.hint_path")
    return say("workbench.hint_edit") if model.tool == "edit" else ""


def queries(model: WorkbenchModel) -> tuple[str, ...]:
    """What asks for a second look before signing."""
    say, found = model.port.say, []
    for end in ENDS:
        series, name = model.series(end), label("end", end, model.port.language)
        if series is None:
            continue
        if series.needs_third:
            found.append(say("workbench.third", end=name))
        if series.gap_query and series.ruler_mm is not None and series.final_um is not None:
            found.append(
                say("workbench.gap", end=name, ruler=cm_text(series.ruler_mm), photo=um_text(series.final_um))
            )
        if any(reading.to_repeat for reading in series.readings):
            found.append(say("workbench.to_repeat", end=name))
    return tuple(found)


def problems(model: WorkbenchModel) -> tuple[str, ...]:
    """Why the photograph cannot be measured as it is, or what to know about it."""
    if model.tool != "calibrate" or model.scale.found is None:
        return ()
    lists = (
        ("calibration_problem", model.scale.found.problems),
        ("calibration_warning", model.scale.found.warnings),
    )
    return tuple(label(name, code, model.port.language) for name, codes in lists for code in codes)
