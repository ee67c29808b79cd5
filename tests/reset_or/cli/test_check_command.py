"""`reset-or check` through its parser: exit codes, the printed object, words in both languages."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from reset_or.base.errors import UsageError, UserFixable
from reset_or.base.words import LANGUAGES
from reset_or.cli import check

DATA = Path(__file__).parents[2] / "data"


def _run(*words: str, language: str = "en") -> int:
    parser = argparse.ArgumentParser()
    check.add_parser(parser.add_subparsers())
    args = parser.parse_args(["check", *words])
    args.language = language
    return check.run(args)


def test_judged_pair_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--arm", "reduced", "--proximal", "5.2", "--distal", "3.1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["case_verdict"], found["status"]) == ("within_protocol", "of_record")


@pytest.mark.parametrize("typed", ["-3.1", "-3,1", "-3", "-.5"])
def test_a_negative_length_is_refused_by_name_and_still_printed(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("--arm", "reduced", "--proximal", "5.2", "--distal", typed, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["queries"], found["distal"]["entered"]) == (["negative"], typed)


def test_states_and_unit(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--arm", "reduced", "--proximal", "43", "--distal", "31", "--unit", "mm", "--json"]
    assert _run(*words, "--state", "fresh_unpinned", "--distal-state", "in_vivo") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["proximal"]["state"], found["distal"]["state"]) == ("fresh_unpinned", "in_vivo")
    assert (found["proximal"]["in_vivo_mm"], found["distal"]["in_vivo_mm"]) == (51, 31)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--arm", "short", "--proximal", "5"], "unknown_arm"),
        (["--arm", "to_follow", "--proximal", "5"], "unknown_arm"),
        (["--arm", "reduced", "--proximal", "5", "--state", "boiled"], "unknown_state"),
        (["--arm", "reduced", "--proximal", "5", "--distal-state", ""], "unknown_state"),
        (["--arm", "reduced", "--proximal", "5", "--unit", "inch"], "unknown_unit"),
        (["--proximal", "5"], "check_needs_arm"),
        (["--csv", "x.csv", "--arm", "reduced"], "check_csv_alone"),
    ],
)
def test_wrong_usage_is_named(words: list[str], code: str) -> None:
    with pytest.raises(UsageError) as caught:
        _run(*words)
    assert (caught.value.code, caught.value.exit_code) == (code, 2)


def test_table_is_one_object_with_every_row(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert _run("--csv", str(DATA / "verdicts.csv"), "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 24
    mixed = tmp_path / "mixed.csv"
    mixed.write_text("arm,state,proximal_cm,distal_cm\nreduced,in_vivo,0,3\nreduced,in_vivo,5,3\n")
    assert _run("--csv", str(mixed), "--json") == 1
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["status"] for row in rows] == ["no_verdict", "of_record"]


@pytest.mark.parametrize("name", ["absent.csv", "."])
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserFixable) as caught:
        _run("--csv", str(tmp_path / name))
    assert caught.value.code in ("csv_not_found", "csv_not_readable")
    assert caught.value.exit_code == 1


@pytest.mark.text
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_for_people(language: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text(
        "arm,state,proximal_cm,distal_cm\n"
        "reduced,fixed_unpinned,3.9,1.2\n"
        "reduced,in_vivo,5.0,\n"
        "reduced,in_vivo,\x1b[31m,3\n"
        "nobody,in_vivo,5,3\n"
        "reduced,jar,5,3\n"
    )
    assert _run("--csv", str(table), language=language) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "{" not in out
    wanted = {
        "en": [
            "Row 5",
            "3.9 cm",
            "in vivo about 6.5 cm (5.6 to 7.8)",
            "Not decisive",
            "safety line",
            "neither",
        ],
        "zh": [
            "第 5 行",
            "3.9 厘米",
            "推算在体约 6.5 厘米（5.6 至 7.8）",
            "不能判定",
            "研究安全提示线",
            "既不是",
        ],
    }
    assert [part for part in wanted[language] if part not in out] == []
