"""The camera's sheet without widgets: what it sees, its light in words, the shutter, and its troubles.

One question to the camera at a time, so that a slow one slows its own picture only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from reset_or.actions import camera
from reset_or.base.clock import Clock, local_text
from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain
from ui.viewmodels.photo_intake import Source
from ui.viewmodels.port import Net, Port

SIDE = 960
"""Longer side of the live picture, in its own pixels."""


class _Camera(Protocol):
    def look(self, side: int) -> Any: ...

    def shoot(self) -> bytes: ...

    def close(self) -> None: ...


class CameraModel:
    """`shot(source)` is called for every photograph that was taken."""

    def __init__(
        self, port: Port, clock: Clock, net: Net, scheme: str, changed: Callable[[], None],
        shot: Callable[[Source], None],
    ) -> None:  # fmt: skip
        self.port, self._clock, self._net, self._scheme = port, clock, net, scheme
        self._changed, self._shot = changed, shot
        self.live: Any = None
        self.names: tuple[tuple[str, str], ...] = ()
        self.trouble: tuple[str, str] | None = None
        self.taking = False
        self.taken = 0
        self._camera: _Camera | None = None
        self._asking = False
        self._run = 0
        self._door = threading.Lock()  # one is free again before the next is opened

    @property
    def ready(self) -> bool:
        return self._camera is not None and self.live is not None

    def open(self, where: str) -> None:
        """Begins to look; an open camera is closed first."""
        self.close()
        run = self._run

        def opened(found: _Camera) -> None:
            if run != self._run:  # closed, or another one chosen, while it was being opened
                self._let_go(found)
                return
            self._camera = found
            self.look()

        def work() -> _Camera:
            with self._door:
                return camera.open_camera(where, self._scheme)

        self._net(work, opened, lambda error: self._failed(run, error))
        self._changed()

    def _let_go(self, found: _Camera) -> None:
        """Off the screen's thread: a driver that hangs may keep its process for a while."""

        def work() -> None:
            with self._door:
                found.close()

        self._net(work, lambda _done: None, lambda _error: True)

    def find(self) -> None:
        """Which cameras there are; some systems take seconds to say."""

        def found(cameras: Any) -> None:
            number = iter(range(1, len(cameras) + 1))
            self.names = tuple(
                (each.where, each.name or self.port.say("photos.camera_numbered", n=next(number)))
                for each in cameras
            )
            self._changed()

        self._net(camera.cameras, found, lambda _error: True)

    def close(self) -> None:
        """Gives the camera free; nothing that was asked before arrives any more."""
        self._run += 1
        found, self._camera = self._camera, None
        self.live, self.trouble, self.taking, self._asking = None, None, False, False
        if found is not None:
            self._let_go(found)

    def look(self) -> None:
        """The next live picture, if the one before has come."""
        found, run = self._camera, self._run
        if found is None or self._asking:
            return
        self._asking = True

        def seen(live: Any) -> None:
            if run == self._run:
                self._asking, self.live = False, live
                self._changed()

        self._net(lambda: found.look(SIDE), seen, lambda error: self._failed(run, error))

    def shoot(self) -> None:
        """The shutter. Presses while a shot is on its way are one shot."""
        found, run = self._camera, self._run
        if found is None or self.live is None or self.taking:
            return
        self.taking = True
        at = self._clock.now_at()
        name = local_text(at, self._clock.offset_min(), "%H:%M:%S")

        def got(png: bytes) -> None:
            if run == self._run:
                self.taking, self.taken = False, self.taken + 1
                self._changed()
            self._shot(Source(name, lambda: png, at))

        self._net(found.shoot, got, lambda error: self._failed(run, error))
        self._changed()

    def _failed(self, run: int, error: ResetOrError) -> bool:
        if run == self._run:
            self.close()
            self.trouble = explain(error, self.port.language)
            self._changed()
        return True

    # words ----------------------------------------------------------------------------------------------
    def words(self) -> tuple[str, str, str]:
        """(text, tone, icon) of the light below the picture."""
        say = self.port.say
        if self.trouble is not None:
            return " ".join(self.trouble), "bad", "octagon-alert"
        if self.live is None:
            return say("photos.camera_opening"), "quiet", "clock"
        mark, problem = self.live.mark, self.live.problem
        if problem == "waiting":
            return say("photos.light_waiting"), "quiet", "clock"
        state = say(f"photos.light_{problem or mark}")
        seen = say(f"photos.seen_{mark}")
        text = state if problem == "too_few_markers" else say("photos.light_both", seen=seen, state=state)
        if mark == "none" or problem == "tilt_unknown":
            return text, "quiet", "info"
        return (text, "bad", "triangle-alert") if problem else (text, "good", "circle-check")
