"""CaseHeader: who this is (subject, sex, age, room, planned date, initials, trial number) and places for the
arm plate, the clock and buttons. It stands on every screen of a case, so a wrong case is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.arm_plate import ArmPlate, ArmView
from ui.widgets.buttons import Button
from ui.widgets.painting import LEFT, Align, Painted, row_height


@dataclass(frozen=True)
class IdentityView:
    """`subject` large; `details` one line such as "F · 61 y · Room 3 · 22 Nov · WXM"; `trial` small."""

    subject: str = ""
    details: str = ""
    trial: str = ""


class IdentityBlock(Painted):
    """Subject code over the identity line and the registry number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = IdentityView()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_view(self, view: IdentityView) -> None:
        self._view = view
        self.setAccessibleName(", ".join(part for part in (view.subject, view.details, view.trial) if part))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        size, view = theme.tokens().size, self._view
        first = fitting.text_width(view.subject, theme.px(size.subject), theme.BOLD)
        first += theme.px(10) + fitting.text_width(view.trial, theme.px(size.caption), theme.REGULAR)
        second = fitting.text_width(view.details, theme.px(size.body), theme.MEDIUM)
        return QSize(int(max(first, second)) + 4, row_height())

    def minimumSizeHint(self) -> QSize:
        subject = fitting.text_width(self._view.subject, theme.px(theme.tokens().size.subject), theme.BOLD)
        return QSize(int(subject) + 4, row_height())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, wide, high = self._view, float(self.width()), float(self.height())
        upper = QRectF(0, 0, wide, high * 0.58)
        found = self.writer.write(
            painter, upper, view.subject, theme.px(look.size.subject), weight=theme.BOLD, colour=look.text
        )
        left = found.width + theme.px(10)
        if wide - left > theme.px(40):
            rest = QRectF(left, 0, wide - left, high * 0.54)
            self.writer.write(
                painter,
                rest,
                view.trial,
                theme.px(look.size.caption),
                colour=look.text2,
                align=Align.AlignLeft | Align.AlignBottom,
                floor=theme.px(10),
            )
        lower = QRectF(0, high * 0.6, wide, high * 0.38)
        self.writer.write(
            painter,
            lower,
            view.details,
            theme.px(look.size.body),
            weight=theme.MEDIUM,
            colour=look.text2,
            align=LEFT,
            floor=theme.px(12),
        )


class CaseHeader(QWidget):
    """One row: back, identity, arm plate, slot in the middle (clock), buttons on the right."""

    back = Signal()

    def __init__(self, back_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self.back_button = Button(back_text, "outline", "arrow-left", self)
        self.back_button.clicked.connect(self.back)
        self.identity = IdentityBlock(self)
        self.arm = ArmPlate(self)
        self._middle = QHBoxLayout()
        self._right = QHBoxLayout()
        self._row.addWidget(self.back_button)
        self._row.addWidget(self.identity)
        self._row.addWidget(self.arm)
        self._row.addStretch(1)
        self._row.addLayout(self._middle)
        self._row.addLayout(self._right)
        self._space()

    def set_identity(self, view: IdentityView) -> None:
        self.identity.set_view(view)

    def set_arm(self, view: ArmView | None) -> None:
        """Show the arm plate; None hides it (a reader who may not know the arm)."""
        self.arm.setVisible(view is not None)
        if view is not None:
            self.arm.set_view(view)

    def add_middle(self, widget: QWidget) -> None:
        """The clock, or the button that starts it."""
        self._middle.addWidget(widget)

    def add_button(self, widget: QWidget) -> None:
        self._right.addWidget(widget)

    def _space(self) -> None:
        self._row.setSpacing(theme.px(14))
        self._middle.setSpacing(theme.px(10))
        self._right.setSpacing(theme.px(8))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()
