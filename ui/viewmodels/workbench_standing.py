"""What stands of one photograph in the case's view, for the person at the workbench. Writes nothing.

The gate has already left out what this person may not see; here it is only looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reset_or.actions.photo_views import CalibrationView, SeriesView
from reset_or.actions.views import CaseView, PhotoView

ENDS: Final = ("proximal", "distal", "tumour")


class Standing:
    """`state`: of the specimen when the photograph was taken, as its record says or as chosen."""

    def __init__(self, user: Callable[[], str]) -> None:
        self.user = user
        self.case = self.photo = self.state = ""
        self.view: CaseView | None = None

    @property
    def about(self) -> PhotoView | None:
        if self.view is None:
            return None
        return next((photo for photo in self.view.photos if photo.rec == self.photo), None)

    @property
    def may_measure(self) -> bool:
        view = self.view
        return view is not None and (view.may_measure or view.may_record) and not view.read_only

    @property
    def calibration(self) -> CalibrationView | None:
        """The newest of this photograph, if lengths may be taken with it."""
        if self.view is None:
            return None
        of_photo = (one for one in self.view.calibrations if one.photo == self.photo and one.current)
        return next((one for one in of_photo if one.measurable), None)

    def series(self, end: str) -> SeriesView | None:
        """This person's readings of one end on this photograph."""
        if self.view is None:
            return None
        mine = (s for s in self.view.series if (s.photo, s.end, s.reader) == (self.photo, end, self.user()))
        return next((s for s in mine if s.state.startswith(self.state)), None)

    def seen(self, end: str) -> list[SeriesView]:
        """Every series of one end on this photograph that the gate lets through, the own one first."""
        if self.view is None:
            return []
        found = [each for each in self.view.series if (each.photo, each.end) == (self.photo, end)]
        return sorted(found, key=lambda each: each.reader != self.user())

    def next_no(self, end: str) -> int:
        """The number of the next reading of an end; 0 where none is wanted."""
        series = self.series(end)
        return 1 if series is None else series.next_no

    @property
    def measured(self) -> bool:
        return all(self.series(end) is not None and not self.next_no(end) for end in ("proximal", "distal"))

    @property
    def state_known(self) -> bool:
        """Whether the photograph's own record says the specimen's state."""
        return self.about is not None and bool(self.about.state)

    def newest(self) -> str | None:
        """The reading taken last that nobody has signed: what undo takes back."""
        mine = [
            reading
            for end in ENDS
            if (series := self.series(end)) is not None
            for reading in series.readings
            if not reading.signed
        ]
        return max(mine, key=lambda reading: reading.saved_at).rec if mine else None

    @property
    def gap_end(self) -> str:
        """An end whose ruler and photograph differ, and at which nobody has looked again; "" for none."""
        found = (end for end in ENDS if (series := self.series(end)) is not None and series.gap_query)
        return next(found, "")
