"""What is read aloud: lengths digit by digit, in figures and words, with where they were measured. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reset_or.actions.signing import ReadBack, ReadLine
from reset_or.actions.views import CaseView, EndView
from reset_or.base.units import cm_text
from reset_or.base.words import Language
from reset_or.record.codebook import label
from ui.viewmodels.margin_faces import PlateFace, Shown, Speaker, offset_note, plate_face

_EN: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ZH: Final = "零一二三四五六七八九"


@dataclass(frozen=True)
class Both:
    """What the page needs at once, read in one go so that both fit each other."""

    back: ReadBack
    view: CaseView


@dataclass(frozen=True)
class LineFace:
    """One length as it is read: figures, words digit by digit, where measured, its parts, its plate."""

    end: str
    title: str
    value: str
    words: str
    note: str
    plate: PlateFace


def spoken_length(length_mm: int, language: Language) -> str:
    """`103` -> "one zero point three centimetres", 一零点三厘米: digit by digit, as in surgical counts."""
    whole, _, tenth = cm_text(length_mm).partition(".")
    if language == "zh":
        return "".join(_ZH[int(digit)] for digit in whole) + "点" + _ZH[int(tenth)] + "厘米"
    return " ".join((*(_EN[int(digit)] for digit in whole), "point", _EN[int(tenth)], "centimetres"))


def spoken_whole(number: int, language: Language) -> str:
    """A target in whole centimetres up to ten, in words; above ten in figures."""
    if number > 10:
        return str(number)
    words: tuple[str, ...] = (*_EN, "ten") if language == "en" else (*_ZH, "十")
    return words[number]


def line_faces(both: Both, step: str, by: Speaker) -> tuple[LineFace, ...]:
    """Proximal and distal as they are read, the sum of extra segments with its parts."""
    return tuple(_line(both, line, step, by) for line in both.back.lines)


def _line(both: Both, line: ReadLine, step: str, by: Speaker) -> LineFace:
    say, language = by.say, by.language
    seen = (both.view.record if step == "record" else both.view.specimen).end(line.end)
    notes = [label("state", line.state, language)] if line.state else []
    plate = plate_face(both.view, _shown(line, seen, step), by)
    title = say(f"margins.{line.end}")
    if line.value_mm is None:
        absent = label("missing", line.missing, language) if line.missing else ""
        words = say("confirm.not_measured", reason=absent) if absent else say("confirm.nothing")
        return LineFace(line.end, title, "", words, " · ".join(notes), plate)
    if line.extra_mm:
        first = line.value_mm - sum(line.extra_mm)
        parts = " + ".join(cm_text(part) for part in (first, *line.extra_mm))
        notes.append(say("margins.parts", parts=parts))
    notes += offset_note(seen.main, by) if seen.main is not None else []
    notes += [label("reason", line.reason, language)] if line.reason else []
    words = spoken_length(line.value_mm, language)
    return LineFace(line.end, title, cm_text(line.value_mm), words, " · ".join(notes), plate)


def _shown(line: ReadLine, seen: EndView, step: str) -> Shown:
    return Shown(
        "proximal" if line.end == "proximal" else "distal", step, seen, line.value_mm, line.judgement
    )
