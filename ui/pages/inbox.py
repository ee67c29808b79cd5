"""The inbox: specimens and photos that came without a subject, until two named people say whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from reset_or.base.changes import Changes
from ui.pages.head import OfficePage
from ui.viewmodels.inbox import InboxView, inbox_view
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.empty_state import EmptyState
from ui.widgets.inbox_list import InboxList

if TYPE_CHECKING:
    from reset_or.actions.photo_views import SpecimenRow
    from ui.shell import Shell


class InboxPage(OfficePage):
    """A row opens the specimen's photos, which are looked at and measured there as in a case."""

    name: ClassVar[str] = "inbox"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self._rows: tuple[SpecimenRow, ...] = ()
        self._loaded = False
        self._build()
        shell.changed.connect(self._changed)
        self.retranslate()

    def _build(self) -> None:
        column = self.frame()
        self.new_button = Button("", "primary", "plus", self)
        self.new_button.clicked.connect(self.new)
        self.list = InboxList(self)
        self.list.opened.connect(self.open_row)
        self.list.verb_pressed.connect(self.act)
        self.empty = EmptyState("inbox", "", "", self)
        self.first = self.empty.add_action("new", "", "plus")
        self.empty.acted.connect(lambda _code: self.new())
        card = Card(self, pad=(2, 6), gap=0)
        card.body.addWidget(self.list)
        card.body.addWidget(self.empty, 1)
        row = QHBoxLayout()
        row.addWidget(self.lead, 1)
        row.addWidget(self.new_button)
        column.addLayout(row)
        column.addWidget(card, 1)

    def enter(self, **params: Any) -> None:
        self.look()
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def look(self) -> None:
        """Ask the store for all rows."""
        from reset_or.actions import specimens

        self.shell.run(specimens.specimen_rows, self._got)

    def _got(self, rows: tuple[SpecimenRow, ...]) -> None:
        self._rows, self._loaded = rows, True
        self._show()

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and changes.records:
            self.look()

    def _free(self) -> bool:
        workspace = self.shell.workspace
        return bool(workspace.active) and not workspace.context.read_only

    def _show(self) -> None:
        shell, now, names = self.shell, self.now(), self.people()
        user, free = shell.workspace.active, self._free()
        self.list.show_rows(
            [inbox_view(row, names, user, now, shell.language, free=free) for row in self._rows]
        )
        has = bool(self._rows)
        self.list.setVisible(has)
        self.lead.setVisible(has)
        self.empty.setVisible(not has and self._loaded)
        self.new_button.setVisible(has and free)
        self.first.setVisible(free)

    def retranslate(self) -> None:
        say = self.shell.say
        super().retranslate()
        self.new_button.setText(say("inbox.new"))
        self.first.setText(say("inbox.new"))
        self.empty.set_words(say("inbox.empty"), say("inbox.empty_advice"))
        self.list.setAccessibleName(self.title)
        if self._loaded:
            self._show()

    # acts ---------------------------------------------------------------------------------------------
    def new(self) -> None:
        """A specimen without a subject; its photos are next."""
        from ui.dialogs.specimens import NewSpecimenSheet

        def begun(saved: Any) -> None:
            self.shell.navigate("photos", case=saved.rec)

        self.shell.show_sheet(NewSpecimenSheet(self.shell, begun))

    def open_row(self, view: InboxView) -> None:
        self.shell.navigate("photos", case=view.key)

    def act(self, view: InboxView) -> None:
        """The act that is due: whose it is, or the second person's signature."""
        from ui.dialogs.specimens import AttachSheet, ConfirmAttachmentSheet

        row = next((row for row in self._rows if row.rec == view.key), None)
        if row is None or not view.verb:
            return
        sheet = AttachSheet if view.verb == "attach" else ConfirmAttachmentSheet
        self.shell.show_sheet(sheet(self.shell, row, lambda _saved: self.look()))
