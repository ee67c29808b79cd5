"""The cover: hides every value after idling; the PIN lifts it. Subject, arm and clock of a theatre case stay.

It lies over the whole window, and nothing under it is drawn or reached. What was typed stays where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from reset_or.base import words
from reset_or.base.clock import Clock
from reset_or.base.errors import ResetOrError
from ui import ask
from ui.style import theme
from ui.viewmodels.identity import CoverIdentity, elapsed_text
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.labels import IconLabel, Label, Paragraph
from ui.widgets.pin_pad import PinPad
from ui.widgets.secret_line import SecretLine

if TYPE_CHECKING:
    from ui.shell import Shell


class Cover(QWidget):
    """`lifted(kind, text)` asks the window to lift it; `lock_wanted()` asks for the password page."""

    lifted = Signal(str, str)
    lock_wanted = Signal()

    def __init__(self, shell: Shell, clock: Clock, name: str) -> None:
        super().__init__()
        self.shell, self._clock, self._name = shell, clock, name
        self._identity: CoverIdentity | None = None
        self._by_pin = self._has_pin = False
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAutoFillBackground(True)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        shell.language_changed.connect(self.retranslate)
        self.retranslate()
        self._show_way()

    def _build(self) -> None:
        self.subject = Label("", "subject", "text", self)
        self.person = Label("", "body", "text2", self)
        self.arm = Label("", "heading", "text", self)
        self.clock = Label("", "heading", "text", self)
        self._who = Card(self, pad=(24, 20))
        names, facts = QVBoxLayout(), QHBoxLayout()
        names.setSpacing(theme.px(2))
        names.addWidget(self.subject)
        names.addWidget(self.person)
        facts.setSpacing(theme.px(28))
        facts.addLayout(names)
        facts.addWidget(self.arm)
        facts.addStretch(1)
        facts.addWidget(self.clock)
        self._who.body.addLayout(facts)
        self._who.hide()
        self._build_card()
        self._place()

    def _build_card(self) -> None:
        icon = IconLabel("eye-off", "text2", self, size_px=44, stroke=1.6)
        self.title = Label("", "title", "text", self)
        self.advice = Paragraph("", "body", "text2", self)
        self.advice.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.pad = PinPad("", "", self)
        self.pad.setMinimumHeight(theme.px(340))
        self.pad.entered.connect(lambda pin: self.lifted.emit("pin", pin))
        self.line = SecretLine(self)
        self.line.entered.connect(lambda text: self.lifted.emit("password", text))
        self.other = Button("", "ghost", "key-round", self)
        self.other.clicked.connect(self._swap)
        self.lock = Button("", "outline", "lock", self)
        self.lock.clicked.connect(self.lock_wanted)
        self._card = Card(self, pad=(28, 24))
        head = QHBoxLayout()
        head.setSpacing(theme.px(14))
        head.addWidget(icon)
        said = QVBoxLayout()
        said.setSpacing(theme.px(2))
        said.addWidget(self.title)
        said.addWidget(self.advice)
        head.addLayout(said, 1)
        body = self._card.body
        body.addLayout(head)
        body.addWidget(self.pad, 1)
        body.addWidget(self.line)
        row = QHBoxLayout()
        row.addWidget(self.other)
        row.addStretch(1)
        row.addWidget(self.lock)
        body.addLayout(row)

    def _place(self) -> None:
        column = QVBoxLayout()
        column.addStretch(1)
        column.addWidget(self._who)
        column.addWidget(self._card)
        column.addStretch(1)
        column.setSpacing(theme.px(14))
        outer = QHBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(column, 4)
        outer.addStretch(1)

    def show_identity(self, identity: CoverIdentity | None) -> None:
        """Of the theatre session's case; None outside a theatre session."""
        self._identity = identity
        self._who.setVisible(identity is not None)
        if identity is not None:
            self.subject.set_text(identity.subject)
            self.person.set_text(identity.person)
            self.arm.set_text(identity.arm_text)
            self.arm.setVisible(bool(identity.arm_text))
            self._tick()
            self._timer.start()

    def take_focus(self) -> None:
        if self._by_pin:
            self.pad.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.line.take_focus()

    def offer_pin(self, has_pin: bool) -> None:
        """Whether a PIN was used in this session; without one only the password lifts the cover."""
        self._has_pin = self._by_pin = has_pin
        self._show_way()
        self.retranslate()

    def refused(self, error: ResetOrError) -> None:
        """A wrong PIN or password: say so, with the tries left, and begin again."""
        title, _advice = words.explain(error, self.shell.language)
        left = error.details.get("left")
        if isinstance(left, int):
            title = self.shell.say("ui_shell.cover_misses", n=left)
        if error.code == "session_over":
            self.offer_pin(False)
        self.pad.clear()
        self.pad.show_message(title)
        self.line.clear()
        self.line.show_problem(title)
        self.take_focus()

    def retranslate(self) -> None:
        say = self.shell.say
        self.title.set_text(say("ui_shell.cover_title"))
        self.setAccessibleName(say("ui_shell.cover_title"))
        self.advice.setText(say("ui_shell.cover_advice" if self._has_pin else "ui_shell.cover_no_pin"))
        self.pad.digits.erase.setAccessibleName(say("ui_shell.pin_delete"))
        self.pad.set_title(say("ui_shell.cover_pin", name=self._name))
        ask.name_secret(self.shell, self.line, say("ui_shell.cover_password", name=self._name))
        self.other.setText(say("ui_shell.cover_use_password" if self._by_pin else "ui_shell.cover_use_pin"))
        self.lock.setText(say("ui_shell.lock"))
        self._tick()

    def _swap(self) -> None:
        self._by_pin = not self._by_pin
        self._show_way()
        self.retranslate()
        self.take_focus()

    def _show_way(self) -> None:
        self.pad.setVisible(self._by_pin)
        self.line.setVisible(not self._by_pin)
        self.other.setVisible(self._has_pin)

    def _tick(self) -> None:
        if self._identity is not None:
            now = self._clock.now_at()
            self.clock.set_text(elapsed_text(self._identity.removed_at, now, self.shell.language))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes round inside the cover."""
        here: QWidget | None = self.focusWidget() or self
        step = here
        while step is not None:
            step = step.nextInFocusChain() if forward else step.previousInFocusChain()
            if step is None or step is here:
                return True
            takes = bool(step.focusPolicy() & Qt.FocusPolicy.TabFocus)
            if takes and self.isAncestorOf(step) and step.isVisible() and step.isEnabled():
                step.setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return True

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.update()
