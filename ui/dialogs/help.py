"""The keys of the keyboard, by page, on one sheet (F1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.widgets.labels import Label

if TYPE_CHECKING:
    from ui.shell import Shell

# group -> (keys as written, or a word of ui_shell beginning with "key_"; word of ui_shell)
_KEYS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "help_everywhere": (
        ("Ctrl+L", "help_lock"),
        ("Ctrl+Shift+L", "help_language"),
        ("Ctrl+T", "help_theme"),
        ("F11", "help_full"),
        ("F1", "help_help"),
    ),
    "help_cases": (
        ("key_arrows", "help_arrows"),
        ("Enter", "help_open"),
        ("Ctrl+F", "help_search"),
        ("Ctrl+N", "help_new"),
    ),
    "help_margins": (
        ("key_digits", "help_digits"),
        ("Tab", "help_side"),
        ("key_arrows", "help_nudge"),
        ("Ctrl+Z", "help_undo"),
        ("Ctrl+Enter", "help_second"),
    ),
    "help_photo": (
        ("C  M  E", "help_tools"),
        ("key_page", "help_points"),
        ("S", "help_beside"),
        ("T", "help_together"),
    ),
}


class HelpSheet(Sheet):
    """Closed by Escape, Enter or its button."""

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell, width_px=1060)
        self._labels: list[tuple[Label, str]] = []
        columns = QHBoxLayout()
        columns.setSpacing(theme.px(36))
        halves = (QVBoxLayout(), QVBoxLayout())
        for half in halves:
            half.setSpacing(theme.px(4))
            columns.addLayout(half, 1)
        self.content.addLayout(columns)
        for number, (group, rows) in enumerate(_KEYS.items()):
            half = halves[2 * number // len(_KEYS)]
            half.addWidget(self._heading(group))
            grid = QGridLayout()
            grid.setHorizontalSpacing(theme.px(24))
            grid.setVerticalSpacing(theme.px(4))
            grid.setColumnStretch(1, 1)
            grid.setColumnMinimumWidth(0, theme.px(150))
            for i, (keys, said) in enumerate(rows):
                grid.addWidget(self._label(keys, "strong"), i, 0)
                grid.addWidget(self._label(said, "body"), i, 1)
            half.addLayout(grid)
            half.addSpacing(theme.px(12))
        for half in halves:
            half.addStretch(1)
        self._close = self.add_button("", "primary")
        self._close.clicked.connect(self.dismiss)

    def _heading(self, group: str) -> Label:
        label = Label("", "small", "text2", self.card)
        self._labels.append((label, group))
        return label

    def _label(self, text: str, role: str) -> Label:
        label = Label("", "strong" if role == "strong" else "body", "text", self.card)
        self._labels.append((label, text))
        return label

    def first_focus(self) -> QWidget | None:
        return self._close

    def retranslate(self) -> None:
        self.set_title(self.shell.say("ui_shell.help_title"))
        for label, text in self._labels:
            named = text.startswith(("help_", "key_"))
            label.set_text(self.shell.say(f"ui_shell.{text}") if named else text)
        self._close.setText(self.shell.say("ui_shell.close"))
