"""The watched folder without widgets: what is offered for the open case, and when the folder is gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from reset_or.actions.watched_folder import Look, WatchedFolder
from reset_or.base.clock import Clock
from reset_or.base.errors import ResetOrError
from ui.viewmodels.port import Net, Port


class PhotoWatch:
    """`known()` gives the SHA-256 of the files, as taken, that are in the open case. One look at a time."""

    def __init__(
        self, port: Port, clock: Clock, net: Net, changed: Callable[[], None],
        known: Callable[[], frozenset[str]],
    ) -> None:  # fmt: skip
        self.port, self._clock, self._net, self._changed, self._known = port, clock, net, changed, known
        self._watched: WatchedFolder | None = None
        self._looking = False
        self.seen = Look()

    @property
    def folder(self) -> str:
        return str(self._watched.folder) if self._watched is not None else ""

    def choose(self, folder: str) -> None:
        """Another folder, or "" for none."""
        if folder == self.folder:
            return
        self._watched = WatchedFolder(Path(folder), self._clock.now_at() / 1000) if folder else None
        self.seen = Look()
        self.look()
        self._changed()

    def look(self) -> None:
        """Off the screen's thread: a card or a share may take its time."""
        watched = self._watched
        if watched is None or self._looking:
            return
        self._looking = True
        known = self._known()

        def done(seen: Look) -> None:
            self._looking = False
            if watched is self._watched and seen != self.seen:
                self.seen = seen
                self._changed()

        def failed(_error: ResetOrError) -> bool:
            self._looking = False
            return False

        self._net(lambda: watched.look(known.__contains__), done, failed)

    def take(self) -> tuple[Path, ...]:
        """The offered files, which are not offered again; also to leave them out."""
        ready = self.seen.ready
        if self._watched is not None:
            self._watched.passed(ready)
        self.seen = Look((), self.seen.growing, self.seen.gone)
        self._changed()
        return ready

    # words ----------------------------------------------------------------------------------------------
    def words(self) -> tuple[str, str, str]:
        """(text, tone, icon) of the line; "" for no line."""
        say, seen = self.port.say, self.seen
        if self._watched is None:
            return "", "info", "info"
        name = self._watched.folder.name or self.folder
        if seen.gone:
            return say("photos.watch_gone", folder=name), "bad", "usb"
        if seen.ready:
            return say("photos.watch_new", n=len(seen.ready), folder=name), "info", "usb"
        if seen.growing:
            return say("photos.watch_growing", n=seen.growing, folder=name), "quiet", "usb"
        return say("photos.watch_none", folder=name), "quiet", "usb"
