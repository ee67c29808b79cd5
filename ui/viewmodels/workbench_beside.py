"""A second photograph of the same case beside the one on the workbench: to look at, never to measure on.

Both sides are read from the one view of the case that the gate made for this person. Owns the second picture
and whether the two move together; the first belongs to the workbench.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reset_or.actions.photo_views import SeriesView
from reset_or.actions.views import CaseView, PhotoView
from reset_or.base.clock import local_text
from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain
from reset_or.record.codebook import label
from ui.viewmodels.port import Net, Port
from ui.viewmodels.workbench_faces import length_words, shown_length
from ui.viewmodels.workbench_picture import Blank, Picture
from ui.viewmodels.workbench_standing import ENDS, Standing


@dataclass(frozen=True)
class SideFace:
    """One side's head: the specimen's state, when and from what; and a line for each length."""

    title: str
    detail: str
    lengths: tuple[str, ...]
    notice: str = ""

    @property
    def spoken(self) -> str:
        return ", ".join(part for part in (self.title, self.detail, *self.lengths, self.notice) if part)


class BesideModel(Standing):
    """`open` is whether two photographs are looked at. The workbench passes every view of the case on."""

    def __init__(
        self, port: Port, net: Net, user: Callable[[], str], changed: Callable[[], None], blank: Blank
    ) -> None:
        super().__init__(user)
        self.port, self.changed = port, changed
        self.picture = Picture(port, net, blank)
        self.open = self.together = False
        self.trouble = ""
        self._left = ""
        self.loading = False

    # which --------------------------------------------------------------------------------------------------
    def others(self, left: str, view: CaseView | None) -> list[PhotoView]:
        """The photographs on this computer that may stand beside `left`, in the order taken."""
        return (
            [photo for photo in view.photos if photo.here and photo.rec != left] if view is not None else []
        )

    def show(self, left: Standing) -> None:
        """Two photographs from now on: beside another state first, for that is what is compared."""
        self.case, self._left, self.view, self.open = left.case, left.photo, left.view, True
        found = self.others(left.photo, left.view)
        state = left.about.state if left.about is not None else ""
        if self.photo not in {photo.rec for photo in found}:
            unlike = [photo for photo in found if photo.state and photo.state != state]
            self._choose((unlike or found)[-1].rec if found else "")
        if not found:
            self.close()
        self.load()

    def close(self) -> None:
        """One photograph again; nothing of the second stays."""
        self.open = self.together = False
        self.forget_pixels()

    def follow(self, view: CaseView | None) -> None:
        """The case as it stands now; where the second photograph is gone, another or none."""
        self.view = view
        if self.open and self.about is None:
            found = self.others(self._left, view)
            self._choose(found[-1].rec if found else "")
            self.open = bool(found)
            self.load()

    def step(self, way: int) -> None:
        """The next photograph (1) or the one before (-1), round and round."""
        found = [photo.rec for photo in self.others(self._left, self.view)]
        if self.photo in found and len(found) > 1:
            self._choose(found[(found.index(self.photo) + way) % len(found)])
            self.together = False
            self.load()

    def _choose(self, photo: str) -> None:
        self.forget_pixels()
        self.photo, self.trouble = photo, ""

    # pixels -------------------------------------------------------------------------------------------------
    def forget_pixels(self) -> None:
        self.picture.forget()
        self.loading = False

    def load(self) -> None:
        """The second picture, where it is looked at and neither here nor on its way."""
        wanted = self.open and self.photo and self.picture.pixels is None
        if wanted and not self.loading and not self.trouble:
            self.loading = True
            self.picture.load(self.photo, self._loaded, self._failed, self.changed)
        self.changed()

    def _loaded(self) -> None:
        self.loading = False
        self.picture.opened = None  # only measuring needs the file itself
        self.changed()

    def _failed(self, error: ResetOrError) -> bool:
        self.loading = False
        self.trouble = " ".join(explain(error, self.port.language))
        self.changed()
        return True

    def hold(self, together: bool) -> None:
        self.together = together
        self.changed()


def same_scale(one: Standing, other: Standing) -> float | None:
    """Glass px per picture px of `other` for one of `one`, so that a millimetre is as long on both; None
    where either has no scale."""
    first, second = one.calibration, other.calibration
    if first is None or second is None or not first.px_per_mm or not second.px_per_mm:
        return None
    return first.px_per_mm / second.px_per_mm


def side(of: Standing, port: Port, zone_min: int, notice: str = "") -> SideFace:
    """The head of one side, from what the gate left in the view."""
    photo, view, say = of.about, of.view, port.say
    if photo is None or view is None:
        return SideFace("", "", (), notice)
    title = label("state", photo.state, port.language) if photo.state else say("workbench.state_unsaid")
    if photo.captured_at is not None:
        detail = say("workbench.taken_at", at=local_text(photo.captured_at, zone_min))
    else:
        detail = say("workbench.added_at", at=local_text(photo.added_at, zone_min))
    if of.calibration is None:
        detail = f"{detail}   ·   {say('workbench.without_scale')}"
    found = [_length(of, each, port) for end in ENDS for each in of.seen(end)]
    return SideFace(title, detail, tuple(found), notice)


def _length(of: Standing, series: SeriesView, port: Port) -> str:
    words, um = label("end", series.end, port.language), shown_length(series)
    said = port.say("workbench.taken") if um is None else length_words(series, um, port)
    if series.reader != of.user() and of.view is not None:
        said = f"{said} ({of.view.people.get(series.reader, series.reader)})"
    return f"{words}  {said}".replace(" ", "\N{NO-BREAK SPACE}")
