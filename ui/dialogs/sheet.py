"""Sheet: a panel over the window for one question, with the page dimmed behind it. Never two at once.

Focus stays inside until the sheet is closed; Escape closes it where that harms nothing. Owns no question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from reset_or.base import words
from reset_or.base.errors import ResetOrError
from ui.style import theme
from ui.widgets.banner import ErrorBanner
from ui.widgets.buttons import Button, Kind
from ui.widgets.cards import Card, ScrollBody
from ui.widgets.labels import Label, Paragraph

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
        self.title = Label("", "title", "text", self.card)
        self.lead = Paragraph("", "body", "text2", self.card)
        self.problem = ErrorBanner(self.card)
        self.area = ScrollBody(self.card)
        self.content = self.area.body
        self.buttons = QHBoxLayout()
        self._lay_out()
        self.problem.hide()
        self.lead.hide()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        shell.language_changed.connect(self.retranslate)

    def _lay_out(self) -> None:
        body = self.card.body
        body.addWidget(self.title)
        body.addWidget(self.lead)
        body.addWidget(self.problem)
        body.addWidget(self.area, 1)
        body.addLayout(self.buttons)
        self.buttons.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.px(16), theme.px(16), theme.px(16), theme.px(16))
        outer.addStretch(1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.card)
        row.addStretch(1)
        outer.addLayout(row, 100)
        outer.addStretch(1)

    # what subclasses use ---------------------------------------------------------------------------
    def set_title(self, text: str, lead: str = "") -> None:
        self.title.set_text(text)
        self.lead.setText(lead)
        self.lead.setVisible(bool(lead))
        self.setAccessibleName(text)
        self.setAccessibleDescription(lead)

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
        self.fit_window()
        self.show()
        self.raise_()
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
        """Width by the window, height by the content, scrolling only when the window is too low."""
        room = self.size()
        wide = min(theme.px(self._width_px), room.width() - 2 * theme.px(16))
        self.card.setFixedWidth(max(theme.px(240), wide))
        inner = self.card.width() - 2 * theme.px(24)
        layout = self.area.inside.layout()
        high = 0
        if layout is not None and layout.count():
            high = (
                layout.totalHeightForWidth(inner)
                if layout.hasHeightForWidth()
                else layout.sizeHint().height()
            )
        self.area.setMinimumHeight(min(high, round(room.height() * 0.62)))
        self.area.setMaximumHeight(high)
        self.area.setVisible(high > 0)

    # events ----------------------------------------------------------------------------------------
    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit_window()
        return super().event(event)

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
