"""The unlock page: who you are, your password, and the state of this device by name. Nothing heavy here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout

from reset_or.base.errors import ResetOrError
from ui.pages.page import Page
from ui.pages.unlock_door import Door
from ui.style import theme
from ui.viewmodels import unlock as model
from ui.viewmodels.unlock import PersonTile, UnlockView
from ui.widgets.banner import ErrorBanner
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.empty_state import EmptyState
from ui.widgets.info_line import InfoLine
from ui.widgets.labels import IconLabel, Label
from ui.widgets.person_tile import PersonButton

if TYPE_CHECKING:
    from reset_or.workspace import Probe
    from ui.shell import Shell


class UnlockPage(Page):
    """Tiles on the left, password on the right; arrows choose a tile, typing goes to the password."""

    name: ClassVar[str] = "unlock"
    chrome: ClassVar[bool] = False

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._probe: Probe = shell.workspace.glance()
        self._view: UnlockView | None = None
        self._chosen = ""
        self._error: ResetOrError | None = None
        self._busy = False
        self._wait_s = 0
        self._further = False
        self._tiles: dict[str, PersonButton] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._second)
        self._build()
        self.retranslate()

    # building --------------------------------------------------------------------------------------
    def _build(self) -> None:
        self._product = Label("RESET-OR", "subject", "text", self)
        self._what = Label("", "body", "text2", self)
        self._study = Label("", "small", "text2", self)
        self.language_button = Button("", "ghost", "languages", self)
        self.language_button.clicked.connect(self.shell.toggle_language)
        self.theme_button = Button("", "ghost", "contrast", self)
        self.theme_button.clicked.connect(self.shell.toggle_theme)
        self.trouble = ErrorBanner(self)
        self.trouble.acted.connect(lambda _code: self.look())
        self.trouble.hide()
        self.protection = InfoLine(self)
        self._who = Label("", "heading", "text", self)
        self._grid = QGridLayout()
        self._group = QButtonGroup(self)
        self.door = Door(self.shell, self)
        self.door.wanted.connect(self.sign_in)
        self.door.typed.connect(self._typed)
        self.secret = self.door.secret
        self.back_button = Button("", "outline", "arrow-left", self)
        self.back_button.clicked.connect(self.shell.back)
        self.empty = EmptyState("users", "", "", self)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(theme.px(2))
        for part in (self._product, self._what, self._study):
            words.addWidget(part)
        head.addWidget(IconLabel("shield-check", "accent", self, size_px=54, stroke=1.5))
        head.addSpacing(theme.px(14))
        head.addLayout(words, 1)
        for button in (self.back_button, self.language_button, self.theme_button):
            head.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._people = Card(self, pad=(22, 20))
        self._people.body.addWidget(self._who)
        self._people.body.addLayout(self._grid, 30)
        self._people.body.addStretch(1)
        self._people.body.addWidget(self.empty, 1)
        middle = QHBoxLayout()
        middle.setSpacing(theme.px(18))
        middle.addWidget(self._people, 11)
        middle.addWidget(self.door, 10)
        column = QVBoxLayout(self)
        pad = theme.px(40)
        column.setContentsMargins(pad, theme.px(30), pad, theme.px(34))
        column.setSpacing(theme.px(18))
        column.addLayout(head)
        for line in (self.trouble, self.protection):
            column.addWidget(line)
        column.addLayout(middle, 1)

    # life ------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        return self.shell.say("unlock.title")

    def enter(self, **params: Any) -> None:
        """`further=True`: the store is open and a further person signs in; `user`: that tile is chosen."""
        self._further = bool(params.get("further"))
        self._error = None
        self._probe = self.shell.workspace.glance()
        self._chosen = str(params.get("user", ""))
        self.secret.clear()
        self.retranslate()
        if not self._chosen and len(self._probe.people) == 1:
            self.choose(self._probe.people[0].user)
        self._take_focus()

    def leave(self) -> None:
        self.secret.clear()
        self._timer.stop()

    def look(self) -> None:
        """Ask for the true state of this device (store lane)."""
        self.shell.do("store", self.shell.workspace.probe, self._looked)

    def _looked(self, probe: Probe) -> None:
        self._probe = probe
        self.retranslate()

    # choosing --------------------------------------------------------------------------------------
    def choose(self, user: str) -> None:
        """Mark a person; the password line is theirs now."""
        if user != self._chosen:
            self._error = None
            self.secret.clear()
            self._wait_s = 0
            self._timer.stop()
        self._chosen = user
        for name, tile in self._tiles.items():
            tile.setChecked(name == user)
        self.retranslate()

    def _picked(self, user: str) -> None:
        self.choose(user)
        self.secret.take_focus()

    def _person(self) -> PersonTile | None:
        people = self._view.people if self._view else ()
        return next((tile for tile in people if tile.user == self._chosen), None)

    # signing in ------------------------------------------------------------------------------------
    def sign_in(self, password: str) -> None:
        """The password leaves the page once; the answer comes from the store lane."""
        if not self._chosen or self._busy or self._wait_s:
            return
        self._busy, self._error = True, None
        self._show_door()
        user, workspace = self._chosen, self.shell.workspace
        self.shell.do("store", lambda: workspace.unlock(user, password), self._opened, self._refused)

    def _opened(self, _result: None) -> None:
        self._busy = False
        self.secret.clear()
        self.retranslate()
        self.shell.signed_in()

    def _refused(self, error: ResetOrError) -> bool:
        self._busy, self._error = False, error
        self._wait_s = model.seconds_to_wait(error)
        if self._wait_s:
            self._timer.start()
        self.secret.clear()
        self.retranslate()
        self._take_focus()
        return True

    def _second(self) -> None:
        self._wait_s = max(0, self._wait_s - 1)
        if not self._wait_s:
            self._timer.stop()
            self._error = None
        self.retranslate()

    def _typed(self) -> None:
        if self._error is not None and not self._wait_s:
            self._error = None
        self._show_door()

    # words -----------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        say, language = self.shell.say, self.shell.language
        view = self._view = model.unlock_view(self._probe, language)
        self._what.set_text(say("unlock.study"))
        self._study.set_text(view.study)
        self.language_button.setText(say("ui_shell.language"))
        self.language_button.setAccessibleName(say("ui_shell.language_spoken"))
        self.theme_button.setText(say("ui_shell.theme_spoken"))
        self.back_button.setText(say("ui_shell.back"))
        self.back_button.setVisible(self._further)
        self._who.set_text(say("unlock.add_person" if self._further else "unlock.who"))
        self._who.setVisible(bool(view.people))
        self._show_trouble(view)
        self.protection.show_notice(view.protection, "quiet", "key-round")
        self._show_people(view.people)
        self.empty.setVisible(view.empty)
        self.empty.set_words(say("unlock.no_people"), say("unlock.no_people_advice"))
        self._show_door()

    def _show_trouble(self, view: UnlockView) -> None:
        if view.trouble is None:
            self.trouble.hide()
            return
        say = self.shell.say
        code = say("ui_shell.error_code", code=view.trouble.code)
        again = ("again", say("unlock.try_again"))
        self.trouble.show_error(view.trouble.title, view.trouble.advice, code, (again,))

    def _show_people(self, people: tuple[PersonTile, ...]) -> None:
        if tuple(self._tiles) != tuple(person.user for person in people):
            self._make_tiles(people)
        for person in people:
            self._tiles[person.user].show_person(person.name, person.role)
            self._tiles[person.user].setChecked(person.user == self._chosen)

    def _make_tiles(self, people: tuple[PersonTile, ...]) -> None:
        for tile in self._tiles.values():
            self._group.removeButton(tile)
            self._grid.removeWidget(tile)
            tile.deleteLater()
        self._tiles = {}
        self._grid.setSpacing(theme.px(12))
        across = 1 if len(people) <= 4 else 2
        for i, person in enumerate(people):
            tile = PersonButton(person.name, person.role, self._people)
            tile.clicked.connect(lambda _=False, user=person.user: self._picked(user))
            self._group.addButton(tile)
            self._grid.addWidget(tile, i // across, i % across)
            self._tiles[person.user] = tile

    def _show_door(self) -> None:
        self.door.setVisible(self._view is not None and self._view.asks)
        self.door.show_person(
            self._person(), busy=self._busy, waiting=bool(self._wait_s), problem=self._problem()
        )

    def _problem(self) -> str:
        if self._wait_s:
            return model.wait_text(self._wait_s, self.shell.language)
        return model.trouble(self._error, self.shell.language).title if self._error is not None else ""

    # keyboard --------------------------------------------------------------------------------------
    def _take_focus(self) -> None:
        if self._chosen:
            self.secret.take_focus()
        elif self._tiles:
            next(iter(self._tiles.values())).setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows choose a tile, whether the password line has the focus or not."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1}.get(
            Qt.Key(event.key()), 0
        )
        users = list(self._tiles)
        if step and users:
            at = users.index(self._chosen) + step if self._chosen in users else (0 if step > 0 else -1)
            self._picked(users[at % len(users)])
            event.accept()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._grid.setSpacing(theme.px(12))
