"""Settings: language, look, PIN, people, server, and what this program is. Nothing clinical."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from reset_or import __version__
from reset_or.actions.servers import keep_server, set_server
from reset_or.actions.site_name import site_name
from reset_or.base.errors import ResetOrError
from reset_or.base.words import LANGUAGES, Language
from reset_or.record import codebook
from ui import ask
from ui.pages.head import PageHead
from ui.pages.page import Page
from ui.pages.settings_device import DeviceCard
from ui.pages.settings_tower import TowerCard
from ui.style import theme
from ui.style.tokens import ThemeName
from ui.viewmodels.unlock import NCT
from ui.widgets.buttons import Button
from ui.widgets.cards import ScrollBody, TitledCard
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.fields import Field
from ui.widgets.labels import Paragraph, ValueRow

if TYPE_CHECKING:
    from ui.shell import Shell

_MINUTES = ("2", "5", "10", "20")
_KBIT_S = ("0", "500", "1000", "2000", "5000")
_LANGUAGE_NAMES: dict[Language, str] = {"en": "English", "zh": "中文"}


class SettingsPage(Page):
    """Every choice takes effect at once and is kept; only the server's address has a button of its own, and
    is kept once the server there has shown that it is the study's."""

    name: ClassVar[str] = "settings"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._build()
        shell.theme_changed.connect(self.retranslate)
        self.retranslate()

    def _build(self) -> None:
        self.head = PageHead(self.shell, self)
        area = ScrollBody(self)
        columns = QHBoxLayout()
        columns.setSpacing(theme.px(16))
        left, right = QVBoxLayout(), QVBoxLayout()
        for side in (left, right):
            side.setSpacing(theme.px(16))
            columns.addLayout(side, 1)
        left.addWidget(self._look_card())
        left.addWidget(self._server_card())
        self.device = DeviceCard(self.shell, self)
        self.tower = TowerCard(self.shell, self)
        left.addStretch(1)
        right.addWidget(self._person_card())
        right.addWidget(self.device)
        right.addWidget(self.tower)
        right.addWidget(self._about_card())
        right.addStretch(1)
        area.body.addLayout(columns)
        column = QVBoxLayout(self)
        pad = theme.px(20)
        column.setContentsMargins(pad, theme.px(14), pad, theme.px(18))
        column.setSpacing(theme.px(12))
        column.addWidget(self.head)
        column.addWidget(area, 1)

    def _look_card(self) -> QWidget:
        self.look = TitledCard("", self)
        self.language = ChoiceChips((), self.look)
        self.language.chosen.connect(self._language_chosen)
        self.theme = ChoiceChips((), self.look)
        self.theme.chosen.connect(self._theme_chosen)
        self.minutes = ChoiceChips((), self.look)
        self.minutes.chosen.connect(lambda code: self._save(cover_minutes=int(code)))
        self._fields = {
            "language": Field("", self.language, "", self.look),
            "theme": Field("", self.theme, "", self.look),
            "cover_after": Field("", self.minutes, "", self.look),
        }
        for field in self._fields.values():
            self.look.body.addWidget(field)
        return self.look

    def _person_card(self) -> QWidget:
        self.person = TitledCard("", self)
        self.people = Paragraph("", "body", "text", self.person)
        self.pin_note = Paragraph("", "small", "text2", self.person)
        self.pin_button = Button("", "outline", "key-round", self.person)
        self.pin_button.clicked.connect(self._set_pin)
        self.further_button = Button("", "outline", "users", self.person)
        self.further_button.clicked.connect(lambda: self.shell.navigate("unlock", further=True))
        row = QHBoxLayout()
        row.setSpacing(theme.px(10))
        row.addWidget(self.pin_button)
        row.addWidget(self.further_button)
        row.addStretch(1)
        self.person.body.addWidget(self.people)
        self.person.body.addLayout(row)
        self.person.body.addWidget(self.pin_note)
        return self.person

    def _server_card(self) -> QWidget:
        self.server = TitledCard("", self)
        self.url = QLineEdit(self.server)
        self.url.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.url.returnPressed.connect(self._save_url)
        self._url_field = Field("", self.url, "", self.server)
        self.url_button = Button("", "outline", "check", self.server)
        self.url_button.clicked.connect(self._save_url)
        row = QHBoxLayout()
        row.addWidget(self.url_button)
        row.addStretch(1)
        self.speed = ChoiceChips((), self.server)
        self.speed.chosen.connect(lambda code: self._save(photo_kbit_s=int(code)))
        self._speed_field = Field("", self.speed, "", self.server)
        self.server.body.addWidget(self._url_field)
        self.server.body.addLayout(row)
        self.server.body.addWidget(self._speed_field)
        return self.server

    def _about_card(self) -> QWidget:
        self.about = TitledCard("", self)
        self._facts = {name: ValueRow("", "", self.about) for name in ("version", "study", "nct", "site")}
        self._called = ""
        self._site_name = ValueRow("", "", self.about, stacked=True)
        for fact in (*self._facts.values(), self._site_name):
            self.about.body.addWidget(fact)
        self.device_note = Paragraph("", "small", "text2", self.about)
        self.licence_note = Paragraph("", "small", "text2", self.about)
        self.licences_button = Button("", "outline", "file-text", self.about)
        self.licences_button.clicked.connect(self._licences)
        row = QHBoxLayout()
        row.addWidget(self.licences_button)
        row.addStretch(1)
        self.about.body.addWidget(self.device_note)
        self.about.body.addWidget(self.licence_note)
        self.about.body.addLayout(row)
        return self.about

    # life ------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        return self.shell.say("settings.title")

    def enter(self, **params: Any) -> None:
        self.url.setText(self.shell.workspace.server_url)
        self.device.enter()
        self.tower.enter()
        self.retranslate()
        self.shell.run(site_name, self._site_named)
        chip = self.language.chip(self.shell.language)
        if chip is not None:
            chip.setFocus(Qt.FocusReason.OtherFocusReason)

    def retranslate(self) -> None:
        say, settings = self.shell.say, self.shell.workspace.settings
        self.head.retranslate()
        self.head.set_title(self.title)
        for card, word in (
            (self.look, "look"), (self.person, "person"), (self.server, "server"), (self.about, "about"),
        ):  # fmt: skip
            card.set_title(say(f"settings.{word}"))
        for name, field in self._fields.items():
            field.set_name(say(f"settings.{name}"))
        self.language.set_options([Option(code, _LANGUAGE_NAMES[code]) for code in LANGUAGES])
        self.language.choose(self.shell.language)
        themes = (("or_dark", "moon"), ("light", "sun"))
        self.theme.set_options([Option(code, say(f"settings.theme_{code}"), icon) for code, icon in themes])
        self.theme.choose(self.shell.tokens.name)
        self.minutes.set_options([Option(code, say("settings.minutes", n=int(code))) for code in _MINUTES])
        self.minutes.choose(str(settings.cover_minutes))
        self.device.retranslate()
        self.tower.retranslate()
        self._say_person()
        self._say_server()
        self._say_about()

    def _say_person(self) -> None:
        say, workspace = self.shell.say, self.shell.workspace
        named = [self._named(user) for user in workspace.signed_in]
        self.people.setText("\n".join(named))
        self.pin_note.setText(say("settings.pin_note"))
        self.pin_button.setText(say("settings.pin_set"))
        self.further_button.setText(say("settings.add_person"))

    def _named(self, user: str) -> str:
        roles = {tile.user: tile.role for tile in self.shell.workspace.settings.people}
        role = codebook.label("role", roles.get(user, ""), self.shell.language)
        return self.shell.say("ui_shell.signed_in_as", name=ask.name_of(self.shell, user), role=role)

    def _say_server(self) -> None:
        say, settings = self.shell.say, self.shell.workspace.settings
        hint = "" if self.shell.workspace.server_url else say("settings.server_none")
        if settings.practice:
            hint = say("sync.practice")
        self._url_field.set_name(say("settings.server_url"), hint)
        self.url_button.setText(say("settings.server_save"))
        self._speed_field.set_name(say("settings.photo_speed"), say("settings.photo_speed_hint"))
        self.speed.set_options([Option(code, self._speed_name(int(code))) for code in _KBIT_S])
        self.speed.choose(str(settings.photo_kbit_s))

    def _speed_name(self, kbit_s: int) -> str:
        if not kbit_s:
            return self.shell.say("settings.photo_speed_free")
        return self.shell.say("settings.photo_speed_mbit", n=f"{kbit_s / 1000:g}")

    def _say_about(self) -> None:
        say, settings = self.shell.say, self.shell.workspace.settings
        values = {"version": __version__, "study": settings.study, "nct": NCT, "site": settings.site}
        for name, fact in self._facts.items():
            fact.name.set_text(say(f"settings.{name}"))
            fact.set_value(values[name])
        self._site_name.name.set_text(say("settings.site_name"))
        self._site_name.set_value(self._called or say("settings.site_unnamed"))
        self.device_note.setText(say("settings.not_a_device"))
        self.licence_note.setText(say("settings.licence_app"))
        self.licences_button.setText(say("settings.licences_open"))

    def _site_named(self, name: str) -> None:
        self._called = name
        self._say_about()

    # acting ----------------------------------------------------------------------------------------
    def _language_chosen(self, code: str) -> None:
        self.shell.set_language("zh" if code == "zh" else "en")

    def _theme_chosen(self, code: str) -> None:
        name: ThemeName = "light" if code == "light" else "or_dark"
        self.shell.set_theme(name)

    def _save(self, **changes: Any) -> None:
        workspace = self.shell.workspace
        self.shell.do("store", lambda: workspace.save_settings(**changes))

    def _save_url(self) -> None:
        text, workspace = self.url.text().strip(), self.shell.workspace
        self.url_button.setEnabled(False)
        if not text:
            self.shell.do(
                "store", lambda: keep_server(workspace.context, url=""), self._url_saved, self._url_stays
            )
            return
        self._url_field.set_name(
            self.shell.say("settings.server_url"), self.shell.say("settings.server_look")
        )
        ctx, lanes = workspace.context, workspace.lanes
        self.shell.do("net", lambda: set_server(ctx, url=text, lanes=lanes), self._url_saved, self._url_stays)

    def _url_stays(self, error: ResetOrError) -> bool:
        """What was typed stays for a correction. An address that cannot be is said below it; the words of
        any other error are shown as everywhere."""
        self.url_button.setEnabled(True)
        self._say_server()
        wrong = error.code in ("server_url_wrong", "server_needs_tls")
        if wrong:
            self._url_field.set_wrong(self.shell.say("settings.server_bad"))
        return wrong

    def _url_saved(self, _none: None) -> None:
        self.url_button.setEnabled(True)
        self._say_server()
        self.shell.toast(self.shell.say("settings.server_saved"))
        self.shell.sync_soon()

    def _set_pin(self) -> None:
        from ui.dialogs.pin import SetPinSheet

        def done() -> None:
            self.shell.toast(self.shell.say("settings.pin_done"))

        self.shell.show_sheet(SetPinSheet(self.shell, self.shell.workspace.active, done))

    def _licences(self) -> None:
        from ui.dialogs.licences import LicencesSheet

        self.shell.show_sheet(LicencesSheet(self.shell))
