"""The sync page: what is not finished, one of three answers, one bar by bytes, the state of every item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from reset_or.actions.views import SyncView
from reset_or.base import words
from reset_or.base.changes import Changes
from ui.pages.head import PageHead
from ui.pages.notices import Notices
from ui.pages.page import Page
from ui.pages.sync_files import SyncFiles
from ui.style import theme
from ui.viewmodels import sync as model
from ui.viewmodels.moments import Moment
from ui.viewmodels.sync import ItemView, PageView
from ui.widgets.banner import ErrorBanner
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.column_head import ColumnHead
from ui.widgets.empty_state import EmptyState
from ui.widgets.labels import IconLabel, IconText, Label, Paragraph
from ui.widgets.painting import Align
from ui.widgets.progress_bar import ProgressBar
from ui.widgets.sync_list import SyncList, columns

if TYPE_CHECKING:
    from ui.shell import Shell

_SECOND_MS = 1000
_RENEWABLE = frozenset({"device_forked", "device_suspended"})


class SyncPage(Page):
    """Asks the ledger on entering, after each change, and while something is being sent."""

    name: ClassVar[str] = "sync"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._ledger: SyncView | None = None
        self._view: PageView | None = None
        self._asking = False
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(_SECOND_MS)
        self._timer.timeout.connect(self._second)
        shell.changed.connect(self._changed)
        shell.sync_progress.connect(self._progressed)
        shell.syncing.changed.connect(self._status_changed)
        self.retranslate()

    def _build(self) -> None:
        self.head = PageHead(self.shell, self)
        self.problem = ErrorBanner(self)
        self.problem.hide()
        self.problem.acted.connect(lambda _code: self._renew())
        self.notices = Notices(self.shell, self)
        self.clock = IconText("clock", "", "short", "body", self)
        self._build_hero()
        self._build_table()
        column = QVBoxLayout(self)
        pad = theme.px(20)
        column.setContentsMargins(pad, theme.px(14), pad, theme.px(18))
        column.setSpacing(theme.px(12))
        for widget in (self.head, self.notices, self.problem, self.clock, self.hero):
            column.addWidget(widget)
        column.addWidget(self._build_quiet())
        column.addWidget(self.table, 1)

    def _build_hero(self) -> None:
        self.icon = IconLabel("cloud-upload", "accent", self, size_px=64, stroke=1.6)
        self.headline = Label("", "title", "text", self)
        self.advice = Paragraph("", "strong", "text2", self)
        self.bar = ProgressBar(self)
        self.done = Label("", "body", "text", self, weight=theme.MEDIUM)
        self.sizes = Label("", "body", "text2", self, align=Align.AlignRight | Align.AlignVCenter)
        self.button = Button("", "outline", "", self, size_px=19)
        self.button.setMinimumSize(theme.px(118), theme.px(56))
        self.button.clicked.connect(self._press)
        self.hero = Card(self, pad=(22, 18))
        row = QHBoxLayout()
        row.setSpacing(theme.px(20))
        row.addWidget(self.icon)
        said = QVBoxLayout()
        said.setSpacing(theme.px(6))
        said.addWidget(self.headline)
        said.addWidget(self.advice)
        said.addSpacing(theme.px(6))
        said.addWidget(self.bar)
        below = QHBoxLayout()
        below.addWidget(self.done)
        below.addStretch(1)
        below.addWidget(self.sizes)
        said.addLayout(below)
        row.addLayout(said, 1)
        row.addWidget(self.button)
        self.hero.body.addLayout(row)

    def _build_quiet(self) -> SyncFiles:
        """What is wanted once a day: small, below the card that says what matters."""
        self.receipt = Button("", "soft", "file-check-2", self, size_px=theme.tokens().size.small)
        self.receipt.clicked.connect(lambda: self.shell.navigate("receipt"))
        self.files = SyncFiles(self.shell, self)
        self.files.row.addWidget(self.receipt)
        return self.files

    def _build_table(self) -> None:
        self.list = SyncList(self)
        self.columns = ColumnHead(columns, self.list, self)
        self.list.opened.connect(self._act)
        self.list.verb_pressed.connect(self._act)
        self.empty = EmptyState("circle-check", "", "", self, tone="ok")
        self.table = Card(self, pad=(2, 6), gap=0)
        self.table.body.addWidget(self.columns)
        self.table.body.addWidget(self.list, 1)
        self.table.body.addWidget(self.empty, 1)

    # life ------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        return self.shell.say("sync.title")

    def enter(self, **params: Any) -> None:
        self.retranslate()
        self.ask()
        self._timer.start()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self._timer.stop()

    def _progressed(self, _progress: object) -> None:
        self.ask()  # a method of the page, so that the connection ends with it

    def ask(self) -> None:
        """The newest state of every item; one question at a time."""
        if self._asking or not self.isVisible() or not self.shell.workspace.unlocked:
            return
        from reset_or.actions import ledger

        self._asking = True
        self.shell.run(ledger.sync_view, self._got, failed=self._no_answer)

    def _got(self, view: SyncView) -> None:
        self._asking = False
        self._ledger = view
        self._show()

    def _no_answer(self, _error: object) -> bool:
        self._asking = False
        return False

    def _changed(self, changes: Changes) -> None:
        if changes:
            self.ask()

    def _status_changed(self) -> None:
        self._show()
        self.ask()

    def _second(self) -> None:
        """Countdowns and ages move on; while sending, the bar does too."""
        status = self.shell.syncing.status
        if status.running or status.moving:
            self.ask()
        elif status.retry_at is not None:
            self._show()

    # showing ---------------------------------------------------------------------------------------
    def _show(self) -> None:
        if self._ledger is None:
            return
        workspace = self.shell.workspace
        now = Moment(workspace.clock.now_at(), workspace.clock.offset_min())
        shown = self.shell.syncing.show_in(self._ledger)
        view = self._view = model.page_view(shown, now, self.shell.language, workspace.settings.site)
        self.head.set_status(view.connection_icon, view.connection, view.connection_tone)
        self.head.status.label.set_tone("text2")  # the icon alone carries the colour
        self.head.set_note(view.last)
        self._show_hero(view)
        self.clock.show_status("clock", view.clock, "short")
        self.clock.setVisible(bool(view.clock))
        self.files.show_written(view.file)
        self.list.show_rows(view.items)
        has = bool(view.items)
        for part in (self.list, self.columns):
            part.setVisible(has)
        self.empty.setVisible(not has)
        self._show_problem()
        self.notices.show_state()

    def _show_hero(self, view: PageView) -> None:
        self.icon.set_icon(view.icon, view.tone)
        self.headline.set_text(view.headline)
        self.advice.setText(view.advice)
        self.hero.setAccessibleName(f"{view.headline}. {view.advice}")
        spoken = self.shell.say("sync.bar_spoken", percent=view.portion // 10)
        self.bar.set_part(view.portion / 1000, spoken)
        self.done.set_text(view.items_done)
        self.sizes.set_text(view.bytes_done)
        for part in (self.bar, self.done, self.sizes):
            part.setVisible(view.bar)
        self.button.setText(view.button_text)
        self.button.setVisible(view.button != "none")

    def _show_problem(self) -> None:
        status = self.shell.syncing.status
        error = status.problem or status.photos_problem
        if error is None:
            self.problem.hide()
            return
        title, advice = words.explain(error, self.shell.language)
        acts = (("renew", self.shell.say("settings.renew_open")),) if error.code in _RENEWABLE else ()
        self.problem.show_error(title, advice, self.shell.say("ui_shell.error_code", code=error.code), acts)

    def retranslate(self) -> None:
        say = self.shell.say
        self.head.retranslate()
        self.head.set_title(self.title)
        self.receipt.setText(say("shift.title"))
        self.files.retranslate()
        self.list.setAccessibleName(self.title)
        self.columns.set_words(
            {name: say(f"sync.col_{name}") for name in ("item", "subject", "size", "state")}
        )
        self.empty.set_words(say("sync.empty"), say("sync.empty_advice"))
        self._show()

    # acting ----------------------------------------------------------------------------------------
    def _press(self) -> None:
        if self._view is not None and self._view.button == "pause":
            self.shell.syncing.pause()
        else:
            self.shell.sync_now()

    def _renew(self) -> None:
        from ui.dialogs.renew import RenewSheet

        self.shell.show_sheet(RenewSheet(self.shell, self.shell.sync_now))

    def _act(self, item: ItemView) -> None:
        """The verb of an item: try again, or go where it can be settled."""
        if item.verb == "try_now":
            self.shell.sync_now()
            return
        if item.case and item.kind == "photo":
            self.shell.navigate("photos", case=item.case)
        elif item.case:
            if item.kind in ("draft", "reading"):
                self.shell.navigate("margins", case=item.case, step="record")
            else:
                self.shell.navigate("report", case=item.case)
