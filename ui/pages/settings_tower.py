"""The settings card for stills from the tower: whether, where and from whom, and how it stands now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from reset_or.actions.dicom_places import read_port
from reset_or.actions.tower import TowerPlace
from reset_or.base.words import explain
from ui.saving import ask_pem
from ui.style import theme
from ui.viewmodels.moments import Moment, spoken_time
from ui.widgets.buttons import Button
from ui.widgets.cards import TitledCard
from ui.widgets.fields import Check, Field, TextInput
from ui.widgets.info_line import InfoLine
from ui.widgets.labels import Paragraph

if TYPE_CHECKING:
    from ui.shell import Shell

_ROWS: Final = (("port", "called"), ("calling",), ("cert",), ("key",), ("ca",))
_FILES: Final = ("cert", "key", "ca")
_HINTED: Final = ("calling", "cert", "ca")
_TONES: Final = {
    "off": ("quiet", "info"), "starting": ("quiet", "clock"), "listening": ("good", "circle-check"),
    "trouble": ("bad", "triangle-alert"),
}  # fmt: skip


class TowerCard(TitledCard):
    """Switching on and off takes effect at once, what was typed with the button."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__("", parent)
        self.shell = shell
        self.on = Check("", self)
        self.state = InfoLine(self)
        self.news = Paragraph("", "small", "text2", self)
        self.inputs: dict[str, QLineEdit] = {name: TextInput(self, most=400) for row in _ROWS for name in row}
        self.fields = {name: Field("", line, "", self) for name, line in self.inputs.items()}
        self.browse = {name: Button("", "outline", parent=self, size_px=15) for name in _FILES}
        self.save = Button("", "outline", "check", self)
        self._fill()
        self.on.clicked.connect(self.submit)
        self.save.clicked.connect(self.submit)
        for line in self.inputs.values():
            line.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
            line.returnPressed.connect(self.submit)
        for name, button in self.browse.items():
            button.clicked.connect(partial(ask_pem, self.fields[name], self.inputs[name]))
        shell.tower.changed.connect(self.show_state)

    def _fill(self) -> None:
        self.details = QWidget(self)
        column = QVBoxLayout(self.details)
        column.setContentsMargins(0, 0, 0, 0)
        for names in _ROWS:
            row = QHBoxLayout()
            row.setSpacing(theme.px(10))
            for name in names:
                row.addWidget(self.fields[name], 1)
                if name in self.browse:
                    beside = QVBoxLayout()
                    beside.addSpacing(self.fields[name].name.sizeHint().height() + theme.px(4))
                    beside.addWidget(self.browse[name])
                    beside.addStretch(1)
                    row.addLayout(beside)
            column.addLayout(row)
        last = QHBoxLayout()
        last.addWidget(self.save)
        last.addStretch(1)
        column.addLayout(last)
        for part in (self.on, self.state, self.news, self.details):
            self.body.addWidget(part)

    def enter(self) -> None:
        """As the settings say; what was typed and not saved is gone."""
        place = self.shell.tower.place
        self.on.setChecked(place.on)
        for name, line in self.inputs.items():
            line.setText(str(getattr(place, name)))
        self.retranslate()

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("settings.tower"))
        self.on.setText(say("settings.tower_on"))
        self.on.setAccessibleName(self.on.text())
        for name, field in self.fields.items():
            hint = say(f"settings.tower_{name}_hint") if name in _HINTED else ""
            field.set_name(say(f"settings.tower_{name}"), hint)
        for name, button in self.browse.items():
            button.setText(say("settings.tower_browse"))
            button.setAccessibleName(f"{say('settings.tower_browse')}: {say(f'settings.tower_{name}')}")
        self.save.setText(say("settings.tower_save"))
        self.show_state()

    def show_state(self) -> None:
        """The line that says how it stands, and the one below with the last still."""
        say, state, place = self.shell.say, self.shell.tower.state, self.shell.tower.place
        at = f"{state.at}, {say('settings.tower_tls')}" if place.cert else state.at
        why = " ".join(explain(state.trouble, self.shell.language)) if state.trouble is not None else ""
        words = say(f"settings.tower_state_{state.phase}", at=at, called=place.called, why=why)
        self.state.show_notice(words, *_TONES[state.phase])
        self.news.setText(self._news() if state.phase == "listening" else "")
        self.news.setVisible(bool(self.news.text()))
        self.details.setVisible(self.on.isChecked())

    def _news(self) -> str:
        say, state, clock = self.shell.say, self.shell.tower.state, self.shell.workspace.clock
        now, language = Moment(clock.now_at(), clock.offset_min()), self.shell.language
        last = say("settings.tower_last_none")
        if state.last_at is not None:
            last = say("settings.tower_last", at=spoken_time(state.last_at, now, language))
        if state.refused is None:
            return last
        at, error = state.refused
        why = explain(error, language)[0]
        words = say("settings.tower_refused", at=spoken_time(at, now, language), why=why)
        return f"{last}\n{words}"

    def submit(self) -> None:
        """Keep what was typed, unless some of it cannot be: then it is said below its field."""
        place = self._typed()
        wrong = place.wrong()
        for name, field in self.fields.items():
            field.set_wrong(self.shell.say(f"settings.tower_bad_{name}") if name in wrong else "")
        if wrong:
            self.on.setChecked(self.shell.tower.place.on)
        else:
            self.shell.tower.apply(place)
        self.details.setVisible(self.on.isChecked())

    def _typed(self) -> TowerPlace:
        said = {name: line.text().strip() for name, line in self.inputs.items()}
        port = read_port(said.pop("port"))
        host = self.shell.tower.place.host
        return TowerPlace(on=self.on.isChecked(), host=host, port=port, **said)
