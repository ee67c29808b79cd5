"""The report page without widgets: which sheet, in which language, and its PDF as bytes. No file, no Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from reset_or.actions import cases, report
from reset_or.actions.views import CaseView
from reset_or.base.errors import ResetOrError
from reset_or.base.words import LANGUAGES, Language, explain
from ui.viewmodels.port import Port

Edition = Literal["chart", "research"]
EDITIONS: Final[tuple[Edition, Edition]] = ("research", "chart")


class ReportModel:
    """The PDF lives here only while the page is shown. `changed` follows every change."""

    def __init__(self, port: Port, changed: Callable[[], None]) -> None:
        self.port, self.changed = port, changed
        self.case = ""
        self.view: CaseView | None = None
        self.edition: Edition = "research"
        self.language: Language = "en"
        self.pdf: bytes | None = None
        self.problem: tuple[str, str] = ("", "")
        self._wanted = 0

    def open(self, case: str) -> None:
        """Another case: the research sheet in the language of the screen."""
        if case != self.case:
            self.view, self.edition = None, "research"
        self.case, self.language = case, self.port.language
        self.port.run(cases.case_view, self._seen, case=case)
        self.draw()

    def _seen(self, view: CaseView) -> None:
        self.view = view
        self.changed()

    def choose_edition(self, edition: str) -> None:
        self.edition = "chart" if edition == "chart" else "research"
        self.draw()

    def choose_language(self, language: str) -> None:
        found = next((each for each in LANGUAGES if each == language), self.language)
        self.language = found
        self.draw()

    def draw(self) -> None:
        """Draw the sheet anew; an answer to an older question is dropped."""
        self._wanted += 1
        number, self.pdf, self.problem = self._wanted, None, ("", "")

        def done(pdf: bytes) -> None:
            if number == self._wanted:
                self.pdf = pdf
                self.changed()

        def failed(error: ResetOrError) -> bool:
            if number == self._wanted:
                self.problem = explain(error, self.port.language)
                self.changed()
            return True

        self.port.run(
            report.case_sheet, done, failed=failed, case=self.case, language=self.language,
            edition=self.edition,
        )  # fmt: skip
        self.changed()

    def forget(self) -> None:
        """Leaving, cover and lock: the sheet does not stay in memory."""
        self._wanted += 1
        self.pdf = None

    @property
    def drawing(self) -> bool:
        return self.pdf is None and not self.problem[0]

    def file_name(self) -> str:
        """Subject code and edition: nothing that names a person."""
        subject = self.view.subject if self.view is not None else "case"
        return f"RESET-OR-{subject}-{self.edition}-{self.language}.pdf"
