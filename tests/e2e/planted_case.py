"""A confirmed case with unusual lengths and planted words, and the search for what must not be seen."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from reset_or.actions import cases, measuring, photos, readings, signing
from reset_or.actions.calibrating import CalibrationRequest
from reset_or.actions.context import Secret
from reset_or.base.clock import ManualClock
from reset_or.base.words import LANGUAGES
from reset_or.images.intake import take_in
from reset_or.images.specimen_art import make_specimen
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.record.codebook import codes, label
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of

SUBJECT = "03-0147"
NOW_AT = 1_795_415_520_000
PROXIMAL_MM, DISTAL_MM = 173, 111
PLANTED = ("R-7788", "KESTREL", "OSPREY", "HERON")
MARK_MM = 263
PATH = ((137.31, 213.57), (500.13, 213.57))
"""What the surgeon drew on a photograph of the fresh specimen."""
_HARMLESS_VERDICTS = {"incomplete", "not_entered", "not_applicable", "no_verdict", "not_measured"}


def lengths(*lengths_mm: int) -> list[str]:
    return [text for mm in lengths_mm for text in (str(mm), f"{mm / 10:.1f}")]


def _forbidden() -> list[re.Pattern[str]]:
    """Arm, verdict, planted words and lengths, each as a whole word, in codes and both languages."""
    words = [
        *PLANTED,
        *lengths(PROXIMAL_MM, DISTAL_MM, MARK_MM),
        *(str(value) for point in PATH for value in point),
        "conv-like",
        "red-like",
        "常规组",
        "缩小切除",
        "缩小组",
    ]
    for code in ("reduced", "conventional"):
        words += [code, *(label("arm", code, language) for language in LANGUAGES)]
    for code in sorted(set(codes("verdict")) - _HARMLESS_VERDICTS):
        words += [code, *(label("verdict", code, language) for language in LANGUAGES)]
    for code in codes("safety"):
        words += [code, *(label("safety", code, language) for language in LANGUAGES)]
    words += ["target_mm", "range_low_mm", "tolerance_low_mm"]
    edge = r"[0-9A-Za-z.]"
    return [re.compile(rf"(?<!{edge}){re.escape(word)}(?!{edge})" if word.isascii() else re.escape(word))
            for word in sorted(set(words))]  # fmt: skip


FORBIDDEN = _forbidden()


def leaks(said: str) -> list[str]:
    return sorted({found.group() for pattern in FORBIDDEN for found in pattern.finditer(said)})


def sign(workspace: Workspace, case: str, meaning: str, user: str, **more: str) -> None:
    secret = Secret("password", password_of(user))
    workspace.do(signing.sign, case=case, meaning=meaning, signer=user, secret=secret, **more)


def own_readings(workspace: Workspace, case: str) -> None:
    """What the pathologist measures."""
    for end, mm in (("proximal", 44), ("distal", 26)):
        workspace.do(
            readings.record_reading, case=case, end=end, value_mm=mm, entered=f"{mm / 10}",
            state="fresh_unpinned", method="rigid_ruler_ex_vivo",
        )  # fmt: skip


def make_planted(place: Path) -> str:
    """A computer without keyring in `place / "home"`, a confirmed case, the specimen out; gives its rec."""
    workspace = make_workspace(
        place / "home", key_store=MemoryKeyStore(trouble="none"), clock=ManualClock(at=NOW_AT)
    )
    workspace.unlock("wang", password_of("wang"))
    case = workspace.do(
        cases.register_case, subject=SUBJECT, sex="f", age=61, arm="reduced", rand_no=PLANTED[0],
        rand_no_again=PLANTED[0], room="3", tumour_length_mm=42,
    ).rec  # fmt: skip
    for end, mm in (("proximal", PROXIMAL_MM), ("distal", DISTAL_MM)):
        made = workspace.do(
            readings.record_reading, case=case, end=end, value_mm=mm, entered=f"{mm / 10}", state="in_vivo",
            edge="residual_edge", method="tape_intracorporeal", retyped=True, comment=PLANTED[1],
        )  # fmt: skip
        workspace.do(readings.set_reason, reading=made.rec, reason="other", note=PLANTED[1])
    picture = place / "picture.jpg"
    Image.new("RGB", (64, 48), "red").save(picture)
    workspace.do(photos.attach_photo, case=case, path=picture, state="in_vivo", caption=PLANTED[2])
    sign(workspace, case, "recorded", "wang", readback_by="zhang")
    workspace.unlock("zhang", password_of("zhang"))
    sign(workspace, case, "confirmed", "zhang")
    workspace.do(cases.mark_removed, case=case)
    _measured_by_theatre(workspace, case)
    workspace.lock()
    return case


def _measured_by_theatre(workspace: Workspace, case: str) -> None:
    """The surgeon's own calibration and two readings of a photograph that the pathologist sees too."""
    jpeg, _truth = make_specimen(600, 400, 90, 40, 30, SUBJECT, captured_at=NOW_AT)
    photo = workspace.do(
        photos.attach_photo, case=case, taken=take_in(jpeg), state="fresh_unpinned", caption=PLANTED[2]
    ).rec
    marks = CalibrationRequest("ruler_points", points=((20.0, 300.0), (580.0, 300.0)), known_mm=MARK_MM)
    calibration = workspace.do(measuring.calibrate_photo, photo=photo, request=marks).rec
    for _ in range(2):
        workspace.do(
            measuring.record_photo_reading, photo=photo, calibration=calibration, end="proximal", path=PATH,
            comment=PLANTED[3],
        )  # fmt: skip
