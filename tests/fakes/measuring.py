"""A case with a photograph of the synthetic specimen, and readings drawn on it where the truth lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reset_or.actions import cases, measuring, photos, signing
from reset_or.actions.calibrating import CalibrationRequest
from reset_or.actions.context import Secret
from reset_or.actions.measuring import Measured
from reset_or.actions.views import CaseView
from reset_or.base.clock import ManualClock
from reset_or.images.intake import TakenPhoto, take_in
from reset_or.images.specimen_art import make_specimen
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of

SUBJECT = "03-0147"
NOW_AT = 1_795_415_520_000
PROXIMAL_MM, DISTAL_MM, TUMOUR_MM = 103, 46, 42
Point = tuple[float, float]


@cache
def specimen(subject: str = SUBJECT) -> tuple[TakenPhoto, dict[str, Any]]:
    """The demo's specimen, small; taken ten minutes before NOW_AT."""
    jpeg, truth = make_specimen(
        1500, 1000, PROXIMAL_MM, DISTAL_MM, TUMOUR_MM, subject, captured_at=NOW_AT - 600_000
    )
    return take_in(jpeg), truth


def marks(truth: dict[str, Any], from_cm: int, to_cm: int) -> tuple[Point, Point]:
    first, last = truth["ruler"][str(from_cm)], truth["ruler"][str(to_cm)]
    return (first[0], first[1]), (last[0], last[1])


def ruler(truth: dict[str, Any], **said: Any) -> CalibrationRequest:
    """Two marks 17 cm apart, checked between 5 and 10 cm."""
    request = {
        "method": "ruler_points", "points": marks(truth, 0, 17), "known_mm": 170.0,
        "check_points": marks(truth, 5, 10), "check_mm": 50.0,
    }  # fmt: skip
    return CalibrationRequest(**(request | said))


def path(truth: dict[str, Any], end: str, shorter_mm: float = 0.0) -> tuple[Point, ...]:
    """Where an end lies, from the cut edge; `shorter_mm` is left out at the tumour."""
    points = [(float(x), float(y)) for x, y in truth[end]]
    if end == "distal":
        points.reverse()
    left = shorter_mm * truth["px_per_mm"]
    while left > 0 and len(points) > 2:
        (x1, y1), (x2, y2) = points[-2], points[-1]
        step = ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5
        if step > left:
            points[-1] = (x2 + (x1 - x2) * left / step, y2 + (y1 - y2) * left / step)
            break
        points.pop()
        left -= step
    return tuple(points)


@dataclass
class Bench:
    """One computer with one case whose specimen is out and photographed by the pathologist."""

    workspace: Workspace
    case: str
    photo: str
    truth: dict[str, Any]
    clock: ManualClock

    def as_user(self, user: str) -> None:
        self.workspace.unlock(user, password_of(user))

    @property
    def view(self) -> CaseView:
        return self.workspace.do(cases.case_view, case=self.case)

    def calibrate(self, photo: str = "", **said: Any) -> str:
        self.clock.advance(1_000)
        return self.workspace.do(
            measuring.calibrate_photo, photo=photo or self.photo, request=ruler(self.truth, **said)
        ).rec

    def measure(self, calibration: str, end: str, shorter_mm: float = 0.0, **said: Any) -> Measured:
        return self.workspace.do(
            measuring.record_photo_reading, photo=said.pop("photo", self.photo), calibration=calibration,
            end=end, path=path(self.truth, end, shorter_mm), **said,
        )  # fmt: skip

    def twice(self, calibration: str, *ends: str) -> None:
        for end in ends or ("proximal", "distal", "tumour"):
            for shorter_mm in (0.0, 0.4):
                self.measure(calibration, end, shorter_mm)

    def sign(self, user: str = "li") -> None:
        secret = Secret("password", password_of(user))
        self.workspace.do(
            signing.sign, case=self.case, meaning="measured", signer=user, secret=secret, step="specimen"
        )


def make_bench(place: Path, *, photographer: str = "li", **said: Any) -> Bench:
    """The case of a reduced arm, its specimen removed 20 minutes ago, open for `photographer`."""
    clock = ManualClock(at=NOW_AT)
    workspace = make_workspace(place, clock=clock, **said)
    workspace.unlock("wang", password_of("wang"))
    case = workspace.do(
        cases.register_case, subject=SUBJECT, sex="f", age=61, arm="conventional", rand_no="R-1",
        rand_no_again="R-1",
    ).rec  # fmt: skip
    workspace.do(cases.mark_removed, case=case, minutes_ago=15)
    taken, truth = specimen()
    workspace.unlock(photographer, password_of(photographer))
    photo = workspace.do(photos.attach_photo, case=case, taken=taken, state="fresh_unpinned").rec
    return Bench(workspace, case, photo, truth, clock)
