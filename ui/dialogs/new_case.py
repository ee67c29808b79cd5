"""The new-case sheet: identity without a name, the planned day, the arm if it is already known."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language
from reset_or.record import codebook
from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.viewmodels import case_form
from ui.viewmodels.case_form import CaseForm
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.code_line import CodeLine
from ui.widgets.fields import Field, Select
from ui.widgets.labels import Paragraph

if TYPE_CHECKING:
    from reset_or.actions.context import Saved
    from ui.shell import Shell


def options(codelist: str, language: Language, *, only: tuple[str, ...] = ()) -> tuple[Option, ...]:
    """A codelist as chips, in the order of the codebook."""
    return tuple(
        Option(code, codebook.label(codelist, code, language))
        for code in codebook.codes(codelist)
        if not only or code in only
    )


class NewCaseSheet(Sheet):
    """`saved(subject, rec)` is called after the case is in the store."""

    def __init__(self, shell: Shell, saved: Callable[[str, str], None], *, today: str) -> None:
        super().__init__(shell, width_px=900)
        self._saved = saved
        self._busy = False
        site = shell.workspace.settings.site
        self.subject = CodeLine(self.card)
        self.subject.setText(f"{site}-" if site else "")
        self.subject.setMaxLength(7)
        self.age = CodeLine(self.card)
        self.age.setMaxLength(3)
        self.initials = CodeLine(self.card)
        self.initials.setMaxLength(6)
        self.room = CodeLine(self.card)
        self.room.setMaxLength(16)
        self.planned_on = CodeLine(self.card)
        self.planned_on.setMaxLength(10)
        self.planned_on.setText(today)
        self.tumour_cm = CodeLine(self.card)
        self.tumour_cm.setMaxLength(4)
        self.rand_no = CodeLine(self.card)
        self.rand_no_again = CodeLine(self.card, paste=False)
        self.sex = ChoiceChips((), self.card)
        self.arm = ChoiceChips((), self.card)
        self.arm.chosen.connect(lambda _code: self._show_arm())
        self.procedure = Select((), self.card)
        self.appearance = Select((), self.card)
        self._no_identity = Paragraph("", "small", "text2", self.card)
        self._rows: dict[str, Field] = {}
        self._form_grid()
        self.cancel = self.add_button("", "outline")
        self.save = self.add_button("", "primary", "check")
        self.cancel.clicked.connect(self.dismiss)
        self.save.clicked.connect(self.submit)
        for line in (self.subject, self.age, self.initials, self.room, self.planned_on, self.tumour_cm):
            line.returnPressed.connect(self.submit)
        self.rand_no_again.returnPressed.connect(self.submit)

    def _form_grid(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.px(18))
        grid.setVerticalSpacing(theme.px(10))
        places: tuple[tuple[str, QWidget, int, int, int], ...] = (
            ("subject", self.subject, 0, 0, 2), ("sex", self.sex, 0, 2, 2), ("age", self.age, 0, 4, 2),
            ("initials", self.initials, 1, 0, 2), ("room", self.room, 1, 2, 2),
            ("planned_on", self.planned_on, 1, 4, 2),
            ("arm", self.arm, 2, 0, 6),
            ("rand_no", self.rand_no, 3, 0, 3), ("rand_no_again", self.rand_no_again, 3, 3, 3),
            ("procedure", self.procedure, 4, 0, 2), ("tumour_appearance", self.appearance, 4, 2, 2),
            ("tumour_cm", self.tumour_cm, 4, 4, 2),
        )  # fmt: skip
        for name, control, row, column, wide in places:
            self._rows[name] = Field("", control, "", self.card)
            grid.addWidget(self._rows[name], row, column, 1, wide, Qt.AlignmentFlag.AlignTop)
        for column in range(6):
            grid.setColumnStretch(column, 1)
        self.content.addLayout(grid)
        self.content.addWidget(self._no_identity)

    def first_focus(self) -> QWidget | None:
        return self.subject

    def opened(self) -> None:
        self.subject.setCursorPosition(len(self.subject.text()))
        self.subject.deselect()

    def retranslate(self) -> None:
        say, language = self.shell.say, self.shell.language
        self.set_title(say("cases.new_title"), say("cases.new_no_identity"))
        self.sex.set_options(options("sex", language))
        self.arm.set_options(options("arm", language))
        if not self.arm.code():
            self.arm.choose("to_follow")
        self.procedure.set_options(options("procedure", language))
        if not self.procedure.code():
            self.procedure.choose("anterior_resection")
        self.appearance.set_options(options("appearance", language))
        hints = {
            "subject": say("cases.new_subject_hint", site=self.shell.workspace.settings.site or "03"),
            "age": say("cases.new_age_hint"), "planned_on": say("cases.date_hint"),
            "initials": say("cases.optional"), "tumour_cm": say("cases.optional"),
            "tumour_appearance": say("cases.optional"), "arm": say("cases.new_arm_hint"),
        }  # fmt: skip
        names = {"rand_no_again": say("cases.rand_no_again"), "tumour_cm": say("cases.tumour_cm")}
        for name, row in self._rows.items():
            label = names.get(name) or codebook.field("case", name).label(language)
            row.set_name(label, hints.get(name, ""))
        self._no_identity.hide()
        self.cancel.setText(say("ui_shell.cancel"))
        self.save.setText(say("cases.new_save"))
        self._show_arm()

    def form(self) -> CaseForm:
        """What stands in the controls."""
        return CaseForm(
            subject=self.subject.text().strip(),
            sex=self.sex.code(),
            age=self.age.text().strip(),
            initials=self.initials.text(),
            room=self.room.text(),
            planned_on=self.planned_on.text().strip(),
            arm=self.arm.code() or "to_follow",
            rand_no=self.rand_no.text(),
            rand_no_again=self.rand_no_again.text(),
            procedure=self.procedure.code() or "anterior_resection",
            tumour_cm=self.tumour_cm.text().strip(),
            tumour_appearance=self.appearance.code(),
        )

    def submit(self) -> None:
        """Save, or show at each control what is wrong with it."""
        if self._busy:
            return
        form = self.form()
        found = case_form.problems(form)
        for name, row in self._rows.items():
            row.set_wrong(self.shell.say(f"cases.{found[name]}") if name in found else "")
        if found:
            self._rows[next(name for name in self._rows if name in found)].inside.setFocus()
            self.fit_window()
            return
        from reset_or.actions import cases

        self._busy = True
        self.save.setEnabled(False)
        self.clear_error()
        arguments: dict[str, Any] = case_form.arguments(form)
        self.shell.run(cases.register_case, self._done, failed=self._refused, **arguments)

    def _done(self, saved: Saved) -> None:
        subject = self.subject.text().strip()
        self.dismiss()
        self._saved(subject, saved.rec)

    def _refused(self, error: ResetOrError) -> bool:
        self._busy = False
        self.save.setEnabled(True)
        self.show_error(error)
        return True

    def _show_arm(self) -> None:
        known = self.arm.code() in case_form.ARMS
        for name in ("rand_no", "rand_no_again"):
            self._rows[name].setVisible(known)
        self.fit_window()
