"""`reset-or photo` and `reset-or specimen` from the command line: stable, --json, named refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from reset_or.actions import cases
from reset_or.base.clock import ManualClock
from reset_or.cli.main import main
from reset_or.images.dicom_receive import Receiver
from reset_or.images.specimen_art import make_specimen
from reset_or.keys.pepper import MemoryKeyStore
from tests.fakes.measuring import DISTAL_MM, NOW_AT, PROXIMAL_MM, SUBJECT, TUMOUR_MM, marks, path
from tests.fakes.photos import EVEN_STEP_PX, even_ruler
from tests.fakes.site import make_workspace, password_of
from tests.fakes.specimen_camera import Bowel, Camera, Laid
from tests.fakes.specimen_scene import Light, Scene, photograph

SCENE = Scene(
    camera=Camera(1200, 900, tilt_deg=14, towards_deg=200, distance_mm=440, k1=-0.08),
    bowel=Bowel(start=(-88, -25), radius_mm=250, heading_deg=-18),
    card=Laid((-135, -105), 1.5),
    light=Light(blur_px=0.7, noise=2, turn=6),
)
"""Aslant, through a poor lens, the camera held upright; with the card and no ruler."""


@dataclass
class Computer:
    """The commands of one computer; `passwords` as files."""

    home: Path
    place: Path
    capsys: pytest.CaptureFixture[str]

    def run(self, user: str, *words: str) -> tuple[int, Any]:
        code = main([
            *words, "--json", "--home", str(self.home), "--no-keyring", "--user", user,
            "--password-file", str(self.password(user)),
        ])  # fmt: skip
        return code, json.loads(self.capsys.readouterr().out)

    def good(self, user: str, *words: str) -> Any:
        code, said = self.run(user, *words)
        assert code == 0, said
        return said

    def password(self, user: str) -> Path:
        file = self.place / f"{user}.txt"
        file.write_text(password_of(user) + "\n", encoding="utf-8")
        return file


@pytest.fixture
def computer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Computer:
    keys = MemoryKeyStore(trouble="none")
    workspace = make_workspace(tmp_path / "home", key_store=keys, clock=ManualClock(at=NOW_AT))
    workspace.unlock("wang", password_of("wang"))
    workspace.do(cases.register_case, subject=SUBJECT, sex="f", age=61)
    workspace.lock()
    return Computer(tmp_path / "home", tmp_path, capsys)


@pytest.fixture
def picture(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    jpeg, truth = make_specimen(1500, 1000, PROXIMAL_MM, DISTAL_MM, TUMOUR_MM, SUBJECT)
    (tmp_path / "specimen.jpg").write_bytes(jpeg)
    return tmp_path / "specimen.jpg", truth


def xy(points: Any) -> list[str]:
    return [f"{x:.2f},{y:.2f}" for x, y in points]


def ruler(truth: dict[str, Any]) -> list[str]:
    return ["--ruler", *xy(marks(truth, 0, 17)), "--mm", "170", "--check", *xy(marks(truth, 5, 10)),
            "--check-mm", "50"]  # fmt: skip


def test_the_known_specimen_through_the_commands_within_a_millimetre(
    computer: Computer, picture: tuple[Path, dict[str, Any]]
) -> None:
    file, truth = picture
    # The older form, without `add`, is understood too.
    (added,) = computer.good("li", "photo", SUBJECT, str(file), "--state", "fresh_unpinned")["photos"]
    again, said = computer.run("li", "photo", "add", SUBJECT, str(file))
    assert (again, said["photos"][0]["error"]) == (1, "photo_already_there")
    made = computer.good("li", "photo", "calibrate", added["photo"], *ruler(truth))
    assert made["view"]["measurable"]
    for end, true_mm in (("proximal", PROXIMAL_MM), ("distal", DISTAL_MM), ("tumour", TUMOUR_MM)):
        for number in (1, 2):
            measured = computer.good(
                "li", "photo", "measure", SUBJECT, "--end", end, "--path", " ".join(xy(path(truth, end)))
            )
            assert measured["reading_no"] == number
            assert abs(measured["length_mm"] - true_mm) < 1
            assert measured["calibration"] == made["calibration"]
    shown = computer.good("li", "photo", "show", added["photo"])
    assert {s["end"]: s["final_mm"] for s in shown["series"]} == {
        "proximal": PROXIMAL_MM, "distal": DISTAL_MM, "tumour": TUMOUR_MM,
    }  # fmt: skip
    listed = computer.good("li", "photo", "list", SUBJECT)
    assert [photo["rec"] for photo in listed["photos"]] == [added["photo"]]
    assert [each["rec"] for each in listed["calibrations"]] == [made["calibration"]]


def test_a_length_is_said_once_and_then_withheld(
    computer: Computer, picture: tuple[Path, dict[str, Any]]
) -> None:
    file, truth = picture
    (added,) = computer.good("li", "photo", "add", SUBJECT, str(file), "--state", "fresh_unpinned")["photos"]
    computer.good("li", "photo", "calibrate", added["photo"], *ruler(truth))
    words = ("photo", "measure", SUBJECT, "--end", "distal", "--path", " ".join(xy(path(truth, "distal"))))
    first = computer.good("li", *words)
    shown = computer.good("li", "photo", "show", added["photo"])
    assert str(first["length_um"]) not in json.dumps(shown)
    assert shown["series"][0]["next_no"] == 2
    undone = computer.good("li", "photo", "undo", first["reading"])
    assert undone["reading"] == first["reading"]
    assert computer.good("li", "photo", "show", added["photo"])["series"] == []


@pytest.mark.parametrize("how", ["card", "ticks"])
def test_card_and_ticks_are_read_from_the_picture(
    how: str, computer: Computer, tmp_path: Path, picture: tuple[Path, dict[str, Any]]
) -> None:
    """A synthetic scene with the card, and the demo's specimen with its ruler; each has a known truth."""
    if how == "card":
        taken = photograph(SCENE)
        file = tmp_path / "scene.jpg"
        file.write_bytes(taken.data)
        drawn, true_mm = taken.path("distal", 9, np.random.default_rng(1)), taken.true_mm("distal")
    else:
        file, truth = picture
        drawn, true_mm = path(truth, "distal"), float(DISTAL_MM)
    (added,) = computer.good("li", "photo", "add", SUBJECT, str(file), "--state", "fresh_pinned")["photos"]
    proposed = computer.good("li", "photo", "calibrate", SUBJECT, f"--{how}", "--propose")
    assert proposed["proposal"]["method"] in ("card", "ruler_ticks")
    made = computer.good("li", "photo", "calibrate", added["photo"], f"--{how}")["view"]
    assert made["measurable"], made
    words = ("photo", "measure", SUBJECT, "--end", "distal", "--path", " ".join(xy(drawn)))
    measured = computer.good("li", *words)
    assert abs(measured["length_mm"] - true_mm) < 1
    assert measured["uncertainty_mm"] > 0


def test_a_ruler_that_says_no_step_asks_for_it(computer: Computer, tmp_path: Path) -> None:
    file = tmp_path / "even.jpg"
    file.write_bytes(even_ruler())
    (added,) = computer.good("li", "photo", "add", SUBJECT, str(file), "--state", "fresh_unpinned")["photos"]
    words = ("photo", "calibrate", added["photo"])
    code, said = computer.run("li", *words, "--ticks")
    assert (code, said["error"]) == (1, "ruler_step_unsure")
    assert computer.run("li", *words, "--card", "--step-mm", "1")[1]["error"] == "ruler_step_malformed"
    made = computer.good("li", *words, "--ticks", "--step-mm", "5")["view"]
    assert made["method"] == "ruler_ticks"
    assert made["px_per_mm"] == pytest.approx(EVEN_STEP_PX / 5, rel=0.002)


def test_no_password_goes_over_an_open_line(computer: Computer, picture: tuple[Path, dict[str, Any]]) -> None:
    computer.good("li", "photo", "add", SUBJECT, str(picture[0]), "--state", "fresh_unpinned")
    web = ("--stow", "http://pacs.example/dicom-web", "--web-user", "reset")
    words = (*web, "--web-password-file", str(computer.place / "none-is-read.txt"))
    for act in ("dicom", "photo"):
        code, said = computer.run("li", act, "export", SUBJECT, *words)
        assert (code, said["error"]) == (1, "dicom_web_plain")
        assert "https" in said["advice"]


def test_refusals_are_named(computer: Computer, picture: tuple[Path, dict[str, Any]]) -> None:
    file, _truth = picture
    assert computer.run("li", "photo", "show", SUBJECT)[1]["error"] == "photo_ambiguous"
    (added,) = computer.good("li", "photo", "add", SUBJECT, str(file), "--state", "fresh_unpinned")["photos"]
    photo = added["photo"]
    for words, code in (
        (("photo", "measure", photo, "--end", "distal", "--path", "1,1 9,9"), "calibration_unknown"),
        (("photo", "calibrate", photo, "--ruler", "1,1", "9,9"), "photo_marks_need_mm"),
        (("photo", "calibrate", photo, "--ruler", "1;1", "9,9", "--mm", "10"), "photo_points_malformed"),
        (("photo", "show", "ab" * 16), "specimen_unknown"),
        (("photo", "labels", "3-147", "--out", str(computer.place / "l.pdf")), "subject_pattern"),
    ):
        if "labels" in words:
            code_of, said = main([*words, "--json"]), json.loads(computer.capsys.readouterr().out)
        else:
            code_of, said = computer.run("li", *words)
        assert code_of in (1, 2)
        assert said["error"] == code, said
    code, said = computer.run("li", "photo", "calibrate", photo, "--card")
    assert (code, said["view"]["measurable"]) == (1, False)
    assert "no_card" in said["view"]["problems"]
    code, said = computer.run("li", "photo", "calibrate", photo, "--card", "--propose")
    assert (code, said["measurable"]) == (1, False)
    listed = computer.good("li", "photo", "list", SUBJECT)
    assert len(listed["calibrations"]) == 1  # a proposal is not saved


def test_a_case_is_exported_as_dicom(
    computer: Computer, picture: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """Into a folder and to an archive of the network: the picture, the rectified one, the lengths."""
    file, truth = picture
    computer.good("li", "photo", "add", SUBJECT, str(file), "--state", "fresh_unpinned")
    computer.good("li", "photo", "calibrate", SUBJECT, *ruler(truth))
    words = ("photo", "measure", SUBJECT, "--end", "distal", "--path", " ".join(xy(path(truth, "distal"))))
    for _ in range(2):
        computer.good("li", *words)
    folder = tmp_path / "out"
    said = computer.good("li", "photo", "export", SUBJECT, "--to", str(folder))
    assert len(said["accepted"]) == 3
    files = [each for each in folder.rglob("*") if each.is_file() and each.name != "DICOMDIR"]
    found = [pydicom.dcmread(each) for each in files]
    assert sorted(each.Modality for each in found) == ["SR", "XC", "XC"]
    assert {each.ClinicalTrialSubjectID for each in found} == {SUBJECT}
    taken: list[bytes] = []
    receiver = Receiver(taken.append, called="ARCHIVE", port=0, host="127.0.0.1")
    receiver.start()
    try:
        where = ("--pacs", f"127.0.0.1:{receiver.port}", "--called", "ARCHIVE")
        code, said = computer.run("li", "photo", "export", SUBJECT, *where)
    finally:
        receiver.stop()
    assert len(taken) == len(said["accepted"]) > 0
    assert code == (1 if said["refused"] else 0)
    code, said = computer.run("li", "photo", "export", SUBJECT, "--pacs", "127.0.0.1", "--called", "X")
    assert (code, said["error"]) == (2, "option_needs_pair")


def test_card_and_labels_need_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("card",), ("labels", SUBJECT)):
        out = tmp_path / f"{words[0]}.pdf"
        assert main(["photo", *words, "--out", str(out), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["bytes"] == out.stat().st_size
        assert out.read_bytes().startswith(b"%PDF")


def test_a_found_specimen_is_attached_by_two_people(
    computer: Computer, picture: tuple[Path, dict[str, Any]]
) -> None:
    file, truth = picture
    specimen = computer.good("li", "specimen", "add", "--label", "pot without a name")["specimen"]["rec"]
    (added,) = computer.good("li", "photo", "add", specimen, str(file), "--state", "fixed_pinned")["photos"]
    computer.good("li", "photo", "calibrate", added["photo"], *ruler(truth))
    words = (
        "photo",
        "measure",
        added["photo"],
        "--end",
        "distal",
        "--path",
        " ".join(xy(path(truth, "distal"))),
    )
    for _ in range(2):
        computer.good("li", *words)
    said = computer.good("li", "specimen", "attach", specimen, SUBJECT)["specimen"]
    assert (said["attached_to"], said["attached_by"], said["confirmed_by"]) == (SUBJECT, "li", "")
    assert computer.good("wang", "photo", "list", SUBJECT)["photos"] == []
    code, refused = computer.run("li", "specimen", "confirm", specimen)
    assert (code, refused["error"]) == (1, "signer_is_author")
    said = computer.good("wang", "specimen", "confirm", specimen)
    assert said["specimen"]["confirmed_by"] == "wang"
    seen = computer.good("wang", "photo", "list", SUBJECT)
    assert [(p["rec"], p["moved_from"]) for p in seen["photos"]] == [(added["photo"], specimen)]
    assert [(s["reader"], s["final_mm"]) for s in seen["series"]] == [("li", DISTAL_MM)]
    # Still at both ends, and taken back by a word of one.
    assert computer.good("wang", "specimen", "list")["specimens"][0]["attached_to"] == SUBJECT
    computer.good("wang", "specimen", "detach", specimen)
    assert computer.good("wang", "photo", "list", SUBJECT)["photos"] == []
    assert computer.good("wang", "photo", "list", specimen)["photos"] != []
