"""Errors that cross processes, words, units, and writing files."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base import log
from reset_or.base.clock import ManualClock, local_text, utc_text, zone_text
from reset_or.base.errors import (
    EnvironmentTrouble,
    OurBug,
    ResetOrError,
    TrustBroken,
    UsageError,
    UserFixable,
)
from reset_or.base.files import write_atomic
from reset_or.base.lanes import Cancelled, CancelToken
from reset_or.base.units import cm_text, signed_cm_text
from reset_or.base.words import LANGUAGES, explain, say


@pytest.mark.parametrize(
    "kind", [UserFixable, UsageError, EnvironmentTrouble, TrustBroken, OurBug, Cancelled]
)
def test_errors_keep_their_code_and_details_across_a_process_border(kind: type[ResetOrError]) -> None:
    error = kind("disk_full", path="here", n=3)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.code, again.details, again.exit_code) == (
        kind,
        "disk_full",
        error.details,
        kind.exit_code,
    )


@pytest.mark.parametrize(
    "kind", [UserFixable, UsageError, EnvironmentTrouble, TrustBroken, OurBug, Cancelled]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_without_words_is_explained_by_its_kind(kind: type[ResetOrError], language: str) -> None:
    title, advice = explain(kind("no_such_code_anywhere"), language)  # type: ignore[arg-type]
    assert title
    assert advice


def test_an_unknown_word_is_our_bug() -> None:
    with pytest.raises(OurBug, match="unknown_word"):
        say("cli.no_such_word", "en")


def test_one_is_counted_as_one() -> None:
    assert say("cli.only_here", "en", n=1) == "1 item is only on this device"
    assert say("cli.only_here", "en", n=5) == "5 items are only on this device"


@given(st.integers(-999, 9999))
def test_a_length_reads_back(length_mm: int) -> None:
    assert round(float(cm_text(length_mm)) * 10) == length_mm
    assert signed_cm_text(length_mm)[1:] == cm_text(abs(length_mm))


def test_times_are_written_with_their_zone() -> None:
    clock = ManualClock(at=1_770_000_000_000)
    assert utc_text(clock.now_at()) == "2026-02-02T02:40:00Z"
    assert local_text(clock.now_at(), 480) == "2026-02-02 10:40"
    assert (zone_text(480), zone_text(-210)) == ("UTC+08:00", "UTC-03:30")


def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    (tmp_path / "file.tmp").symlink_to("/dev/full")
    with pytest.raises(EnvironmentTrouble, match="disk_full"):
        write_atomic(tmp_path / "file", b"x" * 10)


def test_a_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentTrouble, match="disk_trouble"):
        write_atomic(tmp_path / "file" / "below", b"x")
    assert [place.name for place in tmp_path.iterdir()] == ["file"]


def test_long_work_stops_between_steps() -> None:
    token = CancelToken()
    token.check()
    token.cancel()
    with pytest.raises(Cancelled):
        token.check()


def test_the_log_refuses_what_is_no_code(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="reset_or"):
        log.event("saved", rec="ab" * 16, n=3, name="Zhang San", value="5.2 cm")
    assert caplog.messages == [f"saved rec={'ab' * 16} n=3 name=? value=?"]
