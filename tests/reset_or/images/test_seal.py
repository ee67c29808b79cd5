"""Sealing: what is on the disk opens for its recipients only, whole, or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
from pathlib import Path

import pyrage
import pytest

from reset_or.base.errors import EnvironmentTrouble, OurBug, TrustBroken
from reset_or.images import seal
from reset_or.images.seal import blob_path, drop_photo, named, open_photo, seal_photo, sweep

SITE, CENTRE, STRANGER = (pyrage.x25519.Identity.generate() for _ in range(3))
TO = [str(SITE.to_public()), str(CENTRE.to_public())]
PHOTO = bytes(range(256)) * 1500


def files(folder: Path) -> list[Path]:
    """Without the empty ones that say of another that no record names it yet."""
    return [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


def test_each_recipient_opens_it_and_the_disk_holds_ciphertext_only(tmp_path: Path) -> None:
    blob = seal_photo(PHOTO, TO, tmp_path)
    place = blob_path(tmp_path, blob.id)
    assert files(tmp_path) == [place]
    sealed = place.read_bytes()
    assert (hashlib.sha256(sealed).hexdigest(), len(sealed)) == (blob.id, blob.ct_len)
    assert PHOTO[:64] not in sealed
    for identity in (SITE, CENTRE):
        assert open_photo(place, [str(identity)], sha256=hashlib.sha256(PHOTO).hexdigest()) == PHOTO
        assert pyrage.decrypt(sealed, [identity]) == PHOTO
    with pytest.raises(TrustBroken, match="blob_not_for_us"):
        open_photo(place, [str(STRANGER)])


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b + b"x", lambda b: b"", lambda b: b[:70_000]]
)
def test_damage_on_the_disk_is_broken_trust(tmp_path: Path, damage: object) -> None:
    blob = seal_photo(PHOTO, TO, tmp_path)
    place = blob_path(tmp_path, blob.id)
    damaged = damage(place.read_bytes())
    place.write_bytes(damaged)
    with pytest.raises(TrustBroken, match="blob_damaged"):
        open_photo(place, [str(SITE)])
    # the same bytes under the name that fits them: age itself must notice
    renamed = place.with_name(hashlib.sha256(damaged).hexdigest())
    place.rename(renamed)
    with pytest.raises(TrustBroken, match="blob_damaged"):
        open_photo(renamed, [str(SITE)])


def test_a_flipped_bit_in_a_late_block_gives_no_earlier_block(tmp_path: Path) -> None:
    blob = seal_photo(PHOTO, TO, tmp_path)
    sealed = bytearray(blob_path(tmp_path, blob.id).read_bytes())
    sealed[-100] ^= 1
    with pytest.raises(TrustBroken, match="blob_damaged"):
        seal.open_sealed(bytes(sealed), [str(SITE)])


def test_another_photo_under_this_revision_is_noticed(tmp_path: Path) -> None:
    blob = seal_photo(PHOTO, TO, tmp_path)
    with pytest.raises(TrustBroken, match="blob_other_photo"):
        open_photo(blob_path(tmp_path, blob.id), [str(SITE)], sha256="0" * 64)


def test_a_missing_blob_and_a_link_in_its_place(tmp_path: Path) -> None:
    place = tmp_path / ("a" * 64)
    with pytest.raises(EnvironmentTrouble, match="blob_missing"):
        open_photo(place, [str(SITE)])
    place.symlink_to(tmp_path / "elsewhere")
    with pytest.raises((TrustBroken, EnvironmentTrouble)):
        open_photo(place, [str(SITE)])


def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FullDisk(io.RawIOBase):
        def __init__(self, inner: io.RawIOBase, room: int) -> None:
            self.inner, self.room = inner, room

        def write(self, data: bytes) -> int:
            if self.room < len(data):
                raise OSError(errno.ENOSPC, "No space left on device")
            self.room -= len(data)
            return self.inner.write(data)

        def fileno(self) -> int:
            return self.inner.fileno()

        def __exit__(self, *args: object) -> None:
            self.inner.close()

    opened = seal.os.fdopen
    for size, room in ((50, 0), (50, 10), (len(PHOTO), 100_000), (len(PHOTO), len(PHOTO))):
        monkeypatch.setattr(seal.os, "fdopen", lambda *a, room=room, **o: FullDisk(opened(*a, **o), room))
        with pytest.raises(EnvironmentTrouble, match="disk_full"):
            seal_photo(PHOTO[:size], TO, tmp_path)
        assert files(tmp_path) == []


def test_short_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Dribble(io.RawIOBase):
        def __init__(self, inner: io.RawIOBase) -> None:
            self.inner = inner

        def write(self, data: bytes) -> int:
            return self.inner.write(bytes(data[:1000]))

        def fileno(self) -> int:
            return self.inner.fileno()

        def __exit__(self, *args: object) -> None:
            self.inner.close()

    opened = seal.os.fdopen
    with monkeypatch.context() as patch:
        patch.setattr(seal.os, "fdopen", lambda *a, **o: Dribble(opened(*a, **o)))
        blob = seal_photo(PHOTO, TO, tmp_path)
    assert open_photo(blob_path(tmp_path, blob.id), [str(SITE)]) == PHOTO


def test_sealing_for_nobody_is_refused_before_a_file_exists(tmp_path: Path) -> None:
    for recipients in ([], ["age1nonsense"]):
        with pytest.raises(OurBug):
            seal_photo(PHOTO, recipients, tmp_path)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "a" * 63, ""])
def test_only_hashes_become_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(OurBug, match="blob_id"):
        blob_path(tmp_path, name)


def test_leftovers_of_a_power_cut_are_swept(tmp_path: Path) -> None:
    blob = seal_photo(PHOTO, TO, tmp_path)
    (tmp_path / ("0" * 32 + seal.PART)).write_bytes(b"half")
    named(tmp_path, blob.id)
    assert sweep(tmp_path, lambda _blob: False) == 1
    assert files(tmp_path) == [blob_path(tmp_path, blob.id)]
    assert sweep(tmp_path / "never made", lambda _blob: False) == 0


def test_a_file_that_no_record_came_to_name_is_swept_and_one_that_is_named_stays(tmp_path: Path) -> None:
    """Sealed, and then the power went: before the record was written, and after it."""
    before, after = seal_photo(PHOTO, TO, tmp_path), seal_photo(PHOTO, TO, tmp_path)
    assert sweep(tmp_path, {after.id}.__contains__) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [blob_path(tmp_path, after.id)]
    assert sweep(tmp_path, {before.id}.__contains__) == 0


def test_what_is_dropped_leaves_nothing(tmp_path: Path) -> None:
    drop_photo(tmp_path, seal_photo(PHOTO, TO, tmp_path).id)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
