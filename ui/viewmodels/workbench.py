"""The photo workbench without widgets: one photograph, its scale, and the blinded readings drawn on it.

Owns the tools and the order of the steps; what the hand draws is `workbench_hand`, what it looks like
`workbench_faces`. Saved readings come from the case's view, in which the gate has left out what this person
may not see yet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reset_or.actions import calibrating, cases, measuring
from reset_or.actions.views import CaseView
from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain
from ui.viewmodels.drawing import SEGMENTS
from ui.viewmodels.port import Net, Port
from ui.viewmodels.workbench_hand import Hand, Notice, Tool
from ui.viewmodels.workbench_picture import Blank, Picture
from ui.viewmodels.workbench_scale import Method
from ui.viewmodels.workbench_standing import ENDS


class WorkbenchModel(Hand):
    """`net` runs what is slow (decoding, finding a card) off the store lane; `changed` asks to be shown."""

    def __init__(
        self, port: Port, net: Net, user: Callable[[], str], changed: Callable[[], None], blank: Blank
    ) -> None:
        super().__init__(port, net, user, changed)
        self.picture = Picture(port, net, blank)
        self.busy = ""
        self.zoom = 1.0

    # life -------------------------------------------------------------------------------------------------
    def open(self, case: str, photo: str) -> None:
        """Another photograph starts with nothing drawn."""
        if (case, photo) != (self.case, self.photo):
            self.case, self.photo, self.view = case, photo, None
            self.tool, self.end, self.state, self.notice = "pan", ENDS[0], "", None
            self.drawing.reset()
            self.scale.forget()
            self.picture.forget()
        self.reload()
        self._load()

    def reload(self, then: Callable[[], None] | None = None) -> None:
        """The case as it stands now, and then something that needs it."""
        case = self.case

        def done(view: CaseView) -> None:
            if case == self.case:
                act = self._settle if self.view is None else then
                self.view = view
                if act is not None:
                    act()
                self.changed()

        self.port.run(cases.case_view, done, case=case)

    def forget_pixels(self) -> None:
        """Leaving, cover and lock: no pixel and no plain byte stays; what was drawn does."""
        self.picture.forget()
        self.busy = ""

    def show_pixels(self) -> None:
        """After a cover the picture comes back."""
        if self.picture.pixels is None:
            self._load()

    def _load(self) -> None:
        self.busy = "opening"
        self.picture.load(self.photo, self._loaded, self._failed, self.changed)
        self.changed()

    def _loaded(self) -> None:
        self.busy = ""
        self.changed()

    def _settle(self) -> None:
        """Where a person begins: at the scale while there is none, else at the first length not taken."""
        photo = self.about
        if photo is not None and not self.state:
            self.state = photo.state
        if not self.may_measure:
            return
        if self.calibration is None:
            self.tool = "calibrate"
        else:
            self._next_end()

    @property
    def holds(self) -> bool:
        """Something is drawn, typed, found or on its way that is no record yet."""
        return bool(self.busy) or self.scale.begun or self.drawing.begun

    # tools ------------------------------------------------------------------------------------------------
    def choose_tool(self, tool: Tool) -> None:
        """A tool is refused with its reason while what it needs is missing."""
        self.notice = None
        if tool in ("measure", "edit") and self.calibration is None:
            self.notice = Notice(self.port.say("workbench.scale_first"), tone="quiet")
            tool = "calibrate"
        self.tool = tool if self.may_measure else "pan"
        if self.tool == "measure":
            self.choose_end(self.end)
        elif self.tool == "calibrate":
            self.choose_segment()
        self.changed()

    def choose_end(self, end: str) -> None:
        """The length to be drawn next."""
        if self.calibration is None or not self.may_measure:
            return
        self.end, self.tool = end, "measure"
        self.drawing.choose(end)
        self.changed()

    def choose_method(self, method: Method) -> None:
        self.scale.choose(method)
        self.notice = None
        self.drawing.clear(*SEGMENTS)
        self.choose_segment()
        self.changed()

    def choose_state(self, state: str) -> None:
        """The state of the specimen when the photograph was taken."""
        self.state = state
        self.changed()

    # drawing ----------------------------------------------------------------------------------------------
    def finish(self) -> None:
        """Enter: the first ends the path, the second saves it."""
        if self.tool == "calibrate":
            self.go_on()
        elif self.drawing.now.is_ended:
            self.save_reading()
        elif self.drawing.end():
            self.tool = "edit"
            self.changed()

    @property
    def can_undo(self) -> bool:
        corrected = self.ticks is not None and self.ticks.edited
        return corrected or self.drawing.can_undo or self.newest() is not None

    def undo(self) -> None:
        """The last step of the hand; with none left, the newest reading that is not signed yet."""
        if self.ticks is not None and self.ticks.undo():
            self.scale.found = None
            self.changed()
            return
        if self.drawing.undo():
            self.changed()
            return
        newest = self.newest()
        if newest is not None:
            self.port.run(measuring.undo_photo_reading, lambda _saved: self._undone(), reading=newest)

    def _undone(self) -> None:
        self.notice = Notice(self.port.say("workbench.reading_undone"), tone="quiet")
        self.reload()

    # the scale --------------------------------------------------------------------------------------------
    @property
    def request(self) -> calibrating.CalibrationRequest | None:
        """What is to be found; None while marks or lengths are missing."""
        return self.scale.request(self.drawing.now, self.zoom)

    def go_on(self) -> None:
        """Find the scale; when it is found and good, keep it."""
        if self.scale.found is not None:
            self.scale.keep(self.photo, self.state, self._kept, self._failed)
            return
        request, opened = self.request, self.picture.opened
        if request is None or opened is None or self.busy:
            return
        self.busy, self.notice = "finding", None
        self.scale.find(opened, request, self._loaded, self._failed)
        self.changed()

    def _kept(self) -> None:
        self.drawing.saved(*SEGMENTS)
        self.reload(self._next_end)

    # readings ---------------------------------------------------------------------------------------------
    def save_reading(self) -> None:
        """The path drawn becomes a reading: saved first, judged after."""
        calibration, drawn = self.calibration, self.drawing.now
        if calibration is None or drawn.code not in ENDS or not drawn.is_ended or self.busy:
            return
        self.busy, code = "saving", drawn.code

        def saved(_measured: Any) -> None:
            self.busy = ""
            self.drawing.saved(code)
            self.reload(self._next_end)

        self.port.run(
            measuring.record_photo_reading, saved, failed=self._failed, photo=self.photo,
            calibration=calibration.rec, end=code, path=drawn.path, state=self.state, zoom=self.zoom,
        )  # fmt: skip
        self.changed()

    def look_again(self) -> None:
        """Says that this person looked again where ruler and photograph differ; the lengths stay."""
        self.port.run(
            measuring.second_look, lambda _saved: self.reload(), failed=self._failed, photo=self.photo,
            end=self.gap_end,
        )  # fmt: skip

    def _next_end(self) -> None:
        """First all ends once, then all again: nobody repeats a length with its points still in the eye."""
        if self.calibration is None:
            return
        wanted = [(self.next_no(end), ENDS.index(end), end) for end in ENDS if self.next_no(end)]
        if wanted:
            self.choose_end(min(wanted)[2])
        else:
            self.tool = "pan"

    # trouble ----------------------------------------------------------------------------------------------
    def _failed(self, error: ResetOrError) -> bool:
        self._say(error)
        return True

    def _say(self, error: ResetOrError) -> None:
        title, advice = explain(error, self.port.language)
        self.busy, self.notice = "", Notice(title, advice, "bad")
        self.changed()
