"""What a pathologist may not see, at every exit: commands, views, reports; and that it is there afterwards.

A surgeon's unusual lengths, a name for each free text, the arm in every writing: none of it may appear in
anything a blinded person is given. The gate is one function, but the exits are many; this test knows exits,
not the gate.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reset_or.actions import cases, ledger, photos, readings, report, signing
from reset_or.actions.context import Secret
from reset_or.actions.verifying import verify_store
from reset_or.base.clock import ManualClock
from reset_or.base.errors import ResetOrError, UserFixable
from reset_or.base.lanes import InlineLanes
from reset_or.base.words import LANGUAGES, Language
from reset_or.cli.main import main
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.record.codebook import codes, label
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of

SUBJECT = "03-0147"
NOW_AT = 1_795_415_520_000
PROXIMAL_MM, DISTAL_MM = 173, 111
PLANTED = ("R-7788", "KESTREL", "OSPREY")
_HARMLESS_VERDICTS = {"incomplete", "not_entered", "not_applicable", "no_verdict", "not_measured"}


def _numbers(*lengths_mm: int) -> list[str]:
    return [text for mm in lengths_mm for text in (str(mm), f"{mm / 10:.1f}")]


def forbidden() -> list[re.Pattern[str]]:
    """Arm, verdict, planted words and lengths, each as a whole word in codes and both languages."""
    words = [*PLANTED, *_numbers(PROXIMAL_MM, DISTAL_MM), "conv-like", "red-like"]
    for code in ("reduced", "conventional"):
        words += [code, *(label("arm", code, language) for language in LANGUAGES)]
    words += ["常规", "缩小"]
    for code in sorted(set(codes("verdict")) - _HARMLESS_VERDICTS):
        words += [code, *(label("verdict", code, language) for language in LANGUAGES)]
    for code in codes("safety"):
        words += [code, *(label("safety", code, language) for language in LANGUAGES)]
    words += ["target_mm", "range_low_mm", "tolerance_low_mm"]
    found = []
    for word in sorted(set(words)):
        edge = r"[0-9A-Za-z.]" if word.isascii() else r"(?!)"
        found.append(
            re.compile(rf"(?<!{edge}){re.escape(word)}(?!{edge})" if word.isascii() else re.escape(word))
        )
    return found


FORBIDDEN = forbidden()


def leaks(said: str) -> list[str]:
    return sorted({found.group() for pattern in FORBIDDEN for found in pattern.finditer(said)})


def seen_when_open(said: str) -> set[str]:
    """What must be there once nothing is withheld any more, so that the test cannot pass on empty output."""
    return {word for word in (*_numbers(PROXIMAL_MM, DISTAL_MM), "reduced", label("arm", "reduced", "en"),
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
    """A case of the reduced arm, measured in vivo, read back, signed and confirmed, its specimen out."""
    tmp_path = tmp_path_factory.mktemp("blinding")
    workspace = make_workspace(
        tmp_path / "home", key_store=MemoryKeyStore(trouble="none"), clock=ManualClock(at=NOW_AT)
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
    picture = tmp_path / "picture.jpg"
    Image.new("RGB", (64, 48), "red").save(picture)
    workspace.do(photos.attach_photo, case=case, path=picture, state="in_vivo", caption=PLANTED[2])
    _sign(workspace, case, "recorded", "wang", readback_by="zhang")
    workspace.unlock("zhang", password_of("zhang"))
    _sign(workspace, case, "confirmed", "zhang")
    workspace.do(cases.mark_removed, case=case)
    workspace.lock()
    return tmp_path / "home", case


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


def _sign(workspace: Workspace, case: str, meaning: str, user: str, **more: str) -> None:
    secret = Secret("password", password_of(user))
    workspace.do(signing.sign, case=case, meaning=meaning, signer=user, secret=secret, **more)


def _own_readings(workspace: Workspace, case: str) -> None:
    for end, mm in (("proximal", 44), ("distal", 26)):
        workspace.do(
            readings.record_reading, case=case, end=end, value_mm=mm, entered=f"{mm / 10}",
            state="fresh_unpinned", method="rigid_ruler_ex_vivo",
        )  # fmt: skip


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
    _own_readings(workspace, site.case)
    for name, said in _views(workspace, site.case, tmp_path).items():
        assert leaks(said) == [], name
    _sign(workspace, site.case, "measured", "li", step="specimen")
    after = _views(workspace, site.case, tmp_path)
    for name in ("case_view", "read_back record"):
        assert {"173", "111", "reduced"} <= seen_when_open(after[name]), name
    assert "reduced" in after["case_rows"]
    for name in (each for each in after if each.startswith("sheet")):
        assert {"17.3", "11.1"} <= seen_when_open(after[name]), name
    assert "Li Wei" in after["sheet en research"]


def test_a_new_reading_blinds_again_until_it_is_signed(site: Site, tmp_path: Path) -> None:
    """Blinding stands on the own readings, each of them: the next one is made unseen too."""
    workspace = site.workspace
    workspace.unlock("li", password_of("li"))
    _own_readings(workspace, site.case)
    _sign(workspace, site.case, "measured", "li", step="specimen")
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
        _sign(workspace, site.case, "confirmed", "li")


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
