"""Images of one case on their way to others, without widgets: gathered, sent, and what came of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reset_or.actions import dicom_export
from reset_or.actions.dicom_places import DicomPlace, target_of
from reset_or.base.errors import EnvironmentTrouble, ResetOrError
from reset_or.base.lanes import CancelToken
from reset_or.base.words import explain
from ui.viewmodels.port import Net, Port


@dataclass(frozen=True)
class Line:
    """What came of one object."""

    text: str
    bad: bool


class ExportModel:
    """`phase`: form, gathering, asking (text that nobody judged), sending, done.

    `gone` counts finished objects while sending; it is written by the lane that sends.
    """

    def __init__(
        self, port: Port, net: Net, case: str, changed: Callable[[], None],
        failed: Callable[[ResetOrError], None],
    ) -> None:  # fmt: skip
        self.port, self._net, self.case, self._changed, self._failed = port, net, case, changed, failed
        self.phase = "form"
        self.gone = self.all = 0
        self.unsaid: tuple[str, ...] = ()
        self.lines: tuple[Line, ...] = ()
        self.cancelled = False
        self._gathered: Any = None
        self._target: Any = None
        self._cancel = CancelToken()
        self._closed = False

    def start(self, place: DicomPlace, *, folder: Path | None = None, password: str = "") -> None:
        """Gathers what this person may see, then sends it; asks first where text may stand in a picture."""
        if self.phase != "form":
            return
        self._target, self._cancel = target_of(place, folder=folder, password=password), CancelToken()
        self._to("gathering")

        def gathered(found: Any) -> None:
            self._gathered, self.all, self.unsaid = found, found.objects, found.text_unsaid
            self._to("asking") if self.unsaid else self.send()

        self.port.run(dicom_export.gather, gathered, failed=self._back, case=self.case)

    def send(self) -> None:
        if self._closed:
            return
        gathered, target, cancel = self._gathered, self._target, self._cancel
        self.gone = 0
        self._to("sending")
        self._net(
            lambda: dicom_export.send(gathered, target, progress=self._went, cancel=cancel),
            self._sent, self._back,
        )  # fmt: skip

    def stop(self) -> None:
        """What has arrived stays there; the rest is not sent."""
        self._cancel.cancel()

    def close(self) -> None:
        """Nobody looks any more: opened pictures and the password are forgotten."""
        self._closed = True
        self.stop()
        self._gathered = self._target = None

    def _went(self, count: int) -> None:
        self.gone = count

    def _sent(self, sent: Any) -> None:
        self._gathered = self._target = None
        self.cancelled = sent.cancelled
        good = [Line(self._said(name, self.port.say("export.accepted")), False) for name in sent.accepted]
        bad = []
        for name, code, detail in sent.refused:
            why = explain(EnvironmentTrouble(code, status=detail), self.port.language)[0]
            bad.append(Line(self._said(name, f"{why} {detail}".rstrip()), True))
        self.lines = (*bad, *good)
        self._to("done")

    def _said(self, label: str, what: str) -> str:
        say, (number, _, flat) = self.port.say, label.partition(" ")
        if label == "report":
            name = say("export.object_report")
        else:
            name = say("export.object_rectified" if flat else "export.object_photo", n=number)
        return say("export.line", name=name, what=what)

    def result(self) -> str:
        """One sentence: all, some, none, or stopped."""
        bad = sum(line.bad for line in self.lines)
        good = len(self.lines) - bad
        code = "stopped" if self.cancelled else "some" if bad else "all"
        return self.port.say(f"export.result_{code}", good=good, bad=bad)

    def _back(self, error: ResetOrError) -> bool:
        """To the form, with what was typed; the error stands in the sheet."""
        self._gathered = self._target = None
        if not self._closed:
            self._to("form")
            if error.code != "cancelled":
                self._failed(error)
        return True

    def _to(self, phase: str) -> None:
        self.phase = phase
        if not self._closed:
            self._changed()
