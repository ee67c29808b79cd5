"""A photograph is sealed beside the store: three steps, of which only short ones hold its lane."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import photos, stills
from reset_or.base.errors import UserFixable
from reset_or.base.lanes import Cancelled, CancelToken
from reset_or.images import seal
from reset_or.images.intake import TakenPhoto, take_in
from tests.fakes.workstations import Ground, Station, register
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make


@pytest.fixture
def surgeon(ground: Ground) -> Station:
    return ground.workstations(["zhang"])[0]


@pytest.fixture
def case(surgeon: Station) -> str:
    return register(surgeon, "03-0001")


@pytest.fixture(scope="module")
def taken() -> TakenPhoto:
    return take_in(make.jpeg())


def files(station: Station) -> list[Path]:
    return [path for path in station.home.blobs.rglob("*") if path.is_file()]


def sealed(station: Station, case: str, taken: TakenPhoto, **said: Any) -> photos.Sealed:
    prepared = station.workspace.do(photos.prepare_photo, case=case, taken=taken, **said)
    return photos.seal_prepared(prepared)


def test_the_steps_on_the_store_write_no_file_and_encrypt_nothing(
    surgeon: Station, case: str, taken: TakenPhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    do = surgeon.workspace.do
    with monkeypatch.context() as patch:
        patch.setattr(seal, "seal_photo", None)
        prepared = do(photos.prepare_photo, case=case, taken=taken, state="fresh_pinned")
        assert files(surgeon) == []
    made = photos.seal_prepared(prepared)
    with monkeypatch.context() as patch:
        patch.setattr(seal, "seal_photo", None)
        saved = do(photos.record_photo, sealed=made)
    assert files(surgeon) == [seal.blob_path(surgeon.home.blobs, made.blob.id)]
    assert photos.open_photo(surgeon.ctx, photo=saved.rec)[0] == taken.data


def test_a_crash_between_file_and_record_leaves_nothing(
    surgeon: Station, case: str, taken: TakenPhoto
) -> None:
    sealed(surgeon, case, taken)
    surgeon.reopen()
    assert files(surgeon) == []
    rec = surgeon.workspace.do(photos.attach_photo, case=case, taken=taken).rec
    assert photos.open_photo(surgeon.ctx, photo=rec)[0] == taken.data


def test_a_crash_between_record_and_its_last_mark_keeps_the_photograph(
    surgeon: Station, case: str, taken: TakenPhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sealed(surgeon, case, taken)
    monkeypatch.setattr(seal, "named", lambda *_: None)
    rec = surgeon.workspace.do(photos.record_photo, sealed=made).rec
    assert len(files(surgeon)) == 2
    surgeon.reopen()
    assert files(surgeon) == [seal.blob_path(surgeon.home.blobs, made.blob.id)]
    assert photos.open_photo(surgeon.ctx, photo=rec)[0] == taken.data


def test_the_same_photograph_that_came_in_between_is_refused_and_its_file_goes(
    surgeon: Station, case: str, taken: TakenPhoto
) -> None:
    first, second = sealed(surgeon, case, taken), sealed(surgeon, case, taken)
    surgeon.workspace.do(photos.record_photo, sealed=first)
    with pytest.raises(UserFixable, match="photo_already_there"):
        surgeon.workspace.do(photos.record_photo, sealed=second)
    assert files(surgeon) == [seal.blob_path(surgeon.home.blobs, first.blob.id)]


def test_a_stop_before_sealing_leaves_no_file(surgeon: Station, case: str, taken: TakenPhoto) -> None:
    prepared = surgeon.workspace.do(photos.prepare_photo, case=case, taken=taken)
    stop = CancelToken()
    stop.cancel()
    with pytest.raises(Cancelled):
        photos.seal_prepared(prepared, stop)
    assert files(surgeon) == []


def test_a_still_is_decoded_and_sealed_beside_the_store_and_once(surgeon: Station, case: str) -> None:
    asked: list[str] = []

    def do(action: Any, **said: Any) -> Any:
        asked.append(action.__name__)
        return surgeon.workspace.do(action, **said)

    still = foreign.as_bytes(foreign.tower_still())
    boxes = stills.Boxes(only=case)
    kept = stills.keep_still(do, still, boxes=boxes, state="in_vivo")
    assert asked == ["_already", "_box", "prepare_photo", "_record"]
    assert (kept.specimen, kept.new) == (case, True)
    again = stills.keep_still(do, still, boxes=boxes)
    assert (again.photo, again.specimen, again.new) == (kept.photo, case, False)
    assert asked[4:] == ["_already"], "sent again: not even decoded"
    rec = kept.photo
    assert photos.open_photo(surgeon.ctx, photo=rec)[1] == "image/jpeg"
