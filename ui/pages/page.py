"""What every page is: a widget that the main window enters, leaves and translates. Owns no data.

A page's own shortcuts use `WidgetWithChildrenShortcut`, so that they rest while a sheet lies over the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from ui.shell import Shell


class Page(QWidget):
    """Base of all pages. Subclasses override what they need; the shell calls, never other pages.

    `theatre`: the rail is hidden, so that a gloved touch cannot leave by accident. `chrome`: False for the
    unlock page, which also hides the rail.
    """

    name: ClassVar[str] = ""
    theatre: ClassVar[bool] = False
    chrome: ClassVar[bool] = True

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        shell.language_changed.connect(self.retranslate)

    @property
    def title(self) -> str:
        """The window title while this page is shown, in the current language."""
        return ""

    @property
    def holds(self) -> bool:
        """Whether something was drawn, typed or begun here that stands nowhere else; such a page is not made
        anew for another look, only for another person."""
        return False

    def make_ready(self, size: QSize) -> None:
        """Before it is first shown: size and styles of all parts, so that showing it costs only drawing."""
        self.resize(size)
        for part in (self, *self.findChildren(QWidget)):
            part.ensurePolished()

    def enter(self, **params: Any) -> None:
        """Shown now, with the parameters of `navigate`; asks for its data here."""

    def leave(self) -> None:
        """About to be hidden: commit or keep what was typed."""

    def keep(self) -> None:
        """Cover, lock, focus loss of the window, close: write the draft at once. The page stays."""

    def cover(self, covered: bool) -> None:
        """Hide values while the screen is covered; subject, arm and clock stay (theatre session)."""

    def retranslate(self) -> None:
        """The language changed: set every text anew."""
