"""Sheet: a panel over the window for one question, with the page dimmed behind it. Never two at once.

Focus stays inside until the sheet is closed; Escape closes it where that harms nothing. Owns no question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QWidget

from reset_or.base import words
from reset_or.base.errors import ResetOrError
from ui.style import theme
from ui.widgets.banner import ErrorBanner
from ui.widgets.buttons import Button, Kind
from ui.widgets.cards import Card, ScrollBody
from ui.widgets.labels import IconLabel, Label, Paragraph, Tone

if TYPE_CHECKING:
    from ui.shell import Shell

_SCRIM = 168  # alpha of the dimming, of 255


class Sheet(QWidget):
    """A card in the middle of the window: title, lead, `content` (scrolls when it must), buttons.

    Subclasses fill `content` and the button row, and set their words in `retranslate`.
    """

    closed = Signal()

    def __init__(self, shell: Shell, *, width_px: int = 560, dismissible: bool = True) -> None:
        super().__init__()
        self.shell = shell
        self.dismissible = dismissible
        self._width_px = width_px
        self._before: QWidget | None = None
        self.card = Card(self, pad=(24, 22), gap=14)
        self.mark = IconLabel("info", "text2", self.card, size_px=32)
        self.title = Label("", "title", "text", self.card)
        self.lead = Paragraph("", "body", "text2", self.card)
        self.problem = ErrorBanner(self.card)
        self.area = ScrollBody(self.card)
        self.area.inside.setMinimumHeight(1)  # its height follows its width, not its narrowest shape
        self.content = self.area.body
        self.buttons = QHBoxLayout()
        self._lay_out()
        self.problem.hide()
        self.lead.hide()
        self.mark.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.card.installEventFilter(self)
        self.area.inside.installEventFilter(self)
        shell.language_changed.connect(self.retranslate)

    def _lay_out(self) -> None:
        body = self.card.body
        head = QHBoxLayout()
        head.setSpacing(theme.px(14))
        head.addWidget(self.mark)
        head.addWidget(self.title, 1)
        body.addLayout(head)
        body.addWidget(self.lead)
        body.addWidget(self.problem)
        body.addWidget(self.area, 1)
        body.addLayout(self.buttons)
        self.buttons.addStretch(1)

    # what subclasses use ---------------------------------------------------------------------------
    def set_title(self, text: str, lead: str = "") -> None:
        self.title.set_text(text)
        self.lead.setText(lead)
        self.lead.setVisible(bool(lead))
        self.setAccessibleName(text)
        self.setAccessibleDescription(lead)

    def set_mark(self, icon: str, tone: Tone) -> None:
        """An icon before the title."""
        self.mark.set_icon(icon, tone)
        self.mark.show()

    def add_button(self, text: str, kind: Kind = "outline", icon: str = "") -> Button:
        """Buttons stand on the right in the order added; the main one comes last."""
        button = Button(text, kind, icon, self.card)
        self.buttons.addWidget(button)
        return button

    def show_error(self, error: ResetOrError) -> None:
        """An error while the sheet is open stands inside it, so that nothing lies over a sheet."""
        title, advice = words.explain(error, self.shell.language)
        self.problem.show_error(title, advice, self.shell.say("ui_shell.error_code", code=error.code))
        self.fit_window()

    def clear_error(self) -> None:
        self.problem.hide()
        self.fit_window()

    def first_focus(self) -> QWidget | None:
        """The widget that takes the focus when the sheet opens."""
        return None

    def retranslate(self) -> None:
        """The language changed: set every text anew."""

    def opened(self) -> None:
        """Called after the sheet is shown."""

    # opening and closing ---------------------------------------------------------------------------
    def open_over(self, window: QWidget) -> None:
        """Lie over `window` and take the focus."""
        self._before = window.window().focusWidget()
        self.setParent(window)
        self.setGeometry(window.rect())
        self.retranslate()
        self.show()
        self.raise_()
        for part in self.findChildren(QWidget):
            part.ensurePolished()  # the style sheet's fonts count before anything is measured
        self.fit_window()
        (self.first_focus() or self).setFocus(Qt.FocusReason.OtherFocusReason)
        self.opened()

    def dismiss(self) -> None:
        """Close, give the focus back, and be forgotten."""
        before = self._before
        self.hide()
        self.closed.emit()
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.deleteLater()

    def fit_window(self) -> None:
        """Width by the window, height by the content; the content scrolls only when the window is too low."""
        margin, layout = theme.px(14), self.area.inside.layout()
        wide = max(theme.px(240), min(theme.px(self._width_px), self.width() - 2 * margin))
        inner = wide - 2 * theme.px(24) - 2
        high = _height_of(layout, inner) if layout is not None and layout.count() else 0
        self.area.setVisible(high > 0)
        self.area.setFixedHeight(max(1, high))
        rest = _height_of(self.card.body, wide) - high
        room = self.height() - 2 * margin
        whole = rest + high <= room
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff if whole else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.area.setVerticalScrollBarPolicy(policy)
        if high and not whole:
            high = max(theme.px(80), room - rest)
            self.area.setFixedHeight(high)
        total = min(room, rest + high)
        top = max(margin, (self.height() - total) // 2)
        top = max(margin, (self.height() - total) // 2)
        self.card.setGeometry((self.width() - wide) // 2, top, wide, total)

    # events ----------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        mine = watched is self.card or watched is self.area.inside
        if mine and event.type() == QEvent.Type.LayoutRequest and self.isVisible():
            self.fit_window()
        return False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self.isVisible():
            self.fit_window()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRectF(self.rect()), theme.colour(QColor("black").name(), _SCRIM))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.dismissible:
            self.dismiss()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the sheet."""
        here = self.focusWidget() or self
        step: QWidget | None = here
        while step is not None:
            step = step.nextInFocusChain() if forward else step.previousInFocusChain()
            if step is None or step is here:
                return True
            if self.isAncestorOf(step) and step.isVisible() and step.isEnabled() and _by_tab(step):
                step.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return True


def _by_tab(widget: QWidget) -> bool:
    return bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def _height_of(layout: QLayout, wide: int) -> int:
    """The least height at which a layout shows everything when it is `wide` px wide."""
    layout.activate()
    if layout.hasHeightForWidth():
        return layout.totalHeightForWidth(wide)
    return layout.totalSizeHint().height()
