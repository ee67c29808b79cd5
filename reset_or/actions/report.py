"""The case sheet: a gated view put into the words of one language, and drawn as a PDF in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reset_or.actions.cases import case_view
from reset_or.actions.context import Context
from reset_or.actions.erasing import REASONS
from reset_or.actions.report_photos import sheet_photos
from reset_or.actions.views import CaseView, EndView, ReadingView, StepView
from reset_or.base.clock import local_text, zone_text
from reset_or.base.units import cm_text, signed_cm_text
from reset_or.base.words import Language, say
from reset_or.record.codebook import field, label

if TYPE_CHECKING:
    from reset_or.reports import model


def case_sheet(ctx: Context, *, case: str, language: Language, edition: model.Edition = "research") -> bytes:
    """The PDF of one case for the person at the keyboard; nothing of it touches the disk."""
    from reset_or.reports.case_sheet import render

    return render(sheet_of(ctx, case_view(ctx, case=case), language, edition), language)


def sheet_of(ctx: Context, view: CaseView, language: Language, edition: model.Edition) -> model.CaseSheet:
    """The sheet's content. A pathologist's own readings stand where nothing in vivo may be seen."""
    from reset_or.reports import model

    zone = ctx.clock.offset_min()
    shown = view.record if not view.blinded and view.record.status != "no_record" else view.specimen
    return model.CaseSheet(
        study=view.study,
        nct=view.nct,
        edition=edition,
        subject=view.subject,
        site=view.site,
        identity=_identity(view, language),
        proximal=_end(view, shown, "proximal", language, edition),
        distal=_end(view, shown, "distal", language, edition),
        scheme=view.scheme,
        printed_at=ctx.clock.now_at(),
        zone_min=zone,
        printed_by=view.people.get(ctx.user, ctx.user),
        arm=_arm(view, language),
        blinded=view.blinded,
        demo=view.demo,
        reference_only=not view.scheme_signed,
        tumour=model.Tumour(view.tumour_length_mm, view.tumour_appearance, _appearance(view, language)),
        case=None if view.blinded or edition == "chart" else _case_line(view, shown, language),
        safety=_safety(shown, language),
        readings=tuple(_row(view, reading, zone, language) for reading in view.readings),
        photos=sheet_photos(ctx, view, zone, language),
        signatures=_signatures(view, language),
        notes=(
            *(
                say("sheet.conflict", language, field=field(c.form, c.field).label(language))
                for c in view.conflicts
            ),
            *erased_lines(view, language, zone),
        ),
        revisions=tuple(line.rev_id for line in view.trail),
        version=ctx.app,
    )


def erased_lines(view: CaseView, language: Language, zone_min: int) -> list[str]:
    """One line for each record that an order took: what it was, since when and why, never what it said."""
    return [
        say(
            "erased.line", language, what=say(f"erased.{each.form}", language),
            day=local_text(each.at, zone_min, "%Y-%m-%d"), reason=_erasure_reason(each.reason_code, language),
        )
        for each in view.erased
    ]  # fmt: skip


def _erasure_reason(code: str, language: Language) -> str:
    return say(f"erased.reason_{code}", language) if code in REASONS else code


def _signatures(view: CaseView, language: Language) -> tuple[model.SignatureRow, ...]:
    from reset_or.reports.model import SignatureRow

    return tuple(
        SignatureRow(
            name=s.name,
            role=label("role", s.role, language),
            meaning=label("meaning", s.meaning, language),
            time=f"{local_text(s.at, s.tz_min)} {zone_text(s.tz_min)}",
            reauth=label("reauth", s.reauth, language),
            note="" if s.covers_current else say("sheet.signature_not_current", language),
        )
        for s in view.signatures
    )


def _identity(view: CaseView, language: Language) -> tuple[model.Labelled, ...]:
    from reset_or.reports.model import Labelled

    pairs = [
        ("sex", label("sex", view.sex, language) if view.sex else ""),
        ("age", str(view.age) if view.age is not None else ""),
        ("initials", view.initials),
        ("room", view.room),
        ("planned_on", view.planned_on),
        ("rand_no", view.rand_no),
    ]
    return tuple(Labelled(field("case", name).label(language), value) for name, value in pairs if value)


def _arm(view: CaseView, language: Language) -> model.ArmPlate | None:
    from reset_or.reports.model import ArmPlate

    if view.blinded:
        return None
    word = label("arm", view.arm, language)
    bands = view.record.proximal.bands, view.record.distal.bands
    if bands[0] is None or bands[1] is None:
        return ArmPlate(word)
    targets = f"{bands[0].target_mm // 10} / {bands[1].target_mm // 10} cm"
    note = "" if view.arm_confirmed else say("sheet.arm_not_confirmed", language)
    return ArmPlate(word, targets, note)


def _appearance(view: CaseView, language: Language) -> str:
    return label("appearance", view.tumour_appearance, language) if view.tumour_appearance else ""


def _end(
    view: CaseView, step: StepView, name: str, language: Language, edition: model.Edition
) -> model.MarginEnd:
    from reset_or.reports.model import MarginEnd

    end = step.end(name)
    judged, main = end.judgement, end.main
    research = edition == "research" and not view.blinded
    measured = end.total_mm is not None
    return MarginEnd(
        title=say(f"sheet.margin_{name}", language),
        value=cm_text(end.total_mm or 0) if measured else _absence(end, language),
        unit="cm" if measured else "",
        state=label("state", main.state, language) if main else "",
        length_mm=end.total_mm,
        estimated=step.name == "specimen",
        target=_target(end) if research else "",
        bands=_bands(end) if research else None,
        verdict=judged.verdict if research and judged.show_word else "",
        word=label("verdict", judged.verdict, language) if research and judged.show_word else "",
        delta=f"{signed_cm_text(judged.delta_mm)} cm" if research and judged.delta_mm is not None else "",
        plate=_plate(judged.plate, judged.verdict) if research else "empty",
        captions=_captions(end, language, research=research),
    )


def _absence(end: EndView, language: Language) -> str:
    if end.main is not None and end.main.conflict:
        return " | ".join(cm_text(value) for value in end.main.conflict)
    if end.main is not None and end.main.missing:
        return label("missing", end.main.missing, language)
    return label("verdict", end.judgement.verdict or "not_entered", language)


def _target(end: EndView) -> str:
    if end.bands is None:
        return ""
    low, high = cm_text(end.bands.range_low_mm), cm_text(end.bands.range_high_mm)
    return f"{cm_text(end.bands.target_mm)} ({low}\u2013{high}) cm"


def _bands(end: EndView) -> model.BandsMm | None:
    from reset_or.reports.model import BandsMm

    b = end.bands
    if b is None:
        return None
    return BandsMm(b.tolerance_low_mm, b.range_low_mm, b.range_high_mm, b.tolerance_high_mm)


def _plate(plate: str, verdict: str) -> model.Plate:
    """Screen plates to printed ones: on paper the direction must show without colour."""
    if plate == "bright":
        return "short" if verdict.startswith("short") else "long"
    known: dict[str, model.Plate] = {"dim": "ok", "neutral": "neutral", "hatched": "estimate"}
    return known.get(plate, "empty")


def _captions(end: EndView, language: Language, *, research: bool) -> tuple[str, ...]:
    found, judged, main = [], end.judgement, end.main
    if len(end.extras) > 0 and main is not None and main.value_mm is not None:
        parts = [main.value_mm, *(e.value_mm for e in end.extras if e.value_mm is not None)]
        found.append(" + ".join(cm_text(part) for part in parts) + " cm")
    if research and judged.in_vivo_mm is not None and judged.low_mm != judged.high_mm:
        low, high = cm_text(judged.low_mm or 0), cm_text(judged.high_mm or 0)
        found.append(say("sheet.estimate", language, value=cm_text(judged.in_vivo_mm), low=low, high=high))
        if judged.decisive is False:
            found.append(label("query", "not_decisive", language))
    if research and judged.uncertain:
        found.append(say("photos.uncertain", language, plus_minus=f"{judged.uncertainty_um / 10_000:.2f}"))
    if main is not None and main.typed_later:
        found.append(field("reading", "typed_later").label(language))
    if main is not None and main.reason and research:
        reason = field("reading", "reason").label(language)
        found.append(f"{reason}: {label('reason', main.reason, language)}")
    return tuple(found)


def _case_line(view: CaseView, step: StepView, language: Language) -> model.CaseLine:
    from reset_or.reports.model import CaseLine

    words = view.scheme_signed and bool(step.case_verdict)
    lines = []
    if step.as_delivered and words:
        what = label("as_delivered", step.as_delivered, language)
        lines.append(say("sheet.as_delivered", language, what=what))
    return CaseLine(
        status=label("status", step.status, language) if step.status else "",
        verdict=step.case_verdict if words else "",
        word=label("verdict", step.case_verdict, language) if words else "",
        plate="neutral",
        lines=tuple(lines),
    )


def _safety(step: StepView, language: Language) -> model.SafetyLine | None:
    from reset_or.reports.model import SafetyLine

    return SafetyLine(step.safety, label("safety", step.safety, language)) if step.safety else None


def _row(view: CaseView, reading: ReadingView, zone: int, language: Language) -> model.ReadingRow:
    from reset_or.reports.model import ReadingRow

    if reading.conflict:
        length = " | ".join(cm_text(value) for value in reading.conflict) + " cm"
    elif reading.hidden:
        length = say("photos.withheld", language)
    elif reading.value_mm is not None:
        length = f"{cm_text(reading.value_mm)} cm"
    else:
        length = label("missing", reading.missing, language) if reading.missing else "\u2013"
    remarks = []
    if reading.segment == "extra":
        remarks.append(label("segment", "extra", language))
    if reading.changes:
        remarks.append(say("sheet.changes", language, n=reading.changes))
    if reading.to_repeat:
        remarks.append(say("photos.to_repeat", language))
    if reading.moved_from:
        remarks.append(field("reading", "moved_from").label(language))
    if reading.transcribed:
        remarks.append(field("reading", "transcribed").label(language))
    return ReadingRow(
        end=label("end", reading.end, language),
        length=length,
        state=label("state", reading.state, language),
        method=_circumstances(reading, language),
        measured_by=view.people.get(reading.measured_by, reading.measured_by),
        recorded_by=view.people.get(reading.recorded_by, reading.recorded_by),
        time=local_text(reading.measured_at or reading.saved_at, zone),
        remark=", ".join(remarks),
    )


def _circumstances(reading: ReadingView, language: Language) -> str:
    """How and from which edge, as far as it was said."""
    said = (("method", reading.method), ("edge", reading.edge))
    return " \u00b7 ".join(label(codelist, code, language) for codelist, code in said if code)
