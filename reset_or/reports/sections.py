"""The tables of the sheet: identity, readings, photograph with hashes, signatures, revision ids."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.platypus import CondPageBreak, Flowable, Image, KeepTogether, Spacer, Table, TableStyle

from reset_or.base.words import Language, say
from reset_or.reports import palette as c
from reset_or.reports.model import ArmPlate, CaseSheet, Labelled, SheetPhoto
from reset_or.reports.typeset import face, para, write

_PHOTO_WIDE: Final = 189.0
_PHOTO_HIGH: Final = 126.0


def heading(text: str) -> Flowable:
    """A section heading with the space that belongs to it."""
    table = Table([[para(text, 8.6, "bold", c.INK)]], colWidths=["100%"])
    table.setStyle(TableStyle([*tight(0, 1.5), ("LINEBELOW", (0, 0), (-1, -1), 0.8, HexColor(c.INK))]))
    return table


def section(text: str, *parts: Flowable, whole: bool = False) -> list[Flowable]:
    """Heading and parts; `whole` keeps them on one page, else only the heading stays with what follows."""
    head = [Spacer(1, 5), heading(text), Spacer(1, 2)]
    if whole:
        return [KeepTogether([*head, *parts])]
    return [CondPageBreak(45), *head, *parts]


def tight(side: float = 3, vertical: float = 1.6) -> list[tuple[Any, ...]]:
    """The commands that every table begins with: narrow cells, at the top, an embedded font."""
    whole = ((0, 0), (-1, -1))
    return [
        ("LEFTPADDING", *whole, side), ("RIGHTPADDING", *whole, side),
        ("TOPPADDING", *whole, vertical), ("BOTTOMPADDING", *whole, vertical),
        ("VALIGN", *whole, "TOP"),
        ("FONT", *whole, face("regular"), 7),  # an empty cell would call Helvetica in, which is not embedded
    ]  # fmt: skip


def identity(pairs: Sequence[Labelled], room: float) -> Flowable:
    """Pairs in rows of five: small label above, value below."""
    columns = 5
    cells: list[list[Any]] = []
    for start in range(0, len(pairs), columns):
        row: list[Any] = [
            [para(pair.label, 6.6, colour=c.INK3), para(pair.value or "–", 9.2, "medium")]
            for pair in pairs[start : start + columns]
        ]
        cells.append(row + [""] * (columns - len(row)))
    table = Table(cells or [[""]], colWidths=[room / columns] * columns)
    table.setStyle(TableStyle(tight(3, 1.2)))
    return table


def arm(plate: ArmPlate | None, blinded: bool, language: Language, room: float) -> Flowable | None:
    """The arm with its targets, or that it is withheld from this reader; nothing where it is not given."""
    if blinded:
        cells = [para(say("report.arm_hidden", language), 9, "medium", c.INK2)]
        widths = [room]
    elif plate is None:
        return None
    else:
        label = para(say("report.arm", language), 7.4, colour=c.INK2)
        word = para(f"{plate.word} · {plate.targets}" if plate.targets else plate.word, 11.5, "bold")
        cells, widths = [label, word], [44, room - 44]
        if plate.note:
            cells.append(para(plate.note, 8, "medium", c.INK2, right=True))
            widths = [44, (room - 44) * 0.6, (room - 44) * 0.4]
    table = Table([cells], colWidths=widths)
    table.setStyle(
        TableStyle([
            *tight(6, 3.5),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("BOX", (0, 0), (-1, -1), 0.9, HexColor(c.INK2)),
        ])
    )  # fmt: skip
    return table


def grid(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], room: float) -> Table:
    """A table of texts whose head is repeated on every page; `widths` are shares of `room`."""
    cells = [[para(text, 6.8, "medium", c.INK2) for text in head]]
    cells += [[para(text, 7.3) for text in row] for row in rows]
    scale = room / sum(widths)
    table = Table(cells, colWidths=[wide * scale for wide in widths], repeatRows=1)
    table.setStyle(
        TableStyle([
            *tight(3, 1.5),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor(c.PANEL)),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(c.LINE)),
        ])
    )  # fmt: skip
    return table


def readings(sheet: CaseSheet, language: Language, room: float) -> Flowable:
    """All readings in the order given."""
    names = ("end", "length", "state", "method", "measured_by", "recorded_by", "time", "remark")
    rows = [
        (row.end, row.length, row.state, row.method, row.measured_by, row.recorded_by, row.time, row.remark)
        for row in sheet.readings
    ]
    head = [say(f"report.col_{name}", language) for name in names]
    return grid(head, rows, (38, 42, 90, 108, 54, 54, 70, 71), room)


def photograph(photo: SheetPhoto, language: Language, room: float) -> Flowable:
    """The picture beside its facts; both hashes whole."""
    wide = min(_PHOTO_WIDE, _PHOTO_HIGH * photo.w / photo.h)
    picture = Image(as_jpeg(photo), width=wide, height=wide * photo.h / photo.w)
    facts: list[Flowable] = [para(photo.caption, 8.6, "medium")] if photo.caption else []
    pairs = [*photo.facts]
    pairs.append(Labelled(say("report.sha256", language), photo.sha256))
    pairs.append(Labelled(say("report.camera_sha256", language), photo.camera_sha256))
    for pair in pairs:
        facts += [para(pair.label, 6.4, colour=c.INK3), para(pair.value, 7.4), Spacer(1, 1.5)]
    facts.append(para(say("report.photo_note", language), 6.4, colour=c.INK3))
    table = Table([[picture, facts]], colWidths=[wide + 10, room - wide - 10])
    table.setStyle(TableStyle([*tight(0, 0), ("LEFTPADDING", (1, 0), (1, 0), 4)]))
    return table


def as_jpeg(photo: SheetPhoto) -> io.BytesIO:
    """The decoded preview as a small JPEG: the paper's copy, never the record."""
    from PIL import Image as Picture

    stream = io.BytesIO()
    picture = Picture.frombytes("RGB", (photo.w, photo.h), photo.rgb)
    picture.save(stream, "JPEG", quality=87, subsampling="4:4:4", optimize=True)
    stream.seek(0)
    ImageReader(stream)  # fails here, not in the middle of a page
    stream.seek(0)
    return stream


def signatures(sheet: CaseSheet, language: Language, room: float) -> Flowable:
    """The electronic signatures; says so where there are none."""
    if not sheet.signatures:
        return para(say("report.no_signature", language), 8, colour=c.INK2)
    names = ("name", "role", "meaning", "time", "reauth", "remark")
    rows = [(s.name, s.role, s.meaning, s.time, s.reauth, s.note) for s in sheet.signatures]
    return grid(
        [say(f"report.col_{name}", language) for name in names], rows, (78, 76, 80, 124, 54, 115), room
    )


class WetSignature(Flowable):
    """Lines for hand-written signature, printed name and date."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language = language
        self._room = 0.0

    def wrap(self, room: float, _height: float) -> tuple[float, float]:
        self._room = room
        return room, 32

    def draw(self) -> None:
        canvas, x = self.canv, 0.0
        canvas.setStrokeColor(HexColor(c.INK2))
        canvas.setLineWidth(0.6)
        for name, share in (("wet_signature", 0.44), ("wet_name", 0.32), ("wet_date", 0.24)):
            wide = self._room * share - 10
            canvas.line(x, 11, x + wide, 11)
            write(canvas, x, 3, say(f"report.{name}", self._language), 6.6, colour=c.INK3)
            x += wide + 10


def revision_ids(ids: Sequence[str], room: float) -> Flowable:
    """All ids whole, two in a row, small: for the verifier, not for the eye."""
    texts = [*ids, ""] if len(ids) % 2 else ids
    cells = [[para(text, 5.6, colour=c.INK2) for text in texts[k : k + 2]] for k in range(0, len(texts), 2)]
    table = Table(cells, colWidths=[room / 2] * 2)
    table.setStyle(TableStyle(tight(0, 0.3)))
    return table
