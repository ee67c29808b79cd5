"""`reset-or sync --to | --from | --list`: from an empty folder, with words and with `--json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import cases
from reset_or.cli.main import build_parser, main
from reset_or.keys.pepper import MemoryKeyStore
from tests.fakes.site import make_workspace, password_of

Run = Any


@pytest.fixture
def reset_or(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on an installation of its own with one unsent case; (exit code, output)."""
    workspace = make_workspace(tmp_path / "home", key_store=MemoryKeyStore(trouble="none"))
    workspace.unlock("wang", password_of("wang"))
    workspace.do(cases.register_case, subject="03-0147", sex="f", age=61, arm="to_follow")
    workspace.lock()
    secret = tmp_path / "wang.txt"
    secret.write_text(password_of("wang") + "\n", encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        here = ("--home", str(tmp_path / "home"), "--no-keyring")
        code = main([*words, *here, "--user", "wang", "--password-file", str(secret)])
        return code, capsys.readouterr().out

    return run


def test_a_file_is_written_listed_and_taken_in_from_an_empty_folder(
    reset_or: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    code, out = reset_or("sync", "--to", "a.reset-or-parcel", "--json")
    said = json.loads(out)
    assert (code, said["parcel"]["file"], said["status"]["answer"]) == (
        0,
        "a.reset-or-parcel",
        "safely_stored",
    )
    assert said["parcel"]["unsent"] >= 2
    assert said["status"]["file_at"] == said["parcel"]["at"]
    assert main(["sync", "--list", "a.reset-or-parcel", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed["items"]) == said["parcel"]["unsent"]
    assert {item["kind"] for item in listed["items"]} == {"record"}
    assert main(["sync", "--list", "a.reset-or-parcel"]) == 0
    assert listed["items"][0]["id"] in capsys.readouterr().out
    assert [path.name for path in empty.iterdir()] == ["a.reset-or-parcel"], "nothing installed itself"
    code, out = reset_or("sync", "--from", "a.reset-or-parcel", "--json")
    assert (code, json.loads(out)["parcel"]["problem"], json.loads(out)["parcel"]["relayed"]) == (0, "", 0)
    code, out = reset_or("sync", "--from", "a.reset-or-parcel", "--language", "zh")
    assert (code, "本机均已具备" in out) == (0, True)
    code, out = reset_or("status")
    assert "A file to take away was written at 20" in out


def test_other_files_are_refused_by_name(reset_or: Run, tmp_path: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    for option in ("--from", "--list"):
        code, out = reset_or("sync", option, str(tmp_path / "x.pdf"), "--json")
        assert (code, json.loads(out)["error"]) == (1, "not_a_parcel")
    code, out = reset_or("sync", "--to", str(tmp_path / "no" / "folder" / "a"), "--json")
    assert (code, json.loads(out)["error"]) == (3, "file_vanished")
    assert reset_or("sync", "--to", "a", "--from", "b")[0] == 2


def test_a_torn_file_tells_what_is_missing(reset_or: Run, tmp_path: Path) -> None:
    reset_or("sync", "--to", str(tmp_path / "a"))
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "torn").write_bytes(whole[:-1])
    code, out = reset_or("sync", "--list", str(tmp_path / "torn"))
    assert code == 0
    assert "The file ends too early" in out
    code, out = reset_or("sync", "--from", str(tmp_path / "torn"), "--json")
    assert (code, json.loads(out)["error"]) == (3, "parcel_torn")


def test_every_command_on_the_page_for_sites_is_understood() -> None:
    page = (Path(__file__).parents[3] / "docs" / "offline-transfer.md").read_text(encoding="utf-8")
    found = [line.split()[1:] for line in page.splitlines() if line.startswith("reset-or ")]
    assert len(found) >= 7
    for words in found:
        args = build_parser(words).parse_args(words)
        assert (args.command, bool(args.listed or args.user)) == ("sync", True)
