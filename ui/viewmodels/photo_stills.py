"""The stills that came from the tower while a case was open here, without widgets: looked at, chosen, put.

Nothing is chosen beforehand: which picture belongs to the case is for the person to see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from reset_or.base.clock import Clock, local_text
from reset_or.base.errors import ResetOrError
from ui.viewmodels.photo_intake import Source
from ui.viewmodels.photos import THUMB_SIDE, Opener, Pixels
from ui.viewmodels.port import Net, Port


class Came(Protocol):
    """A still that arrived: its photograph in the inbox, and when (UTC ms)."""

    @property
    def photo(self) -> str: ...

    @property
    def at(self) -> int: ...


class Arrivals(Protocol):
    """What knows the stills of this session (ui.tower)."""

    def offered(self, case: str) -> tuple[Came, ...]: ...

    def opened_at(self, case: str) -> int: ...

    def decided(self, *photos: str) -> None: ...


class StillsModel:
    """`chosen` are the photographs that the person marked; `thumbs` what could be opened."""

    def __init__(
        self, port: Port, clock: Clock, net: Net, arrivals: Arrivals, changed: Callable[[], None]
    ) -> None:
        self.port, self._clock, self._arrivals, self._changed = port, clock, arrivals, changed
        self.case = ""
        self.came: tuple[Came, ...] = ()
        self.chosen: set[str] = set()
        self.thumbs: dict[str, Pixels] = {}
        self._asked: set[str] = set()
        self._opener = Opener(port, net)

    def look(self, case: str) -> None:
        """What is offered now, for this case; "" for none."""
        self.case, self.came = case, self._arrivals.offered(case) if case else ()
        self.chosen &= {each.photo for each in self.came}
        for each in self.came:
            if each.photo not in self._asked:
                self._asked.add(each.photo)
                self._opener.ask(each.photo, THUMB_SIDE, self._keeper(each.photo), self._no_picture)

    def _keeper(self, rec: str) -> Callable[[Pixels], None]:
        def got(pixels: Pixels) -> None:
            self.thumbs[rec] = pixels
            self._changed()

        return got

    def _no_picture(self, _error: ResetOrError) -> bool:
        """It keeps its place without a picture; whoever puts it into the case hears why."""
        return True

    def forget_pixels(self) -> None:
        self._opener.forget()
        self.thumbs.clear()
        self._asked.clear()

    def toggle(self, rec: str) -> None:
        self.chosen ^= {rec}
        self._changed()

    def put(self) -> list[Source]:
        """The chosen ones on their way into the case; they are offered no more."""
        opened_at = self._arrivals.opened_at(self.case)
        mine = [each for each in self.came if each.photo in self.chosen]
        self._arrivals.decided(*(each.photo for each in mine))
        return [
            Source(self.port.say("photos.still_named", time=self._time(each.at)), still=each.photo,
                   opened_at=opened_at)
            for each in mine
        ]  # fmt: skip

    def leave(self) -> None:
        """Not of this case: the chosen ones, or all where none is chosen, wait in the inbox."""
        self._arrivals.decided(*(self.chosen or {each.photo for each in self.came}))

    # words ----------------------------------------------------------------------------------------------
    def words(self) -> str:
        if not self.came:
            return ""
        return self.port.say(
            "photos.stills_came", n=len(self.came), time=self._time(min(each.at for each in self.came))
        )

    def named(self, came: Came) -> str:
        return self._time(came.at)

    def _time(self, at: int) -> str:
        return local_text(at, self._clock.offset_min(), "%H:%M")
