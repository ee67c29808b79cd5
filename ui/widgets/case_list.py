"""CaseList: one case a row: who, when, where, arm, margins, photos, what is only here. Words come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.cases import RowView
from ui.widgets import fitting
from ui.widgets.painting import CENTRE, LEFT, Writer, panel
from ui.widgets.row_list import RowList, RowLook


@dataclass(frozen=True)
class Column:
    """A column's name and its share of the width in permille."""

    name: str
    share: int


COLUMNS: Final = (
    Column("subject", 118),
    Column("person", 162),
    Column("planned", 108),
    Column("room", 88),
    Column("arm", 172),
    Column("margins", 214),
    Column("photos", 66),
    Column("unsent", 72),
)
_PAD: Final = 22


def columns(rect: QRectF) -> dict[str, QRectF]:
    """Where each column stands in a row, with a place for the verb at the end."""
    verb = verb_width()
    left = rect.left() + theme.px(_PAD)
    room = rect.width() - 2 * theme.px(_PAD) - verb
    gap = theme.px(12)
    found: dict[str, QRectF] = {}
    for column in COLUMNS:
        wide = room * column.share / 1000
        found[column.name] = QRectF(left, rect.top(), wide - gap, rect.height())
        left += wide
    return found


def verb_width() -> float:
    return max(theme.target_px(), theme.px(44))


class CaseList(RowList[RowView]):
    """Draws `RowView`s; the verb at the end opens what else can be done with a case."""

    def verb_rect(self, rect: QRectF, row: RowView) -> QRectF | None:
        wide = verb_width()
        return QRectF(rect.right() - theme.px(10) - wide, rect.top(), wide, rect.height())

    def draw_row(self, painter: QPainter, rect: QRectF, row: RowView, look: Tokens, state: RowLook) -> None:
        at = columns(rect)
        pen = _Pen(painter, self.writer, look)
        pen.text(at["subject"], row.subject, look.size.heading, look.text, theme.BOLD)
        self._draw_person(pen, at["person"], row, look)
        today = look.text if row.planned_today else look.text2
        pen.text(
            at["planned"],
            row.planned,
            look.size.body,
            today,
            theme.MEDIUM if row.planned_today else theme.REGULAR,
        )
        pen.text(at["room"], row.room, look.size.body, look.text, theme.MEDIUM)
        draw_arm(pen, at["arm"], row.arm, row.arm_text)
        tone = getattr(look, row.margins_tone)
        quiet = look.text2 if row.margins_tone == "text2" else look.text
        pen.icon_text(at["margins"], row.margins_icon, tone, row.margins_text, quiet)
        pen.count(at["photos"], "camera", row.photos, look.text2)
        pen.count(at["unsent"], "cloud-upload", row.unsent, look.accent)
        self._draw_more(painter, self.verb_rect(rect, row), look, state)

    def _draw_person(self, pen: _Pen, rect: QRectF, row: RowView, look: Tokens) -> None:
        if not row.initials:
            pen.text(rect, row.person, look.size.body, look.text)
            return
        size = theme.px(look.size.body)
        wide = fitting.text_width(row.person, size, theme.REGULAR) + theme.px(12)
        pen.text(rect, row.person, look.size.body, look.text)
        rest = rect.adjusted(min(wide, rect.width() * 0.68), 0, 0, 0)
        pen.text(rest, row.initials, look.size.body, look.text2, theme.MEDIUM)

    def _draw_more(self, painter: QPainter, rect: QRectF | None, look: Tokens, state: RowLook) -> None:
        if rect is None:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.text if state.hover or state.chosen else look.text3))
        for step in (-1, 0, 1):
            painter.drawEllipse(rect.center() + QPointF(step * theme.px(8), 0), theme.px(2.4), theme.px(2.4))


@dataclass(frozen=True)
class _Pen:
    """A painter with its writer and tokens: what every cell is drawn with."""

    painter: QPainter
    writer: Writer
    look: Tokens

    def text(self, rect: QRectF, text: str, px: int, colour: str, weight: int = theme.REGULAR) -> None:
        size = theme.px(px)
        self.writer.write(
            self.painter, rect, text, size, weight=weight, colour=colour, align=LEFT, floor=size * 0.7,
            lines=2,
        )  # fmt: skip

    def icon(self, rect: QRectF, name: str, colour: str, edge: int) -> None:
        ratio = self.painter.device().devicePixelRatio()
        y = rect.center().y() - edge / 2
        self.painter.drawPixmap(QPointF(rect.left(), y), theme.icon_pixmap(name, edge, colour, ratio))

    def icon_text(self, rect: QRectF, name: str, tone: str, text: str, colour: str) -> None:
        edge = theme.px(20)
        self.icon(rect, name, tone, edge)
        rest = rect.adjusted(edge + theme.px(9), 0, 0, 0)
        self.text(rest, text, self.look.size.body, colour, theme.MEDIUM)

    def count(self, rect: QRectF, name: str, number: int, colour: str) -> None:
        """An icon with its number; nothing at all for none."""
        if number:
            edge = theme.px(18)
            self.icon(rect, name, colour, edge)
            rest = rect.adjusted(edge + theme.px(6), 0, theme.px(12), 0)
            self.text(rest, str(number), self.look.size.body, self.look.text, theme.MEDIUM)


def draw_arm(pen: _Pen, rect: QRectF, arm: str, text: str) -> None:
    """A small plate: solid outline for a known arm, dashed while it is to follow, none where it is hidden.

    The bar on it has the length of the arm, so that the two differ in shape too.
    """
    look, painter = pen.look, pen.painter
    if not arm:
        pen.icon_text(rect, "eye-off", look.text3, text, look.text2)
        return
    high = theme.px(34)
    plate = QRectF(rect.left(), rect.center().y() - high / 2, rect.width(), high)
    radius = theme.px(look.radius.small)
    if arm == "to_follow":
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.border), max(1.5, theme.px(1.5)), Qt.PenStyle.DashLine))
        painter.drawRoundedRect(plate.adjusted(1, 1, -1, -1), radius, radius)
        inner = plate.adjusted(theme.px(10), 0, -theme.px(8), 0)
        pen.writer.write(
            painter, inner, text, theme.px(look.size.small), weight=theme.MEDIUM, colour=look.text2,
            align=CENTRE, lines=2, floor=theme.px(11),
        )  # fmt: skip
        return
    panel(painter, plate, radius, look.raised, look.border, max(1.0, theme.px(1)))
    _draw_bar(pen, plate, arm)
    inner = plate.adjusted(theme.px(52), 0, -theme.px(6), 0)
    pen.text(inner, text, look.size.body, look.text, theme.MEDIUM)


def _draw_bar(pen: _Pen, plate: QRectF, arm: str) -> None:
    look, painter = pen.look, pen.painter
    unit = theme.px(100) / 100
    reach = {"conventional": (22.0, 12.0), "reduced": (11.0, 7.0)}.get(arm, (0.0, 0.0))
    middle = QPointF(plate.left() + 31 * unit, plate.center().y())
    left, right = middle.x() - reach[0] * unit, middle.x() + reach[1] * unit
    painter.setPen(QPen(QColor(look.text), 2 * unit))
    painter.drawLine(QPointF(left, middle.y()), QPointF(right, middle.y()))
    for x in (left, right):
        painter.drawLine(QPointF(x, middle.y() - 7 * unit), QPointF(x, middle.y() + 7 * unit))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.diagram.tumour_light))
    painter.drawEllipse(middle, 4.5 * unit, 6 * unit)
