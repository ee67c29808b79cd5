"""InboxList: specimens without a known subject, a row each, with the one act that is due."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from ui.style import theme
from ui.style.tokens import Tokens
from ui.viewmodels.inbox import InboxView
from ui.widgets import fitting
from ui.widgets.painting import CENTRE, LEFT, panel
from ui.widgets.row_list import RowList, RowLook


class InboxList(RowList[InboxView]):
    """Draws `InboxView`s; the verb is pressed on its own or with Space."""

    def row_height(self) -> int:
        return max(theme.target_px(), theme.px(72))

    def verb_rect(self, rect: QRectF, row: InboxView) -> QRectF | None:
        if not row.verb_text:
            return None
        text = fitting.text_width(row.verb_text, theme.px(theme.tokens().size.small), theme.MEDIUM)
        wide = max(text + theme.px(32), theme.px(150))
        high = max(theme.px(44), min(theme.target_px(), rect.height() - theme.px(14)))
        return QRectF(rect.right() - theme.px(14) - wide, rect.center().y() - high / 2, wide, high)

    def draw_row(self, painter: QPainter, rect: QRectF, row: InboxView, look: Tokens, state: RowLook) -> None:
        pad, edge = theme.px(18), theme.px(24)
        tone = getattr(look, row.tone)
        pixmap = theme.icon_pixmap(row.state_icon, edge, tone, theme.ratio_of(self))
        painter.drawPixmap(round(rect.left() + pad), round(rect.center().y() - edge / 2), pixmap)
        left = rect.left() + pad + edge + theme.px(14)
        verb = self.verb_rect(rect, row)
        right = verb.left() - theme.px(14) if verb is not None else rect.right() - pad
        split = left + (right - left) * 0.58
        name = QRectF(left, rect.top() + rect.height() * 0.1, split - left, rect.height() * 0.44)
        below = QRectF(left, name.bottom(), split - left, rect.height() * 0.38)
        words = QRectF(split + theme.px(10), rect.top(), right - split - theme.px(10), rect.height())
        body, small = theme.px(look.size.strong), theme.px(look.size.small)
        self.writer.write(painter, name, row.title, body, weight=theme.MEDIUM, colour=look.text, align=LEFT)
        self.writer.write(painter, below, row.detail, small, colour=look.text2, align=LEFT, floor=small * 0.7)
        self.writer.write(
            painter, words, row.state_text, theme.px(look.size.body), colour=tone, align=LEFT, lines=2
        )
        if verb is not None:
            panel(painter, verb, theme.px(look.radius.control), None, look.border, max(1.5, theme.px(1.5)))
            self.writer.write(
                painter, verb, row.verb_text, small, weight=theme.MEDIUM, colour=look.text, align=CENTRE
            )
