"""What a person should know of this computer, above a page: not yet restarted, disk nearly full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from reset_or.actions.ledger import space_text
from ui.dialogs.restart import RestartNotice
from ui.style import theme
from ui.widgets.labels import IconText

if TYPE_CHECKING:
    from ui.shell import Shell


class Notices(QWidget):
    """Hidden while there is nothing to say."""

    def __init__(self, shell: Shell, parent: QWidget) -> None:
        super().__init__(parent)
        self.shell = shell
        self.restart = RestartNotice(shell, self)
        self.space = IconText("triangle-alert", "", "short", "body", self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        column.addWidget(self.restart)
        column.addWidget(self.space)
        self.hide()

    def show_state(self) -> None:
        """As it is now."""
        text = space_text(self.shell.workspace.home, self.shell.language)
        self.space.show_status("triangle-alert", text, "short")
        self.space.setVisible(bool(text))
        self.restart.show_state()
        self.setVisible(bool(text) or not self.restart.isHidden())
