"""Where a photograph's scale comes from: the card, a ruler by itself, or two marks and a check.

Owns the way chosen, the lengths typed and what was found; it becomes a record only when a person keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, Protocol

from reset_or.actions import calibrating, measuring
from reset_or.base.errors import ResetOrError
from reset_or.trial.entry import DigitEntry
from ui.viewmodels.drawing import SEGMENTS, Drawn, Path
from ui.viewmodels.port import Net, Port
from ui.viewmodels.workbench_ticks import FoundTicks, TickMarks

Method = Literal["card", "ruler_ticks", "ruler_points"]
METHODS: Final[tuple[Method, ...]] = ("card", "ruler_ticks", "ruler_points")
Failed = Callable[[ResetOrError], bool]


class FoundScale(Protocol):
    """What looking for a scale gives: a proposal until a person keeps it. See images.calibration."""

    @property
    def method(self) -> str: ...
    @property
    def points(self) -> Path: ...
    @property
    def known_mm(self) -> float | None: ...
    @property
    def check_mm(self) -> float | None: ...
    @property
    def check_error_permille(self) -> int | None: ...
    @property
    def residual_um(self) -> int | None: ...
    @property
    def tilt_cdeg(self) -> int | None: ...
    @property
    def sharpness_permille(self) -> int | None: ...
    @property
    def px_per_mm(self) -> float: ...
    @property
    def measurable(self) -> bool: ...
    @property
    def problems(self) -> tuple[str, ...]: ...
    @property
    def warnings(self) -> tuple[str, ...]: ...


class Scale:
    """One photograph's way to a scale. What was looked for before `forget` does not arrive any more."""

    def __init__(self, port: Port, net: Net) -> None:
        self._port, self._net = port, net
        self._look = 0
        self.method: Method = "card"
        self.lengths = {code: DigitEntry() for code in SEGMENTS}
        self.found: FoundScale | None = None
        self.ticks: TickMarks | None = None

    @property
    def begun(self) -> bool:
        """Marks were proposed, a scale found, or a length typed, and nobody kept it yet."""
        typed = any(entry.keys for entry in self.lengths.values())
        return typed or self.found is not None or self.ticks is not None

    def forget(self) -> None:
        """Another photograph: nothing of the one before is left."""
        self.choose("card")
        self.lengths = {code: DigitEntry() for code in SEGMENTS}

    def choose(self, method: Method) -> None:
        """Another way begins anew."""
        self._look += 1
        self.method, self.found, self.ticks = method, None, None

    def request(self, drawn: Drawn, zoom: float) -> calibrating.CalibrationRequest | None:
        """What is to be found; None while marks or lengths are missing."""
        if self.ticks is not None:
            return self.ticks.request(zoom)
        if self.method != "ruler_points":
            return calibrating.CalibrationRequest(self.method)
        ruler, check = drawn.paths.get("ruler", ()), drawn.paths.get("check", ())
        known, check_mm = self.lengths["ruler"].mm, self.lengths["check"].mm
        if len(ruler) != 2 or len(check) != 2 or not known or not check_mm:
            return None
        return calibrating.CalibrationRequest(
            "ruler_points", ruler, known, check_points=check, check_mm=check_mm, zoom=zoom
        )

    def find(
        self,
        opened: calibrating.Opened,
        request: calibrating.CalibrationRequest,
        done: Callable[[], None],
        failed: Failed,
    ) -> None:
        """Looks for it off the store lane. A ruler is read first; its marks are a person's from then on."""
        look = self._look
        reading = self.method == "ruler_ticks" and self.ticks is None

        def work() -> tuple[FoundScale, FoundTicks | None]:
            if reading:
                return calibrating.read_ruler(opened)
            return calibrating.find_calibration(opened, request), None

        def got(answer: tuple[FoundScale, FoundTicks | None]) -> None:
            if look != self._look:
                return
            found, ticks = answer
            if ticks is not None:
                self.ticks = TickMarks(ticks)
            self.found = found if ticks is None or ticks.unit_sure else None
            done()

        self._net(work, got, lambda error: look != self._look or failed(error))

    def keep(self, photo: str, state: str, done: Callable[[], None], failed: Failed) -> None:
        """Makes a record of what was found."""

        def kept(_saved: Any) -> None:
            self.found = self.ticks = None
            done()

        self._port.run(
            measuring.save_calibration, kept, failed=failed, photo=photo, found=self.found, state=state
        )
