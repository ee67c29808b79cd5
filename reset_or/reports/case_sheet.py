"""One case as a PDF/A-2b document in memory, English or Chinese. Same sheet, same bytes. Judges nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer

from reset_or.base.clock import local_text, zone_text
from reset_or.base.words import Language, say
from reset_or.reports import cards, sections
from reset_or.reports import palette as c
from reset_or.reports.diagram import BowelDiagram, DiagramWords
from reset_or.reports.measured import measured
from reset_or.reports.model import CaseSheet, MarginEnd
from reset_or.reports.pages import ROOM, SIDE, demo_band, foot_line, head_line, lay_out
from reset_or.reports.pdfa import archivable
from reset_or.reports.typeset import line, para, width, write


def render(sheet: CaseSheet, language: Language) -> bytes:
    """The finished file: A4, embedded fonts, PDF/A-2b, nothing written to disk.

    Characters that no font has appear as `[U+XXXX]`. Raises EnvironmentTrouble("report_fonts_missing"),
    OurBug("report_not_archivable").
    """
    plain = lay_out(_story(sheet, language), partial(_furnish, sheet, language), language, demo=sheet.demo)
    return archivable(
        plain, title=_title(sheet, language), subject=sheet.nct, at=sheet.printed_at,
        producer=f"RESET-OR {sheet.version}".strip(),
    )  # fmt: skip


def _title(sheet: CaseSheet, language: Language) -> str:
    return f"{say('report.title', language)} {sheet.subject} ({sheet.study})"


def _story(sheet: CaseSheet, language: Language) -> list[Flowable]:
    parts: list[Flowable] = [sections.identity(sheet.identity, ROOM)]
    plate = sections.arm(sheet.arm, sheet.blinded, language, ROOM)
    if plate is not None:
        parts += [Spacer(1, 3), plate]
    if sheet.reference_only and sheet.edition == "research":
        parts += [Spacer(1, 3), para(say("report.reference_only_line", language), 8.2, "medium", c.INK2)]
    if sheet.safety is not None and sheet.shows_targets:
        parts += [Spacer(1, 4), cards.SafetyStrip(sheet.safety)]
    parts += _margins(sheet, language)
    for note in sheet.notes:
        parts += [Spacer(1, 3), para(note, 8, "medium", c.INK2)]
    if sheet.readings:
        parts += sections.section(say("report.readings", language), sections.readings(sheet, language, ROOM))
    for photo in sheet.photos:
        if photo.measured:
            pieces = measured(photo, language, ROOM)
            parts += sections.section(say("measured.title", language), *pieces, whole=True)
        else:
            picture = sections.photograph(photo, language, ROOM)
            parts += sections.section(say("report.photo", language), picture, whole=True)
    parts += sections.section(
        say("report.signatures", language), sections.signatures(sheet, language, ROOM),
        sections.WetSignature(language), whole=len(sheet.signatures) <= 8,
    )  # fmt: skip
    if sheet.revisions:
        parts += sections.section(
            say("report.revisions", language, n=len(sheet.revisions)),
            sections.revision_ids(sheet.revisions, ROOM),
        )
    return parts


def _margins(sheet: CaseSheet, language: Language) -> list[Flowable]:
    """Diagram, cards and case line; the chart edition and blinded readers get no bands and no plates."""
    ends = (_without_bands(sheet, sheet.proximal), _without_bands(sheet, sheet.distal))
    words = DiagramWords(
        proximal=say("report.side_proximal", language),
        distal=say("report.side_distal", language),
        no_line=say("report.no_line", language),
        ruler=say("report.ruler", language),
        unit=say("report.cm", language),
    )
    waiting = sheet.edition == "research" and sheet.reference_only and not sheet.blinded
    parts: list[Flowable] = [
        Spacer(1, 5),
        BowelDiagram(*ends, sheet.tumour, words),
        Spacer(1, 5),
        cards.MarginCards(
            ends,
            verdicts=sheet.shows_verdicts,
            strip_text=say("report.reference_only", language) if waiting else "",
            targets=sheet.shows_targets,
        ),
    ]
    if sheet.case is not None:
        label = say("report.case_line", language)
        parts += [Spacer(1, 4), cards.CaseStrip(sheet.case, label, verdicts=sheet.shows_verdicts)]
    return parts


def _without_bands(sheet: CaseSheet, end: MarginEnd) -> MarginEnd:
    return end if sheet.shows_targets else replace(end, bands=None)


# --- what stands on every page ---
def _furnish(sheet: CaseSheet, language: Language, canvas: Any, _document: Any) -> None:
    """Watermark first, so that it lies below everything; then head and foot."""
    canvas.saveState()
    if sheet.reference_only and sheet.edition == "research":
        _watermark(canvas, say("report.watermark", language))
    top = A4[1] - 26
    subject = width(sheet.subject, 21, "bold") + 10
    left = write(canvas, SIDE, top - 10, say("report.title", language), 15, "bold") + 8
    edition = say(f"report.edition_{sheet.edition}", language)
    line(canvas, SIDE + left, top - 10, edition, 8.2, ROOM - left - subject, "medium", c.INK2)
    line(canvas, SIDE, top - 23, f"{sheet.study} · {sheet.nct}", 7.8, ROOM - 160, colour=c.INK2)
    write(canvas, A4[0] - SIDE, top - 13, sheet.subject, 21, "bold", anchor="end")
    line(canvas, A4[0] - SIDE, top - 23, sheet.site, 7.8, 150, colour=c.INK2, anchor="end")
    head_line(canvas, top - 29)
    if sheet.demo:
        demo_band(canvas, top - 47, say("report.demo", language))
    foot_line(canvas)
    printed = say(
        "report.printed", language, by=sheet.printed_by, version=sheet.version, scheme=sheet.scheme,
        at=f"{local_text(sheet.printed_at, sheet.zone_min)} {zone_text(sheet.zone_min)}",
    )  # fmt: skip
    line(canvas, SIDE, 16, printed, 6.8, ROOM - 70, colour=c.INK3)
    canvas.restoreState()


def _watermark(canvas: Any, text: str) -> None:
    canvas.saveState()
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(52)
    for shift in (-250, 0, 250):
        line(canvas, 0, shift, text, 64, 620, "bold", c.WATERMARK, anchor="middle")
    canvas.restoreState()
