"""The window: which page is shown, the rail, the sheet, toast and cover over it. Navigation only, no data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from reset_or.base.errors import ResetOrError
from ui.over import Over
from ui.pages.page import Page
from ui.pages.registry import PAGES
from ui.style import theme
from ui.viewmodels.unlock import mark
from ui.widgets.mark_strip import MarkStrip
from ui.widgets.rail import Place, Rail

if TYPE_CHECKING:
    from ui.dialogs.sheet import Sheet
    from ui.shell import Shell

# rail entry -> (icon, page, parameters)
_UPPER: Final[dict[str, tuple[str, str, dict[str, str]]]] = {
    "cases": ("list", "cases", {}),
    "to_sign": ("user-check", "to_sign", {}),
    "photos": ("camera", "cases", {"purpose": "photos"}),
    "inbox": ("inbox", "inbox", {}),
    "sync": ("refresh-cw", "sync", {}),
    "reports": ("file-check-2", "cases", {"purpose": "report"}),
}
PREPARE_MS: Final = 120
_LOWER: Final[dict[str, tuple[str, str, dict[str, str]]]] = {"settings": ("settings", "settings", {})}


class MainWindow(QWidget):
    """`painted` after the first paint; `close_asked` when a person closes while somebody is signed in."""

    painted = Signal()
    shown = Signal()
    close_asked = Signal()
    lock_asked = Signal()
    admitted = Signal()
    entered = Signal(str)

    def __init__(self, shell: Shell, *, touch: bool = False) -> None:
        super().__init__()
        self.shell = shell
        self._touch = touch
        self._pages: dict[str, Page] = {}
        self._past: list[tuple[str, dict[str, Any]]] = []
        self._here: tuple[str, dict[str, Any]] = ("", {})
        self._place = ""
        self._counts: dict[str, int] = {}
        self._first_paint = True
        self._may_close = False
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumSize(960, 600)
        self._build()
        self._keys()
        shell.attach(self)
        shell.language_changed.connect(self.retranslate)
        self.retranslate()

    def _build(self) -> None:
        self.strip = MarkStrip(self)
        self.rail = Rail(self)
        self.rail.chosen.connect(self._rail_chosen)
        self.stack = QStackedWidget(self)
        self.body = QWidget(self)
        keep = self.body.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.body.setSizePolicy(keep)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.stack, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.body, 1)
        self.over = Over(self.shell, self, self.body, self.strip)

    def _keys(self) -> None:
        pairs: tuple[tuple[str, Callable[[], object]], ...] = (
            ("Ctrl+L", self.lock),
            ("Ctrl+Shift+L", self.shell.toggle_language),
            ("Ctrl+T", self.shell.toggle_theme),
            ("F11", self._full_screen),
            ("F1", self._help),
        )
        for keys, act in pairs:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
            shortcut.activated.connect(act)

    # navigation ------------------------------------------------------------------------------------
    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        found = self.stack.currentWidget()
        return found if isinstance(found, Page) else None

    @property
    def page_name(self) -> str:
        return self._here[0]

    def go(self, page: str, params: dict[str, Any]) -> None:
        """Leave the present page, enter another; pages are made when they are first shown."""
        self.drop_sheet()
        before = self.page
        if before is not None:
            before.leave()
        if self._here[0] not in ("", "unlock") and self._here != (page, params):
            self._past = [*self._past[-19:], self._here]
        self.over.page_left(self._here[1], page, params)
        self._here = (page, params)
        self.shell.tower.case_shown(str(params.get("case", "")))
        shown = self._made(page)
        self.stack.setCurrentWidget(shown)
        self.rail.setVisible(shown.chrome and not shown.theatre)
        self._place = self._place_of(page, params)
        self.rail.choose(self._place)
        shown.enter(**params)
        self._say_title()
        self.entered.emit(page)

    def _made(self, page: str) -> Page:
        if page not in self._pages:
            self._pages[page] = PAGES[page](self.shell)
            self.stack.addWidget(self._pages[page])
        return self._pages[page]

    def prepare(self, *pages: str) -> None:
        """Make pages before they are asked for, one at a time, between the person's key presses."""
        waiting = [page for page in pages if page not in self._pages]
        if waiting:
            self._made(waiting[0]).make_ready(self.stack.size())
            QTimer.singleShot(PREPARE_MS, self, lambda: self.prepare(*waiting[1:]))

    def forget_hidden(self, *, held: bool = False) -> None:
        """Pages not shown are made anew when next entered, with `held` even those that hold something."""
        for name, page in list(self._pages.items()):  # a new style costs by widget
            if page is not self.page and (held or not page.holds):
                del self._pages[name]
                self.stack.removeWidget(page)
                page.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def back(self) -> None:
        """To the page before; without one to the case list."""
        page, params = self._past.pop() if self._past else ("cases", {})
        self._here = ("", {})
        self.go(page, params)

    def forget_past(self) -> None:
        """After lock: another person must not return to where this one was."""
        self._past = []
        self.forget_hidden(held=True)

    def _place_of(self, page: str, params: dict[str, Any]) -> str:
        for name, (_icon, to, given) in {**_UPPER, **_LOWER}.items():
            if page == to and params.get("purpose", "") == given.get("purpose", ""):
                return name
        return {"cases": "cases", "receipt": "sync", "workbench": "photos"}.get(page, "")

    def _rail_chosen(self, code: str) -> None:
        _icon, page, params = {**_UPPER, **_LOWER}[code]
        self.rail.choose(self._place)
        self.shell.navigate(page, **params)

    def set_counts(self, **counts: int) -> None:
        """Numbers beside rail entries: `to_sign`, `sync`."""
        self._counts |= counts
        self._say_rail()

    # sheet, toast, cover ---------------------------------------------------------------------------
    @property
    def sheet(self) -> Sheet | None:
        return self.over.sheet

    @property
    def covered(self) -> bool:
        return self.over.cover is not None

    def show_sheet(self, sheet: QWidget) -> None:
        self.over.show_sheet(sheet)

    def drop_sheet(self) -> None:
        self.over.drop_sheet()

    def show_error(self, error: ResetOrError) -> None:
        self.over.show_error(error)

    def toast(self, text: str, undo: Callable[[], None] | None) -> None:
        self.over.say(text, undo)

    # asks of the person ----------------------------------------------------------------------------
    def lock(self) -> None:
        self.lock_asked.emit()

    def signed_in(self) -> None:
        self.admitted.emit()

    def close_now(self) -> None:
        """Close without asking again."""
        self.shell.tower.end()
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close or not self.shell.workspace.unlocked:
            event.accept()
            return
        event.ignore()
        self.close_asked.emit()

    def _full_screen(self) -> None:
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    def _help(self) -> None:
        if not self.covered:
            from ui.dialogs.help import HelpSheet

            self.show_sheet(HelpSheet(self.shell))

    # words and size --------------------------------------------------------------------------------
    def retranslate(self) -> None:
        settings = self.shell.workspace.settings
        self.strip.set_text(mark(settings.demo, settings.practice, self.shell.language))
        self._say_rail()
        self._say_title()

    def _say_title(self) -> None:
        title = self.page.title if self.page is not None else ""
        app = self.shell.say("ui_shell.app")
        self.setWindowTitle(f"{title} - {app}" if title else app)

    def _say_rail(self) -> None:
        say = self.shell.say

        def place(code: str, icon: str) -> Place:
            name, count = say(f"ui_shell.nav_{code}"), self._counts.get(code, 0)
            spoken = say("ui_shell.nav_count", name=name, n=count) if count else name
            return Place(code, icon, name, count, spoken)

        self.rail.setAccessibleName(say("ui_shell.nav"))
        self.rail.set_places(
            [place(code, icon) for code, (icon, _page, _params) in _UPPER.items()],
            [place(code, icon) for code, (icon, _page, _params) in _LOWER.items()],
        )
        self.rail.choose(self._place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.fit(app, self.size(), touch=self._touch)
        self.over.place()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.shown.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            after = QTimer(self)
            after.setSingleShot(True)
            after.timeout.connect(self.painted)
            after.start(0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            page = self.page
            if page is not None and page.chrome:
                page.keep()
