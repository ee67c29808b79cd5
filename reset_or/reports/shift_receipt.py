"""The receipt of a shift as a PDF/A-2b document in memory: what is at the centre, and first what is not.

Draws texts that it is given; knows no store, no receipt and no key. Same sheet, same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Spacer, Table, TableStyle

from reset_or.base.clock import local_text, zone_text
from reset_or.base.words import Language, say
from reset_or.reports import palette as c
from reset_or.reports.model import Labelled
from reset_or.reports.pages import ROOM, SIDE, demo_band, foot_line, head_line, lay_out
from reset_or.reports.pdfa import archivable
from reset_or.reports.sections import grid, identity, section, tight
from reset_or.reports.typeset import line, para, write

_SHORT: Final = 12


@dataclass(frozen=True)
class ShiftRow:
    """One entry or photo, all as text; empty where the centre has not receipted it. Hashes are whole hex."""

    kind: str
    subject: str
    user: str
    saved: str
    received: str = ""
    place: str = ""
    id: str = ""
    feed_hash: str = ""
    receipt: str = ""


@dataclass(frozen=True)
class ShiftSheet:
    """`lead`: the sentences that matter, what is not at the centre first. `complete`: nothing is missing.

    `facts` stand below the lead, `proof` before the whole hashes at the end. `until_at` is UTC ms.
    """

    lead: tuple[str, ...]
    complete: bool
    facts: tuple[Labelled, ...]
    proof: tuple[Labelled, ...]
    here: tuple[ShiftRow, ...]
    at_centre: tuple[ShiftRow, ...]
    study: str
    site: str
    until_at: int
    zone_min: int
    remarks: tuple[str, ...] = ()
    at_relay: tuple[ShiftRow, ...] = ()
    demo: bool = False
    version: str = ""


def render(sheet: ShiftSheet, language: Language) -> bytes:
    """The finished file: A4, embedded fonts, PDF/A-2b, nothing written to disk.

    Raises EnvironmentTrouble("report_fonts_missing"), OurBug("report_not_archivable").
    """
    plain = lay_out(_story(sheet, language), partial(_furnish, sheet, language), language, demo=sheet.demo)
    return archivable(
        plain, title=f"{say('shift.title', language)} {sheet.site} ({sheet.study})", subject=sheet.study,
        at=sheet.until_at, producer=f"RESET-OR {sheet.version}".strip(),
    )  # fmt: skip


def _story(sheet: ShiftSheet, language: Language) -> list[Flowable]:
    parts: list[Flowable] = [_lead(sheet), Spacer(1, 6), identity(sheet.facts, ROOM)]
    parts += [para(text, 8.2, colour=c.INK2) for text in sheet.remarks]
    if sheet.here:
        parts += section(say("shift.section_here", language), _here(sheet.here, language))
    if sheet.at_relay:
        parts += section(say("shift.section_at_relay", language), _here(sheet.at_relay, language))
    if sheet.at_centre:
        parts += section(say("shift.section_at_centre", language), _there(sheet.at_centre, language))
        note = para(say("shift.proof_note", language), 7.2, colour=c.INK2)
        parts += section(say("shift.section_hashes", language), note, Spacer(1, 2), _proof(sheet, language))
        parts += [Spacer(1, 4), _hashes(sheet.at_centre, language)]
    return parts


def _lead(sheet: ShiftSheet) -> Flowable:
    """The sentences in a frame: green only where nothing is missing at the centre."""
    ink, ground = (c.OK, c.OK_DIM) if sheet.complete else (c.SHORT, c.PANEL)
    rows = [[para(text, 13 if number == 0 else 10.5, "bold" if number == 0 else "medium", c.INK)]
            for number, text in enumerate(sheet.lead)]  # fmt: skip
    table = Table(rows, colWidths=[ROOM])
    box = ("BOX", (0, 0), (-1, -1), 1.1, HexColor(ink))
    table.setStyle(TableStyle([*tight(9, 5), ("BACKGROUND", (0, 0), (-1, -1), HexColor(ground)), box]))
    return table


def _heads(names: Sequence[str], language: Language) -> list[str]:
    return [say(f"shift.col_{name}", language) for name in names]


def _here(rows: Sequence[ShiftRow], language: Language) -> Flowable:
    texts = [(row.kind, row.subject, row.user, row.saved, row.id[:_SHORT]) for row in rows]
    return grid(
        _heads(("kind", "subject", "user", "saved", "id"), language), texts, (120, 70, 70, 100, 100), ROOM
    )


def _there(rows: Sequence[ShiftRow], language: Language) -> Flowable:
    names = ("number", "kind", "subject", "user", "saved", "received", "place", "id")
    texts = [
        (str(number), row.kind, row.subject, row.user, row.saved, row.received, row.place, row.id[:_SHORT])
        for number, row in enumerate(rows, 1)
    ]
    return grid(_heads(names, language), texts, (20, 92, 52, 48, 82, 82, 54, 72), ROOM)


def _proof(sheet: ShiftSheet, language: Language) -> Flowable:
    texts = [(pair.label, pair.value) for pair in sheet.proof if pair.value]
    return grid(_heads(("fact", "value"), language), texts, (90, 400), ROOM)


def _hashes(rows: Sequence[ShiftRow], language: Language) -> Flowable:
    """Every hash whole, numbered as the lines above: for whoever checks, not for the eye."""
    cells: list[list[Any]] = []
    for number, row in enumerate(rows, 1):
        said = [("id", row.id), ("receipt", row.receipt), ("feed_hash", row.feed_hash)]
        whole = [f"{say(f'shift.col_{name}', language)} {value}" for name, value in said if value]
        cells.append([para(str(number), 5.8, colour=c.INK2), para("\n".join(whole), 5.8, colour=c.INK2)])
    table = Table(cells, colWidths=[20, ROOM - 20])
    table.setStyle(TableStyle(tight(2, 0.8)))
    return table


def _furnish(sheet: ShiftSheet, language: Language, canvas: Any, _document: Any) -> None:
    canvas.saveState()
    top = A4[1] - 26
    write(canvas, SIDE, top - 10, say("shift.title", language), 15, "bold")
    line(canvas, SIDE, top - 23, sheet.study, 7.8, ROOM - 160, colour=c.INK2)
    write(canvas, A4[0] - SIDE, top - 13, sheet.site, 21, "bold", anchor="end")
    head_line(canvas, top - 29)
    if sheet.demo:
        demo_band(canvas, top - 47, say("report.demo", language))
    foot_line(canvas)
    at = f"{local_text(sheet.until_at, sheet.zone_min)} {zone_text(sheet.zone_min)}"
    line(
        canvas,
        SIDE,
        16,
        say("shift.printed", language, at=at, version=sheet.version),
        6.8,
        ROOM - 70,
        colour=c.INK3,
    )
    canvas.restoreState()
