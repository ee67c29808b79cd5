"""PageHead: the title of an office page, its status, and the buttons that stand on every such page.

OfficePage: a page of rows below such a head and one leading line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ui.pages.page import Page
from ui.style import theme
from ui.viewmodels.moments import Moment
from ui.viewmodels.unlock import NCT
from ui.widgets.buttons import IconButton
from ui.widgets.labels import IconText, Label, Paragraph, Tone
from ui.widgets.painting import Align

if TYPE_CHECKING:
    from ui.shell import Shell


class PageHead(QWidget):
    """Title, a status line, free places (`middle`), then who is signed in, language, theme and lock."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__(parent)
        self.shell = shell
        self.title = Label("", "title", "text", self)
        self.status = IconText("wifi-off", "", "text2", "body", self)
        self.status.hide()
        self.note = Label("", "body", "text2", self, align=Align.AlignRight | Align.AlignVCenter)
        self.note.hide()
        self.middle = QHBoxLayout()
        self.who = Label("", "small", "text2", self, align=Align.AlignRight | Align.AlignVCenter)
        self.trial = Label("", "caption", "text3", self, align=Align.AlignRight | Align.AlignVCenter)
        self.language = IconButton("languages", "", "soft", self)
        self.theme = IconButton("contrast", "", "soft", self)
        self.lock = IconButton("lock", "", "soft", self)
        self.language.clicked.connect(shell.toggle_language)
        self.theme.clicked.connect(shell.toggle_theme)
        self.lock.clicked.connect(shell.lock)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(14))
        row.addWidget(self.title)
        row.addWidget(self.status)
        row.addStretch(1)
        row.addWidget(self.note)
        row.addLayout(self.middle)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.who)
        words.addWidget(self.trial)
        row.addLayout(words)
        for button in (self.language, self.theme, self.lock):
            row.addWidget(button)
        row.setSpacing(theme.px(10))
        self.retranslate()

    def set_title(self, text: str) -> None:
        self.title.set_text(text)

    def set_status(self, icon: str, text: str, tone: Tone) -> None:
        self.status.show_status(icon, text, tone)
        self.status.setVisible(bool(text))

    def set_note(self, text: str) -> None:
        self.note.set_text(text)
        self.note.setVisible(bool(text))

    def retranslate(self) -> None:
        say, workspace = self.shell.say, self.shell.workspace
        self.language.set_spoken(f"{say('ui_shell.language_spoken')} (Ctrl+Shift+L)")
        self.theme.set_spoken(f"{say('ui_shell.theme_spoken')} (Ctrl+T)")
        self.lock.set_spoken(f"{say('ui_shell.lock')} (Ctrl+L)")
        tile = next((t for t in workspace.settings.people if t.user == workspace.active), None)
        self.who.set_text(tile.name or tile.user if tile is not None else "")
        self.trial.set_text(trial_line(workspace.settings.study))


class OfficePage(Page):
    """Its words are those of the area `name`: `title`, and `lead` where there are rows."""

    def frame(self) -> QVBoxLayout:
        """Makes `head` and `lead`; the column already has the head, the rest is the page's to place."""
        self.head = PageHead(self.shell, self)
        self.lead = Paragraph("", "body", "text2", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(20), theme.px(14), theme.px(20), theme.px(18))
        column.setSpacing(theme.px(12))
        column.addWidget(self.head)
        return column

    @property
    def title(self) -> str:
        return self.shell.say(f"{self.name}.title")

    def retranslate(self) -> None:
        self.head.retranslate()
        self.head.set_title(self.title)
        self.lead.setText(self.shell.say(f"{self.name}.lead"))

    def people(self) -> dict[str, str]:
        """Names of this computer's people by user."""
        return {tile.user: tile.name or tile.user for tile in self.shell.workspace.settings.people}

    def now(self) -> Moment:
        clock = self.shell.workspace.clock
        return Moment(clock.now_at(), clock.offset_min())


def trial_line(study: str) -> str:
    """The registration number stands on every page; a demo also names its own study."""
    return NCT if study in ("", NCT, "RESET") else f"{study}  {NCT}"
