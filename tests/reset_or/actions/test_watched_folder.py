"""A camera card: new files once they have come to rest, nothing twice, and a card that is pulled out."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from reset_or.actions.watched_folder import FRESH_S, WatchedFolder

NOW_S = 1_795_415_400.0


def write(path: Path, data: bytes, at_s: float = NOW_S) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at_s, at_s))
    return path


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "EOS_DIGITAL"
    (folder / "DCIM" / "100CANON").mkdir(parents=True)
    return folder


def test_earlier_pictures_and_other_files_are_not_offered(card: Path) -> None:
    write(card / "DCIM/100CANON/IMG_0001.JPG", b"old", NOW_S - FRESH_S - 60)
    write(card / "DCIM/100CANON/IMG_0002.CR3", b"raw")
    write(card / "DCIM/100CANON/._IMG_0003.JPG", b"hidden")
    today = write(card / "DCIM/100CANON/IMG_0003.JPG", b"today", NOW_S - 600)
    watched = WatchedFolder(card, NOW_S)
    assert watched.look().ready == ()
    assert watched.look().ready == (today,)


def test_a_file_that_grows_waits_until_it_rests(card: Path) -> None:
    watched = WatchedFolder(card, NOW_S)
    watched.look()
    path = write(card / "DCIM/IMG_1.JPG", b"")
    assert (watched.look(), watched.look()) == (watched.look(), watched.look()), "an empty file never rests"
    assert watched.look().growing == 1
    for size in (10, 20):
        write(path, b"x" * size, NOW_S + size)
        assert (watched.look().ready, watched.look().ready) == ((), (path,)) if size == 20 else True
    write(path, b"y" * 30, NOW_S + 30)
    assert watched.look().ready == (), "it was written again"


def test_what_was_taken_or_is_in_the_case_is_not_offered_again(card: Path) -> None:
    watched = WatchedFolder(card, NOW_S)
    watched.look()
    one, two = write(card / "1.jpg", b"one", NOW_S), write(card / "2.jpg", b"two", NOW_S + 1)
    watched.look()
    known = {hashlib.sha256(b"one").hexdigest()}
    assert watched.look(known.__contains__).ready == (two,)
    assert watched.look().ready == (one, two), "in another case it is not known"
    watched.passed((one, two))
    assert watched.look().ready == ()


def test_a_card_that_is_pulled_out_and_put_back(card: Path, tmp_path: Path) -> None:
    watched = WatchedFolder(card, NOW_S)
    watched.look()
    first = write(card / "1.jpg", b"one")
    watched.look()
    watched.passed((first,))
    card.rename(tmp_path / "pocket")
    assert watched.look().gone
    write(tmp_path / "pocket" / "2.jpg", b"two")
    (tmp_path / "pocket").rename(card)
    watched.look()
    seen = watched.look()
    assert (seen.gone, seen.ready) == (False, (card / "2.jpg",))
