"""From a case's values to what cards, plates, diagram and safety bar show. Plain values and words, no Qt.

Owns how loudly a judgement may be shown: green only where the judgement says so, no verdict word without
permission, none for an estimate. Judges nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from reset_or.actions.views import HIDDEN, Bands, CaseView, EndView, Judgement, ReadingView
from reset_or.base.units import cm_text, signed_cm_text
from reset_or.base.words import Language
from reset_or.record.codebook import label
from ui.viewmodels.margin_entry import LANDMARKS, End

LOUD: Final = ("bright", "bar")
_HUED: Final = ("short_warning", "short_deviation", "exceeds_warning", "exceeds_crossover")


class Speaker(Protocol):
    """Words in the language of the screen."""

    @property
    def language(self) -> Language: ...

    def say(self, key: str, /, **values: object) -> str: ...


@dataclass(frozen=True)
class PlateFace:
    """A verdict plate: code of the shape, kind of the plate, word, signed distance, caption."""

    code: str = "not_entered"
    kind: str = "neutral"
    word: str = ""
    distance: str = ""
    caption: str = ""


@dataclass(frozen=True)
class CardFace:
    """One margin card."""

    title: str = ""
    value: str = ""
    unit: str = ""
    target_label: str = ""
    target: str = ""
    span: str = ""
    captions: tuple[str, ...] = ()
    plate: PlateFace = field(default_factory=PlateFace)
    active: bool = False
    draft: bool = False

    @property
    def spoken(self) -> str:
        value = f"{self.value} {self.unit}" if self.value else ""
        plate = (self.plate.word, self.plate.distance, self.plate.caption)
        return ", ".join(part for part in (self.title, value, *plate, *self.captions) if part)


@dataclass(frozen=True)
class LineFace:
    """One end of the diagram: length in mm or None, verdict shape and plate kind, bands or None."""

    value_mm: int | None = None
    code: str = "not_entered"
    kind: str = "neutral"
    bands: Bands | None = None


@dataclass(frozen=True)
class BarFace:
    """The safety bar: code (empty: no bar), its words, and who acknowledged it (empty: nobody yet)."""

    code: str = ""
    text: str = ""
    seen: str = ""


@dataclass(frozen=True)
class Shown:
    """What one end shows: the saved reading, or what stands in its place while typing or saving.

    `value_mm` is a committed or planned length; `typed` the draft's text. `step` is plan, record or specimen.
    """

    end: End
    step: str
    seen: EndView
    value_mm: int | None
    judgement: Judgement
    typed: str = ""
    typing: bool = False
    saving: bool = False
    refused: str = ""
    question: tuple[str, ...] = ()
    restated: str = ""
    segment: str = "main"
    late: bool = False
    extra: bool = False


def plate_face(view: CaseView, shown: Shown, by: Speaker) -> PlateFace:
    """What the plate says, the first that holds: refusal, question, draft, nothing, absence, judgement."""
    if shown.refused:
        return PlateFace("incomplete", "neutral", label("query", shown.refused, by.language))
    if shown.question:
        reason = label("query", shown.question[0], by.language)
        return PlateFace("incomplete", "neutral", by.say("margins.type_again"), caption=reason)
    if shown.typing:
        return PlateFace(
            "incomplete", "neutral", by.say("margins.not_recorded"), caption=by.say("margins.enter")
        )
    if shown.saving:
        word = by.say("margins.not_recorded")
        return PlateFace("incomplete", "neutral", word, caption=by.say("margins.saving"))
    main = shown.seen.main
    if shown.value_mm is None and main is not None and main.missing and not shown.restated:
        reason = label("missing", main.missing, by.language)
        return PlateFace(
            "not_applicable", "neutral", label("verdict", "not_measured", by.language), caption=reason
        )
    if shown.value_mm is None:
        return _empty_face(shown, by)
    return _judged_face(view, shown.judgement, shown.step, by)


def _empty_face(shown: Shown, by: Speaker) -> PlateFace:
    main = shown.seen.main
    if main is not None and len(main.conflict) > 1:  # two lengths were entered: there is none to judge
        return PlateFace("no_verdict", "neutral", label("verdict", "no_verdict", by.language))
    code = "not_applicable" if shown.judgement.verdict == "not_applicable" else "not_entered"
    return PlateFace(code, "neutral", label("verdict", code, by.language))


def _judged_face(view: CaseView, judgement: Judgement, step: str, by: Speaker) -> PlateFace:
    if view.blinded or view.arm == HIDDEN:
        return PlateFace(
            "no_verdict", "neutral", by.say("margins.recorded"), caption=by.say("margins.withheld")
        )
    if judgement.unreliable:
        return PlateFace(
            "no_verdict",
            "neutral",
            label("verdict", "no_verdict", by.language),
            caption=by.say("margins.unreliable"),
        )
    if judgement.plate == "hatched" or (judgement.in_vivo_mm is not None and step == "specimen"):
        return _estimate_face(judgement, by)
    if view.arm == "to_follow":
        word = by.say("margins.allocation_to_follow")
        return PlateFace("no_verdict", "neutral", word, caption=by.say("margins.judged_later"))
    if step == "specimen":
        return PlateFace(
            "no_verdict", "hatched", by.say("margins.recorded"), caption=by.say("margins.no_factor")
        )
    return _record_face(view, judgement, step, by)


def _record_face(view: CaseView, judgement: Judgement, step: str, by: Speaker) -> PlateFace:
    distance, from_target = "", ""
    if judgement.delta_mm is not None:
        distance = f"{signed_cm_text(judgement.delta_mm)} {by.say('margins.unit')}"
        from_target = by.say("margins.from_target")
    if not judgement.show_word:
        key = "reference_only"
        if view.scheme_signed:
            key = "judged_after_record" if step == "plan" and view.feedback != "off" else "no_word"
        return PlateFace("no_verdict", "neutral", by.say(f"margins.{key}"), distance, from_target)
    return PlateFace(
        judgement.verdict,
        plate_kind(judgement),
        label("verdict", judgement.verdict, by.language),
        distance,
        by.say("margins.to_be_reviewed") if judgement.verdict in _REVIEWED else from_target,
    )


_REVIEWED: Final = ("short_deviation", "exceeds_crossover")


def plate_kind(judgement: Judgement) -> str:
    """dim, bright, neutral or hatched. A quiet verdict keeps its shape on a neutral plate."""
    if not judgement.show_word or judgement.plate not in ("dim", "bright", "hatched"):
        return "neutral"
    if judgement.plate == "bright" and judgement.tier not in LOUD:
        return "neutral"
    return judgement.plate


def _estimate_face(judgement: Judgement, by: Speaker) -> PlateFace:
    """The estimate with its interval, never a verdict word, never a colour."""
    if judgement.in_vivo_mm is None:
        return PlateFace(
            "no_verdict", "hatched", by.say("margins.recorded"), caption=by.say("margins.no_factor")
        )
    span = f"{cm_text(judgement.low_mm or 0)}–{cm_text(judgement.high_mm or 0)}"
    caption = by.say("margins.not_decisive") if judgement.decisive is False else by.say("margins.estimate")
    word = by.say("margins.about_in_vivo", value=cm_text(judgement.in_vivo_mm))
    return PlateFace("no_verdict", "hatched", word, span, caption)


def card_face(view: CaseView, shown: Shown, by: Speaker, *, active: bool) -> CardFace:
    """A whole card: while digits stand they are shown, else the committed length (with extras, their sum)."""
    bands = shown.seen.bands
    value = shown.typed
    if not value and not shown.question and shown.value_mm is not None and not shown.restated:
        value = cm_text(shown.value_mm)
    title = by.say(f"margins.{shown.end}_extra" if shown.extra else f"margins.{shown.end}")
    face = CardFace(
        title=title,
        value=value,
        unit=by.say("margins.unit"),
        captions=captions(view, shown, by),
        plate=plate_face(view, shown, by),
        active=active,
        draft=shown.typing,
    )
    if bands is None:
        return face
    return CardFace(
        **{
            **vars(face),
            "target_label": by.say(
                "margins.target_in_vivo" if shown.step == "specimen" else "margins.target"
            ),
            "target": cm_text(bands.target_mm),
            "span": f"{cm_text(bands.range_low_mm)}–{cm_text(bands.range_high_mm)}",
        }
    )


def captions(view: CaseView, shown: Shown, by: Speaker) -> tuple[str, ...]:
    """At most two small lines: what the number is made of, and what is to be known about it."""
    found: list[str] = []
    if shown.restated:
        found.append(by.say("margins.restated", state=shown.restated))
    if shown.seen.extras and not shown.extra and not shown.typing:
        found.append(_parts_text(shown.seen, by))
    main = shown.seen.main
    if main is not None and len(main.conflict) > 1:
        values = ", ".join(cm_text(value) for value in main.conflict)
        found.append(by.say("margins.two_versions_of", values=values))
    if shown.late:
        found.append(by.say("margins.late"))
    if main is not None and not shown.typing:
        found += offset_note(main, by)
        found += _reading_notes(main, by)
    if shown.seen.needs_third and not shown.typing:
        found.append(by.say("margins.needs_third"))
    return tuple(found[:2])


def _parts_text(seen: EndView, by: Speaker) -> str:
    main = seen.main
    first = cm_text(main.value_mm) if main is not None and main.value_mm is not None else "–"
    rest = (
        by.say(
            "margins.extra_part",
            value=cm_text(extra.value_mm),
            state=label("state", extra.state, by.language),
        )
        for extra in seen.extras
        if extra.value_mm is not None
    )
    return by.say("margins.parts", parts=" + ".join((first, *rest)))


def offset_note(main: ReadingView, by: Speaker) -> list[str]:
    """A length from a mark is judged with the mark's offset, so the sum is said beside the raw length."""
    if main.edge not in LANDMARKS or not main.landmark_offset_mm or main.value_mm is None:
        return []
    total = main.value_mm + main.landmark_offset_mm
    mark = label("edge", main.edge, by.language)
    return [by.say("margins.with_offset", mark=mark, value=cm_text(total))] if total > 0 else []


def _reading_notes(main: ReadingView, by: Speaker) -> list[str]:
    notes = []
    if main.state == "fresh_unpinned_late":
        notes.append(by.say("margins.late"))
    if main.state == "fixing":
        notes.append(label("state", "fixing", by.language))
    if main.typed_later:
        notes.append(by.say("margins.typed_later"))
    if main.uncertified:
        notes.append(by.say("margins.uncertified"))
    if main.not_authorised:
        notes.append(by.say("margins.not_authorised", n=main.not_authorised))
    if main.changes:
        notes.append(by.say("margins.changed", n=main.changes))
    return notes


def line_face(view: CaseView, shown: Shown, typed_mm: int | None) -> LineFace:
    """The line of one end: coloured only by a judgement that may be shown."""
    # Raw lengths of a specimen are not to be held against zones that are meant for the body.
    bands = shown.seen.bands if shown.step != "specimen" else None
    if shown.typing and typed_mm is not None:
        return LineFace(typed_mm, "not_entered", "neutral", bands)
    if shown.value_mm is None or shown.restated:
        return LineFace(None, "not_entered", "neutral", bands)
    judgement = shown.judgement
    quiet = view.blinded or not judgement.show_word or shown.step == "specimen"
    if quiet:
        kind = "hatched" if shown.step == "specimen" else "neutral"
        return LineFace(shown.value_mm, "no_verdict", kind, bands)
    kind = plate_kind(judgement)
    if kind == "neutral" and judgement.verdict in _HUED:
        kind = "dim"
    # Where a mark's offset belongs to the length, the line stands at the sum that is judged.
    where = judgement.in_vivo_mm if judgement.in_vivo_mm is not None else shown.value_mm
    return LineFace(where, judgement.verdict, kind, bands)


def worst_safety(lines: Mapping[str, Judgement]) -> tuple[str, str]:
    """(end, code) of the gravest safety line passed; ("", "") for none."""
    for code in ("safety_critical", "safety_alert"):
        for end in ("distal", "proximal"):
            if end in lines and lines[end].safety == code:
                return end, code
    return "", ""
