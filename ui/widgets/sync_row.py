"""SyncRow: the true state of one item on its way to the centre: what, whose, how large, state, one verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ui.style import theme
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.labels import IconLabel, Label, Tone
from ui.widgets.progress_bar import ProgressBar

SyncLook = Literal["needs_you", "sending", "retry", "waiting", "done"]

_ICONS: dict[SyncLook, tuple[str, Tone]] = {
    "needs_you": ("octagon-alert", "bad"),
    "sending": ("cloud-upload", "accent"),
    "retry": ("refresh-cw", "short"),
    "waiting": ("clock", "text2"),
    "done": ("circle-check", "ok"),
}


@dataclass(frozen=True)
class SyncRowView:
    """`icon` of the kind of item; `part` 0 to 1 only while sending; `verb` empty for no button."""

    key: str
    icon: str
    title: str
    subject: str
    size: str
    look: SyncLook
    status: str
    part: float | None = None
    verb: str = ""


class SyncRow(Card):
    """`acted(key)` when the verb is pressed."""

    acted = Signal(str)

    def __init__(self, view: SyncRowView, parent: QWidget | None = None) -> None:
        super().__init__(parent, tone="surface", pad=(16, 5), gap=0)
        self._key = view.key
        self._row = QHBoxLayout()
        self.body.addLayout(self._row)
        self._icon = IconLabel(view.icon, "text2", self, size_px=22)
        self._title = Label("", "body", "text", self, weight=theme.MEDIUM)
        self._subject = Label("", "body", "text", self)
        self._size = Label("", "small", "text2", self)
        self._state_icon = IconLabel("clock", "text2", self, size_px=20)
        self._bar = ProgressBar(self, high_px=8)
        self._status = Label("", "body", "text2", self, weight=theme.MEDIUM)
        self.verb = Button("", "outline", "", self, size_px=15)
        self.verb.clicked.connect(lambda: self.acted.emit(self._key))
        state, act = QWidget(self), QWidget(self)
        inside, end = QHBoxLayout(state), QHBoxLayout(act)
        for part, stretch in ((self._state_icon, 0), (self._bar, 1), (self._status, 3)):
            inside.addWidget(part, stretch)
        end.addStretch(1)
        end.addWidget(self.verb)
        self._row.addWidget(self._icon)
        columns = ((self._title, 30), (self._subject, 11), (self._size, 9), (state, 36), (act, 14))
        for column, share in columns:
            # shares alone decide, so that the columns of all rows stand under each other
            column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._row.addWidget(column, share)
        for layout in (inside, end):
            layout.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.px(12))
        self.setMinimumHeight(theme.px(theme.tokens().size.row))
        self.set_view(view)

    def set_view(self, view: SyncRowView) -> None:
        """Show the newest state of the same or another item."""
        self._key = view.key
        icon, tone = _ICONS[view.look]
        quiet = view.look == "done"
        self.set_tone("bad" if view.look == "needs_you" else "surface")
        self._icon.set_icon(view.icon, "bad" if view.look == "needs_you" else "text2")
        self._title.set_text(view.title)
        self._title.set_tone("text2" if quiet else "text")
        self._subject.set_text(view.subject)
        self._subject.set_tone("text2" if quiet else "text")
        self._size.set_text(view.size)
        self._state_icon.set_icon(icon, tone)
        self._bar.setVisible(view.part is not None)
        if view.part is not None:
            self._bar.set_part(view.part, view.status)
        self._status.set_text(view.status)
        self._status.set_tone(tone if view.look in ("needs_you", "retry") else "text2" if quiet else "text")
        self.verb.setVisible(bool(view.verb))
        self.verb.setText(view.verb)
        self.verb.setAccessibleName(f"{view.verb} {view.title} {view.subject}".strip())
        self.setAccessibleName(" ".join((view.title, view.subject, view.size, view.status)))
