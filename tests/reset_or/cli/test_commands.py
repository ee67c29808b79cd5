"""The command line as scripts use it: exit codes, one JSON object, secrets by file only, help."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import restart
from reset_or.actions.servers import keep_server
from reset_or.base.boot import SystemBoot
from reset_or.base.files import write_atomic
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.base.words import LANGUAGES
from reset_or.cli.main import COMMANDS, _named, main
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.store.lock import FolderLock
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of

ROOT = Path(__file__).parents[3]
SUBJECT = "03-0147"


@dataclass
class Terminal:
    """Runs commands in this process on one installation without a keyring."""

    home: Path
    files: dict[str, Path]
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str, user: str = "wang") -> tuple[int, str, str]:
        code = main([*words, "--home", str(self.home), "--no-keyring", *self.person(user)])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str, user: str = "wang") -> tuple[int, dict[str, Any]]:
        """One object on standard output, nothing else there."""
        code, out, _ = self.run(*words, "--json", user=user)
        found = json.loads(out)
        assert isinstance(found, dict)
        return code, found

    def person(self, user: str) -> list[str]:
        return ["--user", user, "--password-file", str(self.files[user])] if user else []

    def bare(self, *words: str) -> tuple[int, str, str]:
        code = main([*words, "--home", str(self.home), "--no-keyring"])
        said = self.capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("template") / "home"
    workspace = make_workspace(place, key_store=MemoryKeyStore(trouble="none"))
    workspace.unlock("wang", password_of("wang"))
    workspace.do(keep_server, url="http://127.0.0.1:9")
    workspace.lock()
    return place


@pytest.fixture
def terminal(template: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    shutil.copytree(template, tmp_path / "home")
    files = {}
    for user in ("wang", "zhang", "chen", "li"):
        files[user] = tmp_path / f"{user}.txt"
        files[user].write_text(password_of(user) + "\n", encoding="utf-8")
    return Terminal(tmp_path / "home", files, capsys)


ADD = ("case", "add", SUBJECT, "--sex", "f", "--age", "61", "--arm", "reduced", "--rand-no", "R-1",
       "--rand-no-again", "R-1")  # fmt: skip


def reading(end: str, length: str, *more: str) -> tuple[str, ...]:
    said = ("--state", "in_vivo", "--edge", "residual_edge", "--method", "tape_intracorporeal")
    return ("reading", "add", SUBJECT, "--end", end, *said, "--length", length, *more)


def recorded(terminal: Terminal) -> None:
    for words in (ADD, reading("proximal", "5.2"), reading("distal", "3.1")):
        assert terminal.run(*words)[0] == 0


# --- the main job -------------------------------------------------------------------------------------


def test_a_pair_from_entry_to_record_by_command(terminal: Terminal, tmp_path: Path) -> None:
    recorded(terminal)
    code, said = terminal.json("sign", SUBJECT, "--readback-by", "zhang")
    assert (code, said["lifecycle"]) == (0, "signed")
    code, said = terminal.json("sign", user="zhang")
    assert [(row["subject"], row["meaning"]) for row in said["to_sign"]] == [(SUBJECT, "confirmed")]
    code, said = terminal.json("sign", SUBJECT, "--as", "confirmed", user="zhang")
    assert (code, said["lifecycle"], said["record"]["status"]) == (0, "confirmed", "of_record")
    code, said = terminal.json("verify")
    assert (code, said["bad"]) == (0, [])
    out = tmp_path / "sheet.pdf"
    code, said = terminal.json("report", SUBJECT, "--out", str(out))
    assert (code, said["bytes"]) == (0, out.stat().st_size)
    assert out.read_bytes().startswith(b"%PDF-")


def test_one_person_signs_for_another_only_with_that_person_s_secret(terminal: Terminal) -> None:
    recorded(terminal)
    assert terminal.run("sign", SUBJECT)[0] == 1  # nobody is named who confirmed aloud
    assert terminal.run("sign", SUBJECT, "--readback-by", "zhang")[0] == 0
    words = ("sign", SUBJECT, "--as", "confirmed", "--signer", "zhang")
    code, said = terminal.json(*words)
    assert (code, said["error"]) == (1, "open_wrong_password")
    code, said = terminal.json(*words, "--second-password-file", str(terminal.files["zhang"]))
    assert (code, said["record"]["status"]) == (0, "of_record")


def test_a_reading_is_changed_and_undone_by_its_id(terminal: Terminal) -> None:
    terminal.run(*ADD)
    terminal.run(*reading("proximal", "5.2"))
    _, said = terminal.json(*reading("distal", "2.6"))
    made = said["reading"]
    _, said = terminal.json("reading", "change", made, "--length", "22", "--unit", "mm")
    assert said["case"]["record"]["distal"]["total_mm"] == 22
    code, said = terminal.json("reading", "reason", made, "--why", "perfusion")
    assert code == 0
    _, said = terminal.json("reading", "undo", made)
    assert said["case"]["record"]["distal"]["total_mm"] == 26


def test_status_says_what_is_only_here(terminal: Terminal) -> None:
    terminal.run(*ADD)
    code, said = terminal.json("status")
    assert (code, said["answer"]) == (0, "safely_stored")
    assert said["only_here"] >= 1
    code, out, _ = terminal.bare("status")
    assert (code, "03" in out) == (0, True)


def test_the_receipt_of_a_shift_is_written_although_nobody_can_be_reached(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.run(*ADD)
    out = tmp_path / "shift.pdf"
    code, said = terminal.json("sync", "--receipt", str(out), "--since", "12h")
    assert (code, said["error"]) == (3, "server_unreachable")
    assert out.read_bytes().startswith(b"%PDF-")
    receipt = said["receipt"]
    assert (receipt["complete"], receipt["only_here"]) == (False, said["status"]["only_here"])
    assert SUBJECT in {line["subject"] for line in receipt["here"]}
    assert receipt["at_centre"] == []


def test_the_restart_test_is_shown_and_waived_by_a_named_person(terminal: Terminal) -> None:
    assert json.loads(terminal.bare("doctor", "--json")[1])["reboot_test"] == "not_asked"
    workspace = Workspace(terminal.home, lanes=InlineLanes(), key_store=MemoryKeyStore(trouble="none"))
    workspace.unlock("wang", password_of("wang"))
    with workspace.context.store.transaction() as unit:
        restart.mark(unit, workspace.home, SystemBoot())
    workspace.lock()
    code, out, _ = terminal.bare("doctor", "--json")
    assert (code, json.loads(out)["reboot_test"]) == (3, "pending")
    code, said = terminal.json(*ADD)
    assert (code, said["error"]) == (1, "reboot_test_pending")
    code, out, _ = terminal.run("status")
    assert "doctor --skip-reboot-test" in out
    code, said = terminal.json("doctor", "--skip-reboot-test")
    assert said["reboot_test"] == "waived"
    assert terminal.run(*ADD)[0] == 0


def test_import_tells_of_every_row_and_ends_with_one_if_any_was_refused(
    terminal: Terminal, tmp_path: Path
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("kind,subject,sex\ncase,03-0001,f\ncase,3,f\n", encoding="utf-8")
    code, said = terminal.json("import", str(table))
    assert (code, said["refused"], [row["code"] for row in said["rows"]]) == (1, 1, ["", "subject_pattern"])
    table.write_text("kind,subject,sex\ncase,03-0002,f\n", encoding="utf-8")
    assert terminal.run("import", str(table))[0] == 0


# --- exit codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("case", "show", "03-9999"), "case_unknown"),
        (("case", "add", "3-1"), "subject_pattern"),
        (reading("distal", "3.1"), "case_unknown"),
        (("import", "absent.csv"), "csv_not_found"),
        (("reading", "undo", "0" * 32), ""),
    ],
)
def test_a_refusal_is_one_with_a_code_and_advice(
    words: tuple[str, ...], code: str, terminal: Terminal
) -> None:
    for language in LANGUAGES:
        found, said = terminal.json(*words, "--language", language)
        assert (found, said["error"]) == (1, code or said["error"])
        assert said["title"]
        assert said["advice"]


def test_refusals_of_people_are_one_too(terminal: Terminal) -> None:
    terminal.run(*ADD)
    assert terminal.json(*ADD)[0] == 1
    code, said = terminal.json(*reading("distal", "2.6"), user="li")
    assert (code, said["error"]) == (1, "role_may_not")
    assert terminal.json(*reading("distal", "0.5"))[1]["error"] == "type_again"
    assert terminal.json(*reading("distal", "0.5", "--retyped"))[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("case",), ("case", "show"), ("case", "add", SUBJECT, "--sex", "other"), ("case", "list", "--no"),
        ("reading", "add", SUBJECT, "--end", "distal"), ("check", "--arm", "reduced", "--unit", "inch"),
        ("report", SUBJECT), ("sign", SUBJECT, "--as", "approved"), ("enrol",), ("centre",),
    ],
)  # fmt: skip
def test_wrong_usage_is_two_and_says_how(words: tuple[str, ...], terminal: Terminal) -> None:
    code, out, err = terminal.bare(*words)
    assert (code, out) == (2, "")
    assert err.strip()
    assert "Traceback" not in err


def test_who_acts_must_be_said_where_several_people_work(terminal: Terminal) -> None:
    code, _, err = terminal.bare("case", "list")
    assert code == 2
    assert "user_needed" in err


def test_the_environment_is_three(terminal: Terminal, tmp_path: Path) -> None:
    code, said = terminal.json("sync")  # nobody listens on the port of this installation's server
    assert code == 3
    lock = FolderLock(Home(terminal.home).lock)
    lock.take()
    try:
        code, said = terminal.json("case", "list")
        assert (code, said["error"]) == (3, "open_in_use")
        assert terminal.bare("status")[0] == 0  # status works without the store
        assert terminal.bare("doctor")[0] in (0, 3)
    finally:
        lock.release()
    assert terminal.json("case", "list")[0] == 0


def test_broken_trust_is_four(terminal: Terminal) -> None:
    home = Home(terminal.home)
    database = bytearray(home.database.read_bytes())
    database[5000:5064] = bytes(64)
    write_atomic(home.database, bytes(database))
    code, said = terminal.json("case", "list")
    assert (code, said["error"]) == (4, "open_db_damaged")


def test_an_empty_folder_is_no_installation_and_stays_empty(terminal: Terminal, tmp_path: Path) -> None:
    terminal.home = tmp_path / "nothing"
    code, said = terminal.json("case", "list")
    assert code in (1, 3)
    assert said["error"] == "open_no_data"
    assert not terminal.home.exists() or not any(terminal.home.iterdir())


# --- secrets ------------------------------------------------------------------------------------------


def test_secrets_come_by_file_or_prompt_and_by_no_other_way(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PASSWORD", "RESET_OR_PASSWORD", "RO_PASSWORD"):
        monkeypatch.setenv(name, password_of("wang"))
    monkeypatch.setattr("sys.stdin", io.StringIO(password_of("wang")))
    code, _, err = terminal.bare("case", "list", "--user", "wang")
    assert (code, "secret_needs_file" in err) == (2, True)
    for option in ("--password", "--pass", "--pin"):
        assert terminal.bare("case", "list", "--user", "wang", option, password_of("wang"))[0] == 2
    wrong = tmp_path / "wrong.txt"
    for content, code_said in (("not it at all\n", "open_wrong_password"), ("", "secret_file_empty")):
        wrong.write_text(content, encoding="utf-8")
        terminal.files["wang"] = wrong
        code, said = terminal.json("case", "list")
        assert (code, said["error"]) == (1, code_said)
        assert "not it at all" not in json.dumps(said)
    terminal.files["wang"] = tmp_path / "absent.txt"
    assert terminal.json("case", "list")[1]["error"] == "secret_file_unreadable"


def test_a_password_file_may_have_a_byte_order_mark_and_further_lines(terminal: Terminal) -> None:
    terminal.files["wang"].write_bytes(b"\xef\xbb\xbf" + password_of("wang").encode() + b"\r\nnotes\r\n")
    assert terminal.json("case", "list")[0] == 0


# --- help and start -----------------------------------------------------------------------------------


def test_help_names_every_command_and_explains_each(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in said] == []
    for name in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        said = capsys.readouterr().out
        assert all(option in said for option in ("--json", "--language")), name
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("RESET-OR ")


def test_no_option_takes_a_secret_by_argument(capsys: pytest.CaptureFixture[str]) -> None:
    from reset_or.cli.main import build_parser

    def options(parser: Any) -> list[str]:
        found = [option for action in parser._actions for option in action.option_strings]
        for action in parser._actions:
            if hasattr(action, "choices") and isinstance(action.choices, dict):
                found += [each for sub in action.choices.values() for each in options(sub)]
        return found

    secret = [each for each in options(build_parser()) if any(w in each for w in ("pass", "secret", "pin"))]
    assert secret
    assert [each for each in secret if not each.endswith("-file")] == []


@pytest.mark.parametrize("where", ["before", "after"])
def test_common_options_are_understood_before_and_after_the_command(where: str, terminal: Terminal) -> None:
    common = ["--home", str(terminal.home), "--json", "--no-keyring"]
    words = ["case", "list", *terminal.person("wang")]
    assert main([*common, *words] if where == "before" else [*words, *common]) == 0
    assert json.loads(terminal.capsys.readouterr().out) == {"cases": []}


def _process(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(place)}
    command = [sys.executable, "-X", "importtime", "-m", "reset_or.cli.main", *words]
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)


def test_check_runs_from_an_empty_folder_and_leaves_it_empty(tmp_path: Path) -> None:
    done = _process(tmp_path, "check", "--arm", "reduced", "--proximal", "5.2", "--distal", "3.1", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["case_verdict"] == "within_protocol"
    assert list(tmp_path.iterdir()) == []
    for heavy in ("sqlalchemy", "PySide6", "cryptography", "httpx", "pyrage", "PIL"):
        assert f"| {heavy}" not in done.stderr.replace("|   ", "| ").replace("|  ", "| "), heavy
    done = _process(tmp_path, "check", "--arm", "reduced", "--proximal", "5.2", "--distal", "-3", "--json")
    assert (done.returncode, json.loads(done.stdout)["queries"]) == (1, ["negative"])
    done = _process(tmp_path, "check", "--arm", "sideways")
    assert (done.returncode, done.stdout) == (2, "")
    done = _process(tmp_path, "nonsense", "--help")
    assert done.returncode in (0, 2)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_may_have_the_name_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    pair = ["check", "--arm", "reduced", "--proximal", "5", "--distal", "3", "--json"]
    assert main(["--home", "sync", *pair]) == 0
    assert json.loads(capsys.readouterr().out)["case_verdict"] == "within_protocol"


def test_an_unknown_command_is_wrong_usage_and_opens_no_window(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frobnicate", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "wrong_usage"


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EROFS, "folder_not_writable"), (errno.EIO, "disk_trouble")],
)
def test_a_disk_that_refuses_has_a_name(number: int, code: str) -> None:
    assert (_named(OSError(number, "x")).code, _named(OSError(number, "x")).exit_code) == (code, 3)


def test_without_a_screen_the_application_says_so(tmp_path: Path) -> None:
    screens = ("DISPLAY", "WAYLAND", "QT_")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(screens)}
    done = subprocess.run(
        [sys.executable, "-m", "reset_or.cli", "--home", str(tmp_path / "home")],
        env=bare, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "no_display" in done.stderr
    assert not (tmp_path / "home").exists()
