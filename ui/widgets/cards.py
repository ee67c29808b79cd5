"""Cards and lines that group what belongs together. Owns frames only."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ui.style import theme
from ui.widgets.labels import Label

CardTone = Literal["surface", "raised", "bad", "accent"]


class Card(QFrame):
    """A rounded surface with a vertical `body` layout; `pad` is (across, down) in px at scale 1."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        tone: CardTone = "surface",
        pad: tuple[int, int] = (16, 16),
        gap: int = 12,
    ) -> None:
        super().__init__(parent)
        self._pad, self._gap = pad, gap
        self.setObjectName("card")
        self.setProperty("tone", tone)
        self.body = QVBoxLayout(self)
        self._space()

    def set_tone(self, tone: CardTone) -> None:
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)

    def _space(self) -> None:
        across, down = (theme.px(pad) if pad else 0 for pad in self._pad)
        self.body.setContentsMargins(across, down, across, down)
        self.body.setSpacing(theme.px(self._gap) if self._gap else 0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()


class TitledCard(Card):
    """A card with a title row; `head` takes buttons or status on its right."""

    def __init__(self, title: str, parent: QWidget | None = None, *, tone: CardTone = "surface") -> None:
        super().__init__(parent, tone=tone)
        self.title = Label(title, "heading", "text", self)
        self.head = QHBoxLayout()
        self.head.addWidget(self.title, 1)
        self.body.addLayout(self.head)
        self.setAccessibleName(title)

    def set_title(self, title: str) -> None:
        self.title.set_text(title)
        self.setAccessibleName(title)


class Line(QFrame):
    """A hairline between rows, or between columns when `upright`."""

    def __init__(self, parent: QWidget | None = None, *, upright: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("line")
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)


class ScrollBody(QScrollArea):
    """A vertical scroll area for forms longer than a 768 px window; it never scrolls sideways."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.inside = QWidget()
        self.body = QVBoxLayout(self.inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(theme.px(12))
        self.setWidget(self.inside)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
