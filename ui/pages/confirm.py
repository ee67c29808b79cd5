"""The confirm page: the arm first, both lengths digit by digit, then one signature at a time.

Back loses nothing. Decides nothing: stages, words and who may sign are said in `ui.viewmodels.confirm`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from reset_or.base.changes import Changes
from reset_or.base.clock import local_text
from ui.pages.confirm_parts import ConfirmParts
from ui.pages.margins_faces import arm_view, plate_view
from ui.pages.page import Page
from ui.style import theme
from ui.viewmodels import case_head
from ui.viewmodels.confirm import ConfirmModel
from ui.viewmodels.moments import Moment
from ui.widgets.case_header import IdentityView
from ui.widgets.chips import Option
from ui.widgets.people_tiles import PersonView
from ui.widgets.read_back import ReadBackView

if TYPE_CHECKING:
    from ui.shell import Shell

_SIGNED = {"recorded": "recorded_by", "confirmed": "confirmed_by", "measured": "measured_by"}


class ConfirmPage(Page):
    """`enter(case=, step=)`: step is record (the pair and its second person) or specimen (own readings)."""

    name: ClassVar[str] = "confirm"
    theatre: ClassVar[bool] = True

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.model = ConfirmModel(shell, self._show)
        self.parts = ConfirmParts(self)
        self._pin = ""
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

    def _focus_secret(self) -> None:
        if self.model.by_pin:
            self.parts.pad.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.parts.password.take_focus()

    # showing ------------------------------------------------------------------------------------------
    def _show(self) -> None:
        if self.model.both is None:
            return
        self._show_head()
        self._show_lines()
        self._show_reasons()
        self._show_people()
        self._show_state()
        self._show_secret()
        self._show_main()

    def _show_head(self) -> None:
        model, parts, clock = self.model, self.parts, self.shell.workspace.clock
        assert model.both is not None
        view = model.both.view
        who = case_head.who(view, Moment(clock.now_at(), clock.offset_min()), self.shell)
        parts.header.set_identity(IdentityView(who.subject, who.details, who.trial))
        own = model.step == "specimen"
        parts.heading.set_text(self.shell.say("confirm.heading_own" if own else "confirm.heading"))
        parts.blind.show_notice(
            self.shell.say("margins.independent") if view.blinded else "", "info", "eye-off"
        )
        arm = model.arm()
        parts.arm_card.setVisible(arm is not None)
        if arm is not None:
            parts.arm.set_view(arm_view(arm))
            parts.arm_words.set_words(self.shell.say("confirm.arm_first"), model.arm_words())

    def _show_lines(self) -> None:
        say = self.shell.say
        for row, line in zip(self.parts.rows, self.model.lines(), strict=False):
            unit = say("margins.unit") if line.value else ""
            words = say("confirm.quoted", words=line.words)
            row.set_view(ReadBackView(line.title, line.value, unit, words, line.note, plate_view(line.plate)))

    def _show_reasons(self) -> None:
        model, parts = self.model, self.parts
        line = model.reason_line()
        typing = theme.metrics().touch and not model.by_pin and bool(model.signer)
        keys = typing and model.stage in ("recorded", "confirmed", "measured")
        parts.keyboard.setVisible(keys)
        parts.reason_card.setVisible(line is not None and not keys)
        if line is None:
            return
        side = self.shell.say(f"margins.{line.end}")
        parts.reason_title.set_text(self.shell.say("confirm.reason_title", side=side))
        options = [Option(code, text) for code, text in model.reasons()]
        if [(o.code, o.text) for o in options] != self._reasons_shown():
            parts.reasons.set_reasons(options)
        parts.reasons.choose((line.reason,) if line.reason else ())

    def _reasons_shown(self) -> list[tuple[str, str]]:
        tiles = (self.parts.reasons.tile(code) for code, _ in self.model.reasons())
        return [(tile.code, tile.text()) for tile in tiles if tile is not None]

    def _show_people(self) -> None:
        model, parts = self.model, self.parts
        shown = model.stage in ("recorded", "confirmed")
        parts.who_title.setVisible(shown)
        parts.people.setVisible(shown)
        key = "who_aloud" if model.stage == "recorded" else "who_signs"
        parts.who_title.set_text(self.shell.say(f"confirm.{key}"))
        people = [PersonView(p.user, p.name, p.note, p.enabled) for p in model.people()]
        parts.people.show_people(people, model.second)

    def _show_state(self) -> None:
        """What is settled already, or what stands in the way."""
        model, parts, say = self.model, self.parts, self.shell.say
        stage = model.stage
        assert model.both is not None
        zone = self.shell.workspace.clock.offset_min()
        signed = [
            say(f"confirm.{_SIGNED[s.meaning]}", name=s.name, time=local_text(s.at, zone, "%H:%M"))
            for s in model.both.view.signatures
            if s.meaning in _SIGNED and s.covers_current
        ]
        parts.state_icon.setVisible(stage in ("done", "blocked"))
        parts.state_title.setVisible(stage in ("done", "blocked"))
        if stage == "done":
            parts.state_icon.set_icon("circle-check", "ok")
            parts.state_title.setText(say("confirm.done_title"))
            parts.state_text.setText("\n".join([*signed, "", say("confirm.amend")]))
        elif stage == "blocked":
            blocks = model.blocks()
            parts.state_icon.set_icon("circle-alert", "short")
            parts.state_title.setText(blocks[0].title if blocks else say("confirm.nothing"))
            rest = [blocks[0].advice, *(block.title for block in blocks[1:])] if blocks else []
            parts.state_text.setText("\n\n".join(rest))
        else:
            parts.state_text.setText("\n".join(signed))
        parts.state_text.setVisible(bool(parts.state_text.text()))

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
