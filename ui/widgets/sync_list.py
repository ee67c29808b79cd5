"""SyncList: the true state of every item on its way, a row each; what needs a person is red."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.sync import ItemView
from ui.widgets import fitting
from ui.widgets.painting import CENTRE, LEFT, panel
from ui.widgets.row_list import RowList, RowLook

_SHARES: Final = {"item": 300, "subject": 118, "size": 92, "state": 490}
_PAD: Final = 22


def columns(rect: QRectF) -> dict[str, QRectF]:
    """Where item, subject, size and state stand in a row."""
    left, room = rect.left() + theme.px(_PAD), rect.width() - 2 * theme.px(_PAD)
    found: dict[str, QRectF] = {}
    for name, share in _SHARES.items():
        wide = room * share / 1000
        found[name] = QRectF(left, rect.top(), wide - theme.px(10), rect.height())
        left += wide
    return found


class SyncList(RowList[ItemView]):
    """Draws `ItemView`s; the verb is pressed on its own, Enter presses it too."""

    def ground(self, row: ItemView, look: Tokens, state: RowLook) -> str | None:
        if row.state == "needs_you":
            return look.bad_dim
        return super().ground(row, look, state)

    def verb_rect(self, rect: QRectF, row: ItemView) -> QRectF | None:
        if not row.verb_text:
            return None
        text = fitting.text_width(row.verb_text, theme.px(theme.tokens().size.small), theme.MEDIUM)
        wide = max(text + theme.px(32), theme.px(112))
        high = max(theme.px(40), min(theme.target_px(), rect.height() - theme.px(10)))
        return QRectF(rect.right() - theme.px(14) - wide, rect.center().y() - high / 2, wide, high)

    def draw_row(self, painter: QPainter, rect: QRectF, row: ItemView, look: Tokens, state: RowLook) -> None:
        at = columns(rect)
        bad = row.state == "needs_you"
        name_ink = look.text2 if row.faded else look.text
        self._icon(painter, at["item"], row.icon, look.bad if bad else look.text2, 22)
        name = at["item"].adjusted(theme.px(34), 0, 0, 0)
        self._write(painter, name, row.name, look.size.body, name_ink, theme.MEDIUM)
        self._write(painter, at["subject"], row.subject, look.size.body, name_ink)
        self._write(painter, at["size"], row.size, look.size.body, look.text2)
        verb = self.verb_rect(rect, row)
        room = at["state"]
        if verb is not None:
            room = room.adjusted(0, 0, -(room.right() - verb.left() + theme.px(12)), 0)
            self._draw_verb(painter, verb, row, look)
        self._draw_state(painter, room, row, look)

    def _draw_state(self, painter: QPainter, rect: QRectF, row: ItemView, look: Tokens) -> None:
        ink = getattr(look, row.tone)
        words = look.text2 if row.tone == "ok" else ink
        if row.percent is not None:
            bar = QRectF(rect.left(), rect.center().y() - theme.px(4), theme.px(128), theme.px(8))
            panel(painter, bar, bar.height() / 2, look.pressed)
            done = QRectF(bar.topLeft(), bar.size())
            done.setWidth(max(bar.height(), bar.width() * row.percent / 100))
            panel(painter, done, bar.height() / 2, look.accent)
            rect = rect.adjusted(bar.width() + theme.px(14), 0, 0, 0)
        elif row.state_icon:
            self._icon(painter, rect, row.state_icon, ink, 20)
            rect = rect.adjusted(theme.px(30), 0, 0, 0)
        self._write(painter, rect, row.state_text, look.size.body, words, theme.MEDIUM)

    def _draw_verb(self, painter: QPainter, rect: QRectF, row: ItemView, look: Tokens) -> None:
        panel(painter, rect, theme.px(look.radius.control), None, look.border, max(1.5, theme.px(1.5)))
        self.writer.write(
            painter, rect, row.verb_text, theme.px(look.size.small), weight=theme.MEDIUM, colour=look.text,
            align=CENTRE,
        )  # fmt: skip

    def _write(
        self, painter: QPainter, rect: QRectF, text: str, px: int, colour: str, weight: int = theme.REGULAR
    ) -> None:
        size = theme.px(px)
        self.writer.write(
            painter, rect, text, size, weight=weight, colour=colour, align=LEFT, floor=size * 0.7, lines=2
        )

    def _icon(self, painter: QPainter, rect: QRectF, name: str, colour: str, px: int) -> None:
        edge = theme.px(px)
        pixmap = theme.icon_pixmap(name, edge, colour, theme.ratio_of(self))
        painter.drawPixmap(QPointF(rect.left(), rect.center().y() - edge / 2), pixmap)
