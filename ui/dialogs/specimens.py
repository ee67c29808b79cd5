"""Sheets of the inbox: a specimen is begun, given to a subject by one person, and signed by another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QWidget

from reset_or.actions.photo_views import SpecimenRow
from reset_or.actions.views import CaseRow
from reset_or.base.errors import ResetOrError, UserFixable
from ui import ask
from ui.dialogs.sheet import Sheet
from ui.widgets.fields import Field
from ui.widgets.secret_line import SecretLine

if TYPE_CHECKING:
    from ui.shell import Shell

Done = Callable[[object], None]


class _Sheet(Sheet):
    """Cancel, and one act that is tried once at a time."""

    def __init__(self, shell: Shell, done: Done, icon: str) -> None:
        super().__init__(shell, width_px=560)
        self._done, self._busy = done, False
        self.cancel = self.add_button("", "outline")
        self.save = self.add_button("", "primary", icon)
        self.cancel.clicked.connect(self.dismiss)
        self.save.clicked.connect(self.submit)

    def retranslate(self) -> None:
        self.cancel.setText(self.shell.say("ui_shell.cancel"))

    def submit(self) -> None:
        """Do it, if what is needed is there."""
        raise NotImplementedError

    def saved(self, result: object) -> None:
        self.dismiss()
        self._done(result)

    def refused(self, error: ResetOrError) -> bool:
        self._busy = False
        self.show_error(error)
        return True


class NewSpecimenSheet(_Sheet):
    """What stands on the specimen, as far as anything does; both fields may stay empty."""

    def __init__(self, shell: Shell, done: Done) -> None:
        super().__init__(shell, done, "plus")
        self.label, self.note = QLineEdit(self.card), QLineEdit(self.card)
        self.label.setMaxLength(120)
        self.note.setMaxLength(400)
        self._rows = {
            "label": Field("", self.label, "", self.card),
            "note": Field("", self.note, "", self.card),
        }
        for row in self._rows.values():
            self.content.addWidget(row)
        self.label.returnPressed.connect(self.note.setFocus)
        self.note.returnPressed.connect(self.submit)

    def first_focus(self) -> QWidget | None:
        return self.label

    def retranslate(self) -> None:
        super().retranslate()
        say = self.shell.say
        self.set_title(say("inbox.new"), say("inbox.new_note"))
        for name, row in self._rows.items():
            row.set_name(say(f"inbox.field_{name}"))
        self.save.setText(say("inbox.new_save"))

    def submit(self) -> None:
        if self._busy:
            return
        from reset_or.actions import specimens

        self._busy = True
        self.shell.run(
            specimens.begin_specimen, self.saved, failed=self.refused, label=self.label.text().strip(),
            note=self.note.text().strip(),
        )  # fmt: skip


class AttachSheet(_Sheet):
    """Whose specimen it is, typed or scanned as subject code; the second person signs it later."""

    def __init__(self, shell: Shell, row: SpecimenRow, done: Done) -> None:
        super().__init__(shell, done, "check")
        self._row = row
        self.subject = QLineEdit(self.card)
        self.subject.setMaxLength(40)
        self._field = Field("", self.subject, "", self.card)
        self.content.addWidget(self._field)
        self.subject.returnPressed.connect(self.submit)

    def first_focus(self) -> QWidget | None:
        return self.subject

    def retranslate(self) -> None:
        super().retranslate()
        say = self.shell.say
        label = self._row.label or say("inbox.no_label")
        self.set_title(say("inbox.attach_title", label=label), say("inbox.attach_note"))
        self._field.set_name(say("inbox.subject"))
        self.save.setText(say("inbox.attach_save"))

    def submit(self) -> None:
        if self._busy:
            return
        from reset_or.actions import cases
        from reset_or.record.specimen_label import read_label

        text = self.subject.text().strip()
        label = read_label(text)
        self._busy, wanted = True, label.subject if label is not None else text

        def found(rows: tuple[CaseRow, ...]) -> None:
            self._attach(next((row for row in rows if row.subject == wanted), None))

        self.shell.run(cases.case_rows, found, failed=self.refused, search=wanted)

    def _attach(self, case: CaseRow | None) -> None:
        if case is None:
            self.refused(UserFixable("case_unknown"))
            return
        from reset_or.actions import specimens

        self.shell.run(
            specimens.attach_specimen, self.saved, failed=self.refused, specimen=self._row.rec, case=case.rec
        )


class ConfirmAttachmentSheet(_Sheet):
    """The second person looks at label and subject, and signs with the own password."""

    def __init__(self, shell: Shell, row: SpecimenRow, done: Done) -> None:
        super().__init__(shell, done, "pen-line")
        self._row = row
        self.secret = SecretLine(self.card)
        self.content.addWidget(self.secret)
        self.secret.entered.connect(lambda _text: self.submit())

    def first_focus(self) -> QWidget | None:
        return self.secret.line

    def retranslate(self) -> None:
        super().retranslate()
        say, row = self.shell.say, self._row
        label = row.label or say("inbox.no_label")
        self.set_title(
            say("inbox.confirm_title", subject=row.attached_to),
            say("inbox.confirm_note", label=label, subject=row.attached_to, photos=row.photos),
        )
        name = ask.name_of(self.shell, self.shell.workspace.active)
        ask.name_secret(self.shell, self.secret, say("inbox.password", name=name))
        self.save.setText(say("inbox.confirm_save"))

    def submit(self) -> None:
        if self._busy or not self.secret.text():
            return
        from reset_or.actions import specimens

        self._busy = True
        secret = ask.password(self.secret.text())
        self.secret.clear()
        self.shell.run(
            specimens.confirm_attachment, self.saved, failed=self.refused, specimen=self._row.rec,
            signer=self.shell.workspace.active, secret=secret,
        )  # fmt: skip
