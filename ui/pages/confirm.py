"""The confirm page: the arm first, both lengths digit by digit, then one signature at a time.

Back loses nothing. Decides nothing: stages, words and who may sign are said in `ui.viewmodels.confirm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from reset_or.base.changes import Changes
from ui import ask
from ui.pages.confirm_parts import ConfirmParts
from ui.pages.confirm_screen import ConfirmScreen
from ui.pages.page import Page
from ui.viewmodels.confirm import ConfirmModel

if TYPE_CHECKING:
    from ui.shell import Shell


class ConfirmPage(Page):
    """`enter(case=, step=)`: step is record (the pair and its second person) or specimen (own readings)."""

    name: ClassVar[str] = "confirm"
    theatre: ClassVar[bool] = True

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.model = ConfirmModel(shell, self._show)
        self.parts = ConfirmParts(self)
        self._screen = ConfirmScreen(shell, self.model, self.parts)
        self._pin = ""
        self._fresh = False
        self._who = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.parts)
        self._connect()
        shell.changed.connect(self._changed)
        shell.theme_changed.connect(self._show)
        self.retranslate()

    def _connect(self) -> None:
        parts = self.parts
        parts.header.back.connect(self._back)
        parts.people.chosen.connect(self._chosen)
        parts.reasons.changed.connect(self._reason)
        parts.pad.entered.connect(self._pin_entered)
        parts.pad.changed.connect(self._pin_changed)
        parts.password.typed.connect(self._show_main)
        parts.password.entered.connect(lambda _text: self._sign())
        parts.switch.clicked.connect(self._switch)
        parts.later.clicked.connect(self._later)
        parts.main.clicked.connect(self._main)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._main)

    # page ---------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        both = self.model.both
        return self.shell.say("confirm.title", subject=both.back.subject) if both is not None else ""

    def enter(self, **params: Any) -> None:
        self._forget_secret()
        self._fresh = True
        self.parts.reasons.choose(())
        self.model.open(str(params.get("case", "")), str(params.get("step", "record")))
        workspace = self.shell.workspace
        self.shell.do(
            "store",
            lambda: frozenset(user for user in workspace.signed_in if workspace.has_pin(user)),
            self.model.set_pins,
        )

    def leave(self) -> None:
        self._forget_secret()

    def cover(self, covered: bool) -> None:
        if covered:
            self._forget_secret()

    def retranslate(self) -> None:
        say, parts = self.shell.say, self.parts
        parts.header.back_button.setText(say("confirm.back"))
        parts.later.setText(say("confirm.later"))
        parts.keyboard.set_names(ask.key_names(self.shell))
        parts.pad.digits.erase.setAccessibleName(say("margins.erase"))
        self._show()

    def _back(self) -> None:
        step = "record" if self.model.step == "record" else "specimen"
        self.shell.navigate("margins", case=self.model.case, step=step)

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and self.model.case in changes.cases and not self.model.signing:
            self.model.reload()

    # acts ---------------------------------------------------------------------------------------------
    def _chosen(self, user: str) -> None:
        if user != self.model.second:
            self._forget_secret()
        self.model.choose_second(user)
        self._focus_secret()

    def _reason(self, codes: tuple[str, ...]) -> None:
        line = self.model.reason_line()
        if line is not None and codes:
            self.model.choose_reason(line, codes[0])
            if self.model.second:
                self._focus_secret()

    def _pin_entered(self, pin: str) -> None:
        self._pin = pin
        self._show_main()
        if self.parts.main.isEnabled():
            self.parts.main.setFocus(Qt.FocusReason.OtherFocusReason)

    def _pin_changed(self, count: int) -> None:
        if 0 < count < 6:
            self._pin = ""
            self._show_main()

    def _switch(self) -> None:
        self._forget_secret()
        self.model.switch_secret()
        self._focus_secret()

    def _later(self) -> None:
        name = self.model.name_of(self.model.second)
        self.shell.toast(self.shell.say("confirm.later_said", name=name))
        self.shell.navigate("cases")

    def _main(self) -> None:
        stage = self.model.stage
        if stage == "done":
            self.shell.navigate("cases")
        elif stage == "blocked":
            self._back()
        else:
            self._sign()

    def _sign(self) -> None:
        secret = self._pin if self.model.by_pin else self.parts.password.text()
        if not self.model.may_sign(secret_ready=bool(secret)):
            return
        self.model.sign(secret)
        self._forget_secret()

    def _forget_secret(self) -> None:
        self._pin = ""
        self.parts.pad.clear()
        self.parts.password.clear()

    def _focus_first(self) -> None:
        """Where the next act is: who confirmed, or the only way on; never on the way back."""
        person = self.parts.people.first() if self.model.stage in ("recorded", "confirmed") else None
        if person is not None:
            person.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.model.stage in ("blocked", "done"):
            self.parts.main.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._focus_secret()

    def _focus_secret(self) -> None:
        if self.model.by_pin:
            self.parts.pad.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.parts.password.take_focus()

    # showing ------------------------------------------------------------------------------------------
    def _show(self) -> None:
        if self.model.both is None:
            return
        self._screen.show()
        self._show_secret()
        self._show_main()
        if self._fresh:
            self._fresh = False
            self._focus_first()

    def _show_secret(self) -> None:
        model, parts, say = self.model, self.parts, self.shell.say
        asks = model.stage in ("recorded", "confirmed", "measured") and bool(model.signer)
        by_pin = model.by_pin
        if self._who != model.signer:
            self._who = model.signer
            self._forget_secret()
        parts.pad.setVisible(asks and by_pin)
        parts.password.setVisible(asks and not by_pin)
        name = model.signer_name()
        parts.pad.set_title(say("confirm.pin_of", name=name))
        show = say("confirm.show_password")
        parts.password.set_words(say("confirm.password_of", name=name), show, show)
        parts.pad.show_message(model.problem if by_pin else "")
        parts.password.show_problem("" if by_pin else model.problem)
        parts.switch.setVisible(asks and model.may_switch_secret())
        parts.switch.setText(say("confirm.use_password" if by_pin else "confirm.use_pin"))
        parts.later.setVisible(model.stage == "confirmed")

    def _show_main(self) -> None:
        model, parts, say = self.model, self.parts, self.shell.say
        stage = model.stage
        ready = bool(self._pin if model.by_pin else parts.password.text())
        keys = {"done": "done_back", "blocked": "go_edit"}
        key = "signing" if model.signing else keys.get(stage, f"sign_{stage}")
        parts.main.setText(say(f"confirm.{key}") if stage != "loading" else "")
        parts.main.setEnabled(stage in keys or model.may_sign(secret_ready=ready))
        parts.main.set_icon_name({"done": "list", "blocked": "arrow-left"}.get(stage, "user-check"))
        hint = model.wants()
        parts.hint.set_text(hint)
        parts.hint.setVisible(bool(hint))
