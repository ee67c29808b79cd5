"""The "to sign" page: what was read back in my name, line by line, signed with my own password in a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from reset_or.actions.views import ToSignRow
from reset_or.base import words
from reset_or.base.changes import Changes
from reset_or.base.errors import ResetOrError
from ui import ask
from ui.pages.head import OfficePage
from ui.style import theme
from ui.viewmodels import to_sign as model
from ui.viewmodels.to_sign import SignView
from ui.widgets.buttons import Button, row_stretch
from ui.widgets.cards import Card, ScrollBody
from ui.widgets.empty_state import EmptyState
from ui.widgets.labels import IconLabel, Label, Paragraph
from ui.widgets.secret_line import SecretLine
from ui.widgets.sign_card import SignCard

if TYPE_CHECKING:
    from ui.shell import Shell


class ToSignPage(OfficePage):
    """Nothing is ticked beforehand; each signature is an act of its own, and one refusal stops the rest."""

    name: ClassVar[str] = "to_sign"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._rows: tuple[ToSignRow, ...] = ()
        self._cards: dict[str, SignCard] = {}
        self._queue: list[SignView] = []
        self._signed = 0
        self._loaded = False
        self._build()
        shell.changed.connect(self._changed)
        self.retranslate()

    def _build(self) -> None:
        column = self.frame()
        self.area = ScrollBody(self)
        self.area.body.addStretch(1)
        self.empty = EmptyState("circle-check", "", "", self, tone="ok")
        self._build_panel()
        self._side = QWidget(self)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(0, 0, 0, 0)
        side.addWidget(self.panel)
        self._work = QWidget(self)
        middle = QHBoxLayout(self._work)
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(theme.px(16))
        middle.addWidget(self.area, 19)
        middle.addWidget(self._side, 11)
        column.addWidget(self.lead)
        column.addWidget(self._work, 1)
        self.nothing = Card(self)
        self.nothing.body.addWidget(self.empty)
        column.addWidget(self.nothing, 1)

    def _build_panel(self) -> None:
        self.panel = Card(self, pad=(22, 20), gap=14)
        self.chosen = Label("", "heading", "text", self.panel)
        self.all_button = row_stretch(Button("", "outline", "list", self.panel))
        self.all_button.clicked.connect(self._all)
        self.secret = SecretLine(self.panel)
        self.secret.entered.connect(lambda _text: self.sign())
        self.secret.typed.connect(self._typed)
        self.statement = Paragraph("", "small", "text2", self.panel)
        self.sign_button = row_stretch(Button("", "primary", "pen-line", self.panel, size_px=20))
        self.sign_button.clicked.connect(self.sign)
        body = self.panel.body
        head = QHBoxLayout()
        head.setSpacing(theme.px(10))
        head.addWidget(IconLabel("user-check", "accent", self.panel, size_px=28))
        head.addWidget(self.chosen, 1)
        body.addLayout(head)
        body.addWidget(self.all_button)
        body.addWidget(self.secret)
        body.addWidget(self.statement)
        body.addWidget(self.sign_button)
        body.addStretch(1)

    # life ------------------------------------------------------------------------------------------
    def enter(self, **params: Any) -> None:
        self.secret.clear()
        self.retranslate()
        self.look()

    def leave(self) -> None:
        self.secret.clear()

    def look(self) -> None:
        from reset_or.actions import signing

        self.shell.run(signing.to_sign, self._got)

    def _got(self, rows: tuple[ToSignRow, ...]) -> None:
        self._rows, self._loaded = rows, True
        self._show()
        first = next(iter(self._cards.values()), None)
        if first is not None and self.isVisible() and not self.secret.text():
            first.check.setFocus(Qt.FocusReason.OtherFocusReason)

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and changes.records and not self._queue:
            self.look()

    # showing ---------------------------------------------------------------------------------------
    def _views(self) -> tuple[SignView, ...]:
        return model.sign_views(self._rows, self.people(), self.now(), self.shell.language)

    def _show(self) -> None:
        views = self._views()
        self._make_cards(views)
        for view in views:
            self._cards[view.key].set_view(view, self.shell.say)
        has = bool(views)
        for part in (self._work, self.lead):
            part.setVisible(has)
        self.nothing.setVisible(not has and self._loaded)
        self._show_panel()

    def _make_cards(self, views: Sequence[SignView]) -> None:
        if list(self._cards) == [view.key for view in views]:
            return
        ticked = {key for key, card in self._cards.items() if card.check.isChecked()}
        for card in self._cards.values():
            self.area.body.removeWidget(card)
            card.deleteLater()
        self._cards = {}
        for i, view in enumerate(views):
            card = SignCard(self.area.inside)
            card.check.setChecked(view.key in ticked)
            card.check.toggled.connect(lambda _on: self._show_panel())
            page = "photos" if view.meaning == model.ATTACHED else "report"
            card.opened.connect(lambda page=page, case=view.case: self.shell.navigate(page, case=case))
            self.area.body.insertWidget(i, card)
            self._cards[view.key] = card

    def _ticked(self) -> list[SignView]:
        return [view for view in self._views() if self._cards[view.key].check.isChecked()]

    def _show_panel(self) -> None:
        say, number = self.shell.say, len(self._ticked())
        busy = bool(self._queue)
        self.chosen.set_text(say("to_sign.chosen", n=number))
        every = number == len(self._cards)
        self.all_button.setText(say("to_sign.none" if every else "to_sign.all"))
        self.sign_button.setText(say("to_sign.signing") if busy else say("to_sign.sign", n=number))
        self.sign_button.setEnabled(bool(number and self.secret.text()) and not busy)

    def retranslate(self) -> None:
        say = self.shell.say
        super().retranslate()
        self.empty.set_words(say("to_sign.empty"))
        ask.name_secret(self.shell, self.secret, say("to_sign.password"))
        self.statement.setText(say("to_sign.statement"))
        self._show()

    # signing ---------------------------------------------------------------------------------------
    def _all(self) -> None:
        on = len(self._ticked()) != len(self._cards)
        for card in self._cards.values():
            card.check.setChecked(on)

    def _typed(self) -> None:
        self.secret.show_problem("")
        self._show_panel()

    def sign(self) -> None:
        """Sign what is ticked, one after the other, each with the same password checked anew."""
        if self._queue or not self.secret.text():
            return
        self._queue, self._signed = self._ticked(), 0
        self._next()

    def _next(self) -> None:
        self._show_panel()
        if not self._queue:
            self._finished()
            return
        from reset_or.actions import signing, specimens

        view, secret = self._queue[0], ask.password(self.secret.text())
        if view.meaning == model.ATTACHED:
            self.shell.run(
                specimens.confirm_attachment, self._one_done, failed=self._refused, specimen=view.case,
                signer=self.shell.workspace.active, secret=secret,
            )  # fmt: skip
            return
        step = "specimen" if view.meaning == "measured" else "record"
        self.shell.run(
            signing.sign, self._one_done, failed=self._refused, case=view.case, meaning=view.meaning,
            signer=self.shell.workspace.active, secret=secret, step=step,
        )  # fmt: skip

    def _one_done(self, _saved: object) -> None:
        self._signed += 1
        self._queue = self._queue[1:]
        self._next()

    def _finished(self) -> None:
        self.secret.clear()
        self.shell.toast(self.shell.say("to_sign.signed", n=self._signed))
        self.look()

    def _refused(self, error: ResetOrError) -> bool:
        self._queue = []
        self.secret.clear()
        if error.code in ("open_wrong_password", "sign_in_wait"):
            self.secret.show_problem(words.explain(error, self.shell.language)[0])
            self.secret.take_focus()
            self._show_panel()
            return True
        self.look()
        return False
