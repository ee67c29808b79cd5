"""The right side of the unlock page: whose password it is, the line for it, what was wrong, the way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import ask
from ui.style import theme
from ui.viewmodels.unlock import PersonTile
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.labels import Label, Paragraph
from ui.widgets.secret_line import SecretLine

if TYPE_CHECKING:
    from ui.shell import Shell


class Door(Card):
    """`wanted(password)` on Enter or the button; `typed()` on each change of the line."""

    wanted = Signal(str)
    typed = Signal()

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__(parent, pad=(26, 22))
        self.shell = shell
        self._person: PersonTile | None = None
        self._closed = False
        self.name = Label("", "title", "text", self)
        self.role = Label("", "body", "text2", self)
        self.secret = SecretLine(self)
        self.secret.entered.connect(lambda _text: self._enter())
        self.secret.typed.connect(self.typed)
        self.hint = Paragraph("", "body", "text2", self)
        self.button = Button("", "primary", "lock-open", self)
        self.button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self._enter)
        self.body.addStretch(1)
        self.body.addWidget(self.name)
        self.body.addWidget(self.role)
        self.body.addSpacing(theme.px(8))
        self.body.addWidget(self.secret, 20 if self.secret.keyboard is not None else 0)
        self.body.addWidget(self.hint)
        self.body.addSpacing(theme.px(6))
        self.body.addWidget(self.button)
        self.body.addStretch(1)

    def show_person(self, person: PersonTile | None, *, busy: bool, waiting: bool, problem: str) -> None:
        """Whose door it is; `waiting` after misses, `problem` below the line."""
        say = self.shell.say
        self._person, self._closed = person, busy or waiting
        self.name.set_text(person.name if person else say("unlock.choose_first"))
        self.role.set_text(person.role if person else "")
        title = say("unlock.password", name=person.name) if person else say("unlock.password_empty")
        ask.name_secret(self.shell, self.secret, title)
        self.secret.setEnabled(person is not None and not busy)
        self.hint.setText(person.hint if person else "")
        self.hint.setVisible(bool(person and person.hint))
        self.button.setText(say("unlock.opening" if busy else "unlock.enter"))
        self.button.setEnabled(person is not None and bool(self.secret.text()) and not self._closed)
        self.secret.show_problem(problem)

    def _enter(self) -> None:
        if self._person is not None and self.secret.text() and not self._closed:
            self.wanted.emit(self.secret.text())
