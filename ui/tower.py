"""Listens for the tower's stills while somebody is signed in, and knows which came while a case was open.

It lives as long as the window. The receiver has threads of its own; what they say comes here by a queued
signal. A covered or locked screen takes nothing: the tower keeps its pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from PySide6.QtCore import QObject, Signal

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, OurBug, ResetOrError, UserFixable

if TYPE_CHECKING:
    from collections.abc import Callable

    from reset_or.actions.stills import Boxes, Kept
    from reset_or.actions.tower import Listener, TowerPlace
    from ui.shell import Shell

_NOBODY_HERE: Final = frozenset({"not_signed_in", "session_covered", "session_over", "store_closed"})


@dataclass(frozen=True)
class Arrival:
    """A still that came in this session: its photograph in the inbox, and when (UTC ms)."""

    photo: str
    at: int


@dataclass(frozen=True)
class TowerState:
    """`at`: host:port that is listened at. `trouble`: why nothing listens. `refused`: the last still that was
    not taken, and why; None once another one was."""

    phase: Literal["off", "starting", "listening", "trouble"] = "off"
    at: str = ""
    trouble: ResetOrError | None = None
    last_at: int | None = None
    refused: tuple[int, ResetOrError] | None = None


class Tower(QObject):
    """`changed()` when `state` or what is offered did."""

    changed = Signal()
    _said = Signal(object)

    def __init__(self, shell: Shell, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.shell = shell
        self.state = TowerState()
        self._listener: Listener | None = None
        self._boxes: Boxes | None = None
        self._arrivals: list[Arrival] = []
        self._case, self._opened_at = "", 0
        self._said.connect(self._heard)  # emitted on the receiver's threads, delivered here by Qt

    # session ------------------------------------------------------------------------------------------
    @property
    def place(self) -> TowerPlace:
        """As the settings say."""
        from reset_or.actions.tower import remembered

        return remembered(self.shell.workspace.settings.tower)

    def begin(self) -> None:
        """Somebody signed in: listen, if the settings say so."""
        if self._boxes is None:
            from reset_or.actions.stills import Boxes

            self._boxes = Boxes()
            self._listen()

    def end(self) -> None:
        """Locked or closing: nothing is taken from here on, and what came is for the inbox."""
        if self._boxes is not None:
            self._boxes = None
            self._arrivals.clear()
            self._case = ""
            self._listen()
            self.state = TowerState()
            self.changed.emit()

    def apply(self, place: TowerPlace) -> None:
        """Keeps other settings, and listens by them at once."""
        workspace = self.shell.workspace
        self.shell.do(
            "store", lambda: workspace.save_settings(tower=place.to_remember()), lambda _none: self._listen()
        )

    def _listen(self) -> None:
        place = self.place
        wanted = place if place.on and self._boxes is not None else None
        if wanted is None and self._listener is None:
            return
        if self._listener is None:
            from reset_or.actions.tower import Listener

            self._listener = Listener(self._take)
        listener, wish = self._listener, self._listener.wish()
        self._put(phase="off" if wanted is None else "starting", at="", trouble=None)

        def listening(at: str) -> None:
            if at and listener.latest(wish):
                self._put(phase="listening", at=at)

        def failed(error: ResetOrError) -> bool:
            if listener.latest(wish):
                self._put(phase="trouble", trouble=error)
            return True

        self.shell.do("net", lambda: listener.listen(wanted, wish), listening, failed)

    # taking: on a thread of the receiver --------------------------------------------------------------
    def _take(self, untrusted_dicom: bytes) -> None:
        from reset_or.actions.stills import keep_still

        boxes, shell = self._boxes, self.shell
        try:
            if boxes is None:
                raise EnvironmentTrouble("tower_closed")
            zone_min, label = shell.workspace.clock.offset_min(), shell.say("inbox.from_tower")
            kept = keep_still(
                partial(self._do, boxes), untrusted_dicom, boxes=boxes, label=label, zone_min=zone_min
            )
        except ResetOrError as error:
            self._said.emit(error)
            raise
        except Exception as error:
            log.event("still_unexpected", type=type(error).__name__.lower())
            self._said.emit(OurBug("unexpected"))
            raise EnvironmentTrouble("tower_closed") from error
        self._said.emit(kept)

    def _do(self, session: Boxes, action: Callable[..., Any], **said: Any) -> Any:
        """On the store's lane, in the session in which the still came. What a person could mend there is no
        fault of the picture: the sender keeps it and may send again."""
        workspace = self.shell.workspace

        def work() -> Any:
            if self._boxes is not session:
                raise EnvironmentTrouble("tower_closed")
            return action(workspace.context, **said)

        try:
            return workspace.lanes.call("store", work)
        except (UserFixable, EnvironmentTrouble) as error:
            if error.code in _NOBODY_HERE:
                raise EnvironmentTrouble("tower_closed") from error
            raise EnvironmentTrouble(error.code, **error.details) from error

    # hearing ------------------------------------------------------------------------------------------
    def _heard(self, said: Kept | ResetOrError) -> None:
        if self._boxes is None:
            return
        if isinstance(said, ResetOrError):
            self._put(refused=(self.shell.workspace.clock.now_at(), said))
            return
        if said.new:
            self._arrivals.append(Arrival(said.photo, said.at))
        self.shell.broadcast(said.changes)
        self._put(last_at=self.shell.workspace.clock.now_at(), refused=None)

    def _put(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.changed.emit()

    # the open case ------------------------------------------------------------------------------------
    def case_shown(self, case: str) -> None:
        """A page of this case is shown. It is open from then on, until a page of another one is."""
        if case and case != self._case:
            self._case, self._opened_at = case, self.shell.workspace.clock.now_at()
            self.changed.emit()

    def opened_at(self, case: str) -> int:
        """Since when this case has been the open one here, UTC ms; at most as long as a theatre session."""
        from reset_or.actions.stills import LONGEST_MS

        now_at = self.shell.workspace.clock.now_at()
        return max(self._opened_at, now_at - LONGEST_MS) if case and case == self._case else now_at + 1

    def offered(self, case: str) -> tuple[Arrival, ...]:
        """The stills that came while this case was open here, and that nobody has decided on."""
        since_at = self.opened_at(case)
        return tuple(each for each in self._arrivals if each.at >= since_at)

    def decided(self, *photos: str) -> None:
        """Put into the case, or not of this case: these are offered no more."""
        self._arrivals = [each for each in self._arrivals if each.photo not in photos]
        self.changed.emit()
