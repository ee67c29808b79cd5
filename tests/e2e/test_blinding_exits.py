"""What a pathologist may not see, at every exit: commands, views, reports; and that it is there afterwards.

A surgeon's unusual lengths, a name for each free text, the arm in every writing: none of it may appear in
anything a blinded person is given. The gate is one function, but the exits are many; this test knows exits,
not the gate.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import cases, ledger, readings, report, signing
from reset_or.actions.verifying import verify_store
from reset_or.base.clock import ManualClock
from reset_or.base.errors import ResetOrError, UserFixable
from reset_or.base.lanes import InlineLanes
from reset_or.base.words import LANGUAGES, Language
from reset_or.cli.main import main
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.record.codebook import label
from reset_or.workspace import Workspace
from tests.e2e.planted_case import (
    DISTAL_MM,
    MARK_MM,
    NOW_AT,
    PATH,
    PLANTED,
    PROXIMAL_MM,
    SUBJECT,
    leaks,
    lengths,
    make_planted,
    own_readings,
    sign,
)
from tests.fakes.site import password_of


def seen_when_open(said: str) -> set[str]:
    """What must be there once nothing is withheld any more, so that the test cannot pass on empty output."""
    return {word for word in (*lengths(PROXIMAL_MM, DISTAL_MM), "reduced", label("arm", "reduced", "en"),
                              label("arm", "reduced", "zh")) if word in said}  # fmt: skip


@dataclass
class Site:
    """One computer without a keyring, so that the commands open it just as the workspace does."""

    workspace: Workspace
    home: Path
    case: str
    passwords: dict[str, Path]

    def command(
        self, capsys: pytest.CaptureFixture[str], user: str, *words: str, language: str = "en"
    ) -> str:
        """All that a command prints, on both streams."""
        main([
            *words, "--home", str(self.home), "--no-keyring", "--language", language, "--user", user,
            "--password-file", str(self.passwords[user]),
        ])  # fmt: skip
        said = capsys.readouterr()
        return said.out + said.err


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    place = tmp_path_factory.mktemp("blinding")
    case = make_planted(place)
    return place / "home", case


@pytest.fixture
def site(made_once: tuple[Path, str], tmp_path: Path) -> Iterator[Site]:
    """A copy of that computer, one minute later."""
    home, case = made_once
    shutil.copytree(home, tmp_path / "home")
    workspace = Workspace(
        tmp_path / "home", lanes=InlineLanes(), clock=ManualClock(at=NOW_AT + 60_000),
        key_store=MemoryKeyStore(trouble="none"),
    )  # fmt: skip
    passwords = {}
    for user in ("wang", "zhang", "chen", "li"):
        passwords[user] = tmp_path / f"{user}.txt"
        passwords[user].write_text(password_of(user) + "\n", encoding="utf-8")
    yield Site(workspace, tmp_path / "home", case, passwords)
    workspace.lock()


def _pdf_text(data: bytes, place: Path) -> str:
    path = place / "sheet.pdf"
    path.write_bytes(data)
    layout = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout
    info = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True).stdout
    return layout.decode() + info.decode()


# --- commands -----------------------------------------------------------------------------------------

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("case", "list"),
    ("case", "list", "--search", "reduced"),
    ("case", "list", "--search", PLANTED[0]),
    ("case", "show", SUBJECT),
    ("sign",),
    ("sign", SUBJECT, "--as", "confirmed"),
    ("sign", SUBJECT, "--as", "recorded"),
    ("sign", SUBJECT, "--as", "measured"),
    ("status",),
    ("verify",),
    ("sync",),
    ("reading", "not-measured", SUBJECT, "--end", "distal", "--state", "in_vivo", "--why", "rescue_bleeding"),
    ("reading", "add", SUBJECT, "--end", "distal", "--state", "in_vivo", "--length", "2.6"),
    ("reading", "add", SUBJECT, "--end", "distal", "--state", "fresh_unpinned", "--length", "2.6"),
    ("reading", "safety-seen", SUBJECT, "--by", "li"),
    ("case", "removed", SUBJECT),
    ("case", "allocate", SUBJECT, "--arm", "reduced", "--rand-no", "X-1", "--rand-no-again", "X-1"),
    ("case", "add", SUBJECT, "--sex", "f", "--age", "61"),
    ("photo", "list", SUBJECT),
    ("photo", "show", SUBJECT),
    ("photo", "measure", SUBJECT, "--end", "distal", "--path", "1,1 90,90"),
    ("photo", "look-again", SUBJECT, "--end", "proximal"),
    ("specimen", "list"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_tells_a_blinded_person(
    words: tuple[str, ...], site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    for language in LANGUAGES:
        for form in ((), ("--json",)):
            said = site.command(capsys, "li", *words, *form, language=language)
            own = {"reduced", "X-1"} & set(words)
            assert [leak for leak in leaks(said) if leak not in own] == [], said


def test_a_photograph_tells_a_blinded_person_nothing_of_who_measured_on_it(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own page, and what is refused there: the surgeon's calibration is none of the reader's."""
    listed = json.loads(site.command(capsys, "zhang", "photo", "list", SUBJECT, "--json"))
    (theirs,) = listed["calibrations"]
    assert (theirs["known_mm"], listed["series"][0]["complete"]) == (MARK_MM, True)
    measure = ("measure", theirs["photo"], "--end", "proximal", "--path", "1,1 90,1")
    for words in (
        ("show", theirs["photo"]),
        (*measure, "--calibration", theirs["rec"]),
        measure,
        ("undo", listed["series"][0]["readings"][0]["rec"]),
        ("look-again", theirs["photo"], "--end", "proximal"),
    ):
        for form in ((), ("--json",)):
            assert leaks(site.command(capsys, "li", "photo", *words, *form)) == [], words


def test_a_search_for_what_is_hidden_finds_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """A hit would tell as much as a printed word."""
    for word in ("reduced", "conventional", PLANTED[0], "缩小", "17.3"):
        said = json.loads(site.command(capsys, "li", "case", "list", "--search", word, "--json"))
        assert said == {"cases": []}, word


def test_an_import_tells_nothing(site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text(
        "kind,subject,end,state,length,arm,rand_no\n"
        f"reading,{SUBJECT},proximal,in_vivo,5.0,,\n"
        f"reading,{SUBJECT},proximal,fresh_unpinned,4.4,,\n"
        f"case,{SUBJECT},,,,conventional,X-2\n"
        "case,03-0999,,,,conventional,X-3\n",
        encoding="utf-8",
    )
    for form in ((), ("--json",)):
        assert leaks(site.command(capsys, "li", "import", str(table), *form)) == []


def test_the_printed_sheet_tells_nothing(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for language in LANGUAGES:
        for edition in ("research", "chart"):
            out = tmp_path / f"{language}-{edition}.pdf"
            said = site.command(
                capsys, "li", "report", SUBJECT, "--out", str(out), "--edition", edition, language=language
            )
            text = _pdf_text(out.read_bytes(), tmp_path)
            assert SUBJECT in text
            assert leaks(text + said) == []
            assert not any(word.encode() in out.read_bytes() for word in PLANTED)


def test_after_the_own_signature_the_commands_tell(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for end, length in (("proximal", "4.4"), ("distal", "2.6")):
        words = ("reading", "add", SUBJECT, "--end", end, "--state", "fresh_unpinned", "--length", length)
        said = site.command(capsys, "li", *words, "--method", "rigid_ruler_ex_vivo", "--json")
        assert length in said
        assert leaks(said) == []
    assert leaks(site.command(capsys, "li", "case", "show", SUBJECT, "--json")) == []
    site.command(capsys, "li", "sign", SUBJECT, "--as", "measured")
    said = site.command(capsys, "li", "case", "show", SUBJECT)
    assert {"17.3", "11.1"} <= seen_when_open(said)
    said = site.command(capsys, "li", "case", "show", SUBJECT, "--json")
    assert {"173", "111", "reduced"} <= seen_when_open(said)
    assert "reduced" in site.command(capsys, "li", "case", "list", "--json")


def test_others_are_told_all_the_time(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """The control: the same search for leaks does find them where they belong."""
    found = set(leaks(site.command(capsys, "zhang", "case", "show", SUBJECT, "--json")))
    assert {"173", "111", "reduced", "R-7788", "KESTREL", "OSPREY", "target_mm"} <= found
    found = set(leaks(site.command(capsys, "zhang", "case", "show", SUBJECT)))
    assert {"17.3", "11.1", label("arm", "reduced", "en")} <= found


# --- views and reports --------------------------------------------------------------------------------


def _views(workspace: Workspace, case: str, place: Path) -> dict[str, str]:
    def sheet(language: Language, edition: str) -> Callable[[], str]:
        return lambda: _pdf_text(
            workspace.do(report.case_sheet, case=case, language=language, edition=edition), place
        )

    exits: dict[str, Callable[[], Any]] = {
        "case_view": lambda: workspace.do(cases.case_view, case=case),
        "case_rows": lambda: workspace.do(cases.case_rows),
        "read_back record": lambda: workspace.do(signing.read_back, case=case, step="record"),
        "read_back specimen": lambda: workspace.do(signing.read_back, case=case, step="specimen"),
        "to_sign": lambda: workspace.do(signing.to_sign),
        "sync_view": lambda: workspace.do(ledger.sync_view),
        "verify": lambda: workspace.do(verify_store),
        **{f"sheet {each} {edition}": sheet(each, edition) for each in LANGUAGES
           for edition in ("research", "chart")},
    }  # fmt: skip
    said = {}
    for name, ask in exits.items():
        try:
            said[name] = str(ask())
        except ResetOrError as error:
            said[name] = f"{error.code} {error.details}"
    return said


def test_no_view_tells_a_blinded_person_and_every_one_tells_afterwards(site: Site, tmp_path: Path) -> None:
    workspace = site.workspace
    workspace.unlock("li", password_of("li"))
    for name, said in _views(workspace, site.case, tmp_path).items():
        assert leaks(said) == [], name
    # The people of the site are known to everybody; whose signature stands on the case is not.
    assert workspace.do(cases.case_view, case=site.case).signatures == ()
    own_readings(workspace, site.case)
    for name, said in _views(workspace, site.case, tmp_path).items():
        assert leaks(said) == [], name
    sign(workspace, site.case, "measured", "li", step="specimen")
    after = _views(workspace, site.case, tmp_path)
    for name in ("case_view", "read_back record"):
        assert {"173", "111", "reduced"} <= seen_when_open(after[name]), name
    assert {str(MARK_MM), str(PATH[0][0]), PLANTED[3]} <= set(leaks(after["case_view"]))
    assert "reduced" in after["case_rows"]
    for name in (each for each in after if each.startswith("sheet")):
        assert {"17.3", "11.1"} <= seen_when_open(after[name]), name
    assert "Li Wei" in after["sheet en research"]


def test_a_new_reading_blinds_again_until_it_is_signed(site: Site, tmp_path: Path) -> None:
    """Blinding stands on the own readings, each of them: the next one is made unseen too."""
    workspace = site.workspace
    workspace.unlock("li", password_of("li"))
    own_readings(workspace, site.case)
    sign(workspace, site.case, "measured", "li", step="specimen")
    assert workspace.do(cases.case_view, case=site.case).blinded is False
    workspace.do(
        readings.record_reading, case=site.case, end="distal", value_mm=22, entered="2.2",
        state="fixed_unpinned", method="rigid_ruler_ex_vivo",
    )  # fmt: skip
    assert leaks(str(workspace.do(cases.case_view, case=site.case).readings)) == []


def test_a_blinded_person_may_not_confirm_what_is_not_shown(site: Site) -> None:
    workspace = site.workspace
    workspace.unlock("li", password_of("li"))
    with pytest.raises(UserFixable, match="blinded_may_not_confirm"):
        sign(workspace, site.case, "confirmed", "li")


def test_errors_tell_nothing(site: Site) -> None:
    """Refusals carry details; none of them may carry a value of somebody else."""
    workspace = site.workspace
    workspace.unlock("li", password_of("li"))
    open_view_of = {s.rec for s in workspace.context.store.records(form="reading")}
    for reading in open_view_of:
        for act, more in (
            (readings.change_reading, {"value_mm": 50, "entered": "5"}),
            (readings.undo_reading, {}),
            (readings.set_reason, {"reason": "other", "note": "x"}),
        ):
            with pytest.raises(ResetOrError) as caught:
                workspace.do(act, reading=reading, **more)
            assert leaks(str(caught.value.details)) == []
