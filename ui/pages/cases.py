"""The case list: find a case, add one, open it where this person's work is. Asks the store, keeps nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from reset_or.actions.views import HIDDEN, CaseRow
from reset_or.base.changes import Changes
from ui.pages.head import PageHead
from ui.pages.notices import Notices
from ui.pages.page import Page
from ui.style import theme
from ui.viewmodels import cases as model
from ui.viewmodels.cases import Purpose, RowView
from ui.viewmodels.moments import Moment
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.case_list import CaseList, columns
from ui.widgets.column_head import ColumnHead
from ui.widgets.empty_state import EmptyState
from ui.widgets.labels import IconLabel

if TYPE_CHECKING:
    from ui.shell import Shell

_SEARCH_MS = 120


def _with_glass(line: QLineEdit) -> QLineEdit:
    glass = QHBoxLayout(line)
    glass.setContentsMargins(theme.px(14), 0, 0, 0)
    glass.addWidget(IconLabel("search", "text2", line, size_px=20))
    glass.addStretch(1)
    line.setTextMargins(theme.px(30), 0, 0, 0)
    return line


class CasesPage(Page):
    """Enter opens what this page is for; Space or the dots open everything else of a case."""

    name: ClassVar[str] = "cases"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._purpose: Purpose = "margins"
        self._rows: tuple[CaseRow, ...] = ()
        self._loaded = False
        self._fresh = ""
        self._build()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.timeout.connect(self.ask)
        self._minute = QTimer(self)
        self._minute.setInterval(30_000)
        self._minute.timeout.connect(self._show)
        shell.changed.connect(self._changed)
        self.retranslate()

    def _build(self) -> None:
        self.head = PageHead(self.shell, self)
        self.notices = Notices(self.shell, self)
        self.search = _with_glass(QLineEdit(self))
        self.search.textEdited.connect(lambda _text: self._typing.start(_SEARCH_MS))
        self.search.installEventFilter(self)
        self.new_button = Button("", "primary", "plus", self)
        self.new_button.clicked.connect(self.new_case)
        self.list = CaseList(self)
        self.list.opened.connect(self.open_row)
        self.list.verb_pressed.connect(self.open_menu)
        self.columns = ColumnHead(columns, self.list, self)
        self.empty = EmptyState("inbox", "", "", self)
        self.empty_new = self.empty.add_action("new", "", "plus")
        self.empty_sync = self.empty.add_action("sync", "", "refresh-cw")
        self.empty.acted.connect(self._empty_acted)
        self.card = Card(self, pad=(2, 6), gap=0)
        for part in (self.columns, self.list):
            self.card.body.addWidget(part)
        self.card.body.addWidget(self.empty, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(self.search, 1)
        row.addWidget(self.new_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(20), theme.px(14), theme.px(20), theme.px(18))
        column.setSpacing(theme.px(12))
        column.addWidget(self.head)
        column.addWidget(self.notices)
        column.addLayout(row)
        column.addWidget(self.card, 1)
        for keys, act in (("Ctrl+F", self.focus_search), ("Ctrl+N", self.new_case)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # life ------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        return model.title(self._purpose, self.shell.language)

    @property
    def holds(self) -> bool:
        return bool(self.search.text())

    def enter(self, **params: Any) -> None:
        """`purpose`: margins (default), specimens, photos or report."""
        default = "specimens" if self.shell.workspace.active_role == "pathologist" else "margins"
        self._purpose = params.get("purpose") or default  # type: ignore[assignment]
        self.new_button.setVisible(self._may_write())
        self.retranslate()
        self.ask()
        self._minute.start()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self._minute.stop()
        self._typing.stop()

    def ask(self) -> None:
        """Ask the store for the rows that match the search."""
        from reset_or.actions import cases

        self.shell.run(cases.case_rows, self._got, search=self.search.text().strip())

    def _got(self, rows: tuple[CaseRow, ...]) -> None:
        self._rows, self._loaded = rows, True
        self._show()
        if self._fresh:
            self.list.choose(self._fresh)
            self._fresh = ""

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and (changes.cases or changes.records or changes.ledger):
            self.ask()

    def _in_theatre(self) -> bool:
        """Whether this person's role is one that adds and changes cases; others are offered none of it."""
        from reset_or.actions import people

        return people.may_write_cases(self.shell.workspace.active_role)

    def _may_write(self) -> bool:
        return self._in_theatre() and not self.shell.workspace.context.read_only

    # showing ---------------------------------------------------------------------------------------
    def moment(self) -> Moment:
        clock = self.shell.workspace.clock
        return Moment(clock.now_at(), clock.offset_min())

    def _show(self) -> None:
        self.notices.show_state()
        now = self.moment()
        rows = model.ordered(self._rows, self._purpose, now)
        self.list.show_rows([model.row_view(row, now, self.shell.language) for row in rows])
        has = bool(rows)
        self.list.setVisible(has)
        self.columns.setVisible(has)
        self.empty.setVisible(not has and self._loaded)
        self._say_empty()

    def _say_empty(self) -> None:
        say, search = self.shell.say, self.search.text().strip()
        add = self._loaded and self._may_write()
        words = say("cases.empty" if add else "cases.empty_read")
        self.empty.set_words(say("cases.empty_search", search=search) if search else words)
        self.empty_new.setVisible(add or bool(search))
        self.empty_new.setText(say("cases.clear_search" if search else "cases.new"))
        self.empty_new.set_icon_name("x" if search else "plus")
        self.empty_sync.setText(say("cases.go_sync"))
        self.empty_sync.setVisible(not search)

    def retranslate(self) -> None:
        say = self.shell.say
        self.head.retranslate()
        self.head.set_title(self.title)
        self.search.setPlaceholderText(say("cases.search"))
        self.search.setAccessibleName(say("cases.search"))
        self.new_button.setText(say("cases.new"))
        self.new_button.setToolTip("Ctrl+N")
        self.list.setAccessibleName(self.title)
        names = ("subject", "person", "planned", "room", "arm", "margins", "photos", "unsent")
        self.columns.set_words({name: say(f"cases.col_{name}") for name in names})
        self._show()

    # acting ----------------------------------------------------------------------------------------
    def focus_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def new_case(self) -> None:
        if not self._may_write():
            return
        from ui.dialogs.new_case import NewCaseSheet

        self.shell.show_sheet(NewCaseSheet(self.shell, self._saved, today=self.moment().today))

    def _saved(self, subject: str, rec: str) -> None:
        self._fresh = rec
        self.search.clear()
        self.shell.toast(self.shell.say("cases.saved", subject=subject))
        self.ask()

    def open_row(self, view: RowView) -> None:
        row = self._row(view.rec)
        if row is not None:
            page, params = model.opens(self._purpose, row)
            self.shell.navigate(page, **params)

    def open_menu(self, view: RowView) -> None:
        """Everything that can be done with this case, by the person who looks."""
        from ui.dialogs.case_menu import CaseMenuSheet

        row = self._row(view.rec)
        if row is not None:
            person = "   ·   ".join(
                part for part in (view.person, view.initials, view.planned, view.room) if part
            )
            self.shell.show_sheet(CaseMenuSheet(self.shell, view.subject, person, self._acts(row)))

    def _acts(self, row: CaseRow) -> dict[str, Callable[[], None]]:
        shell, case = self.shell, row.rec
        acts: dict[str, Callable[[], None]] = {}
        in_theatre = self._in_theatre()
        if row.arm != HIDDEN:
            acts["open_margins"] = lambda: shell.navigate("margins", case=case, step="record")
        if row.arm != HIDDEN and in_theatre:
            acts["open_plan"] = lambda: shell.navigate("margins", case=case, step="plan")
        acts["open_specimen"] = lambda: shell.navigate("margins", case=case, step="specimen")
        if row.arm != HIDDEN:
            acts["open_confirm"] = lambda: shell.navigate("confirm", case=case)
        acts["open_photos"] = lambda: shell.navigate("photos", case=case)
        acts["open_report"] = lambda: shell.navigate("report", case=case)
        if row.arm == "to_follow" and self._may_write():
            acts["open_allocation"] = lambda: self.allocate(row)
        if in_theatre:
            acts |= self._theatre_acts(case)
        return acts

    def _theatre_acts(self, case: str) -> dict[str, Callable[[], None]]:
        theatre = self.shell.workspace.theatre
        if theatre is not None and theatre.case == case:
            return {"theatre_end": self.shell.workspace.end_theatre}
        return {"theatre_start": lambda: self.start_theatre(case)}

    def start_theatre(self, case: str) -> None:
        """One full sign-in was given; the PIN that will lift the cover is set or asked first."""
        from ui.ask import with_pin

        def begin() -> None:
            self.shell.workspace.start_theatre(case)
            self.shell.navigate("margins", case=case, step="record")

        with_pin(self.shell, begin)

    def allocate(self, row: CaseRow) -> None:
        from ui.dialogs.allocation import AllocationSheet

        self.shell.show_sheet(AllocationSheet(self.shell, row.rec, row.subject))

    def _empty_acted(self, code: str) -> None:
        if code == "sync":
            self.shell.navigate("sync")
        elif self.search.text().strip():
            self.search.clear()
            self.ask()
        else:
            self.new_case()

    def _row(self, rec: str) -> CaseRow | None:
        return next((row for row in self._rows if row.rec == rec), None)

    # keyboard --------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the search line, down and Enter go to the list."""
        if watched is self.search and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            row = self.list.current_row()
            if event.key() == Qt.Key.Key_Down:
                self.list.setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
                self.open_row(row)
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                self.ask()
                return True
        return super().eventFilter(watched, event)
