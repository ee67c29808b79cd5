"""The error sheet: what happened, what is safe, what to do, the code, a report to copy. No stack trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from reset_or import __version__
from reset_or.base import words
from reset_or.base.clock import SystemClock, utc_text
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken, UserFixable
from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.widgets.labels import IconLabel, Label, Paragraph

if TYPE_CHECKING:
    from ui.shell import Shell


def kind_of(error: ResetOrError) -> str:
    """Which branch of the error tree, as it stands in the words: fixable, environment, trust, bug."""
    if isinstance(error, UserFixable):
        return "fixable"
    if isinstance(error, EnvironmentTrouble):
        return "environment"
    return "trust" if isinstance(error, TrustBroken) else "bug"


def report_text(error: ResetOrError, at: int) -> str:
    """What "Copy report" puts on the clipboard: codes, ids and counts, nothing clinical (base.errors)."""
    head = f"RESET-OR {__version__}\ncode {error.code}\nkind {type(error).__name__}\ntime {utc_text(at)}"
    return "\n".join([head, *(f"{key} {value}" for key, value in error.details.items())])


class ErrorSheet(Sheet):
    """One error in words; Escape and Enter close it."""

    def __init__(self, shell: Shell, error: ResetOrError) -> None:
        super().__init__(shell, width_px=640)
        self._error = error
        self._at = SystemClock().now_at()
        self._advice = Paragraph("", "body", "text", self.card)
        self._safe = Paragraph("", "body", "text2", self.card)
        self._code = Label("", "caption", "text2", self.card)
        safe = QHBoxLayout()
        safe.setSpacing(theme.px(10))
        safe.addWidget(IconLabel("shield-check", "ok", self.card, size_px=22), 0, Qt.AlignmentFlag.AlignTop)
        safe.addWidget(self._safe, 1)
        self.content.addWidget(self._advice)
        self.content.addLayout(safe)
        self.content.addWidget(self._code)
        self._advice.set_selectable()
        self._copy = self.add_button("", "outline", "copy")
        self._close = self.add_button("", "primary")
        self._copy.clicked.connect(self._copied)
        self._close.clicked.connect(self.dismiss)
        self.set_mark("octagon-alert", "bad")

    def first_focus(self) -> QWidget | None:
        return self._close

    def retranslate(self) -> None:
        say = self.shell.say
        title, advice = words.explain(self._error, self.shell.language)
        self.set_title(title)
        self._advice.setText(advice)
        self._safe.setText(say(f"ui_shell.error_safe_{kind_of(self._error)}"))
        self._code.set_text(say("ui_shell.error_code", code=self._error.code))
        self._copy.setText(say("ui_shell.copy_report"))
        self._close.setText(say("ui_shell.close"))

    def _copied(self) -> None:
        QApplication.clipboard().setText(report_text(self._error, self._at))
        self._copy.setText(self.shell.say("ui_shell.copied"))
