"""The allocation sheet: the arm that arrived, and the randomisation number typed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from reset_or.base.errors import ResetOrError
from ui.dialogs.new_case import options
from ui.dialogs.sheet import Sheet
from ui.viewmodels import case_form
from ui.widgets.chips import ChoiceChips
from ui.widgets.code_line import CodeLine
from ui.widgets.fields import Field

if TYPE_CHECKING:
    from reset_or.actions.context import Saved
    from ui.shell import Shell


class AllocationSheet(Sheet):
    """Nothing is chosen beforehand; paste is off in the second field."""

    def __init__(self, shell: Shell, case: str, subject: str) -> None:
        super().__init__(shell, width_px=600)
        self._case, self._subject, self._busy = case, subject, False
        self.arm = ChoiceChips((), self.card)
        self.rand_no = CodeLine(self.card)
        self.rand_no_again = CodeLine(self.card, paste=False)
        self._rows = {
            "arm": Field("", self.arm, "", self.card),
            "rand_no": Field("", self.rand_no, "", self.card),
            "rand_no_again": Field("", self.rand_no_again, "", self.card),
        }
        for row in self._rows.values():
            self.content.addWidget(row)
        self.cancel = self.add_button("", "outline")
        self.save = self.add_button("", "primary", "check")
        self.cancel.clicked.connect(self.dismiss)
        self.save.clicked.connect(self.submit)
        self.rand_no.returnPressed.connect(self.rand_no_again.setFocus)
        self.rand_no_again.returnPressed.connect(self.submit)

    def first_focus(self) -> QWidget | None:
        return self.arm.chip("conventional")

    def retranslate(self) -> None:
        say, language = self.shell.say, self.shell.language
        self.set_title(say("cases.allocation_title", subject=self._subject), say("cases.allocation_note"))
        self.arm.set_options(options("arm", language, only=case_form.ARMS))
        self._rows["arm"].set_name(say("cases.col_arm"))
        self._rows["rand_no"].set_name(say("cases.rand_no"))
        self._rows["rand_no_again"].set_name(say("cases.rand_no_again"))
        self.cancel.setText(say("ui_shell.cancel"))
        self.save.setText(say("cases.allocation_save"))

    def submit(self) -> None:
        if self._busy:
            return
        arm, number, again = self.arm.code(), self.rand_no.text(), self.rand_no_again.text()
        found = {} if arm else {"arm": "arm_required"}
        found |= case_form.rand_problems(number, again)
        for name, row in self._rows.items():
            row.set_wrong(self.shell.say(f"cases.{found[name]}") if name in found else "")
        if "rand_no_again" in found:
            self.rand_no_again.clear()
        if found:
            self.fit_window()
            return
        from reset_or.actions import cases

        self._busy = True
        self.clear_error()
        self.shell.run(
            cases.set_allocation, self._done, failed=self._refused, case=self._case, arm=arm,
            rand_no=number.strip(), rand_no_again=again.strip(),
        )  # fmt: skip

    def _done(self, saved: Saved) -> None:
        del saved
        self.dismiss()

    def _refused(self, error: ResetOrError) -> bool:
        self._busy = False
        self.show_error(error)
        return True
