"""The shift receipt without widgets: since when, in which language, and its PDF as bytes. No file, no Qt."""

from __future__ import annotations

from collections.abc import Callable

from reset_or.actions import shift
from reset_or.actions.shift import SINCE, ShiftReceipt, Since
from reset_or.base.clock import local_text
from reset_or.base.errors import ResetOrError
from reset_or.base.words import LANGUAGES, Language, explain
from ui.viewmodels.port import Port


class ReceiptModel:
    """The PDF lives here only while the page is shown. `changed` follows every change."""

    def __init__(self, port: Port, changed: Callable[[], None]) -> None:
        self.port, self.changed = port, changed
        self.since: Since = "today"
        self.language: Language = "en"
        self.facts: ShiftReceipt | None = None
        self.pdf: bytes | None = None
        self.problem: tuple[str, str] = ("", "")
        self._wanted = 0

    def open(self) -> None:
        """The shift of today in the language of the screen."""
        self.since, self.language = "today", self.port.language
        self.draw()

    def choose_since(self, since: str) -> None:
        self.since = next((each for each in SINCE if each == since), self.since)
        self.draw()

    def choose_language(self, language: str) -> None:
        self.language = next((each for each in LANGUAGES if each == language), self.language)
        self.draw()

    def draw(self) -> None:
        """Draw anew, as it is now; an answer to an older question is dropped."""
        self._wanted += 1
        number, self.pdf, self.problem = self._wanted, None, ("", "")

        def done(found: tuple[ShiftReceipt, bytes]) -> None:
            if number == self._wanted:
                self.facts, self.pdf = found
                self.changed()

        def failed(error: ResetOrError) -> bool:
            if number == self._wanted:
                self.problem = explain(error, self.port.language)
                self.changed()
            return True

        self.port.run(shift.shift_pdf, done, failed=failed, since=self.since, language=self.language)
        self.changed()

    def forget(self) -> None:
        """Leaving, cover and lock: nothing of it stays in memory."""
        self._wanted += 1
        self.pdf = self.facts = None

    def saved(self) -> None:
        """It left the program: the next one "since the last" begins here."""
        if self.facts is not None:
            self.port.run(shift.note_printed, until_at=self.facts.until_at)

    @property
    def headline(self) -> str:
        """The first and most important sentence, in the language of the screen."""
        return shift.headlines(self.facts, self.port.language)[0] if self.facts is not None else ""

    @property
    def span(self) -> str:
        """From when it counts, as the page says it below the choice."""
        if self.facts is None:
            return ""
        at = local_text(self.facts.since_at, self.facts.zone_min)
        key = "no_last" if self.since == "last" and self.facts.since != "last" else self.since
        return self.port.say(f"shift.since_{key}_note", at=at)

    def file_name(self) -> str:
        """Site and day: nothing that names a person."""
        facts = self.facts
        if facts is None:
            return "RESET-OR-shift.pdf"
        day = local_text(facts.until_at, facts.zone_min, "%Y-%m-%d-%H%M")
        return f"RESET-OR-shift-{facts.site}-{day}-{self.language}.pdf"
