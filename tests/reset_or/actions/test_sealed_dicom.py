"""What lies sealed: DICOM around an upright JPEG, the picture itself otherwise; old files open for ever."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from PIL import Image

from reset_or.actions.installation import identities
from reset_or.actions.photos import attach_photo, find_photo, open_photo, photo_preview, unseal
from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.base.ids import sha256_hex
from reset_or.images import seal
from reset_or.images.intake import TakenPhoto, take_in
from tests.fakes.workstations import Ground, Station, register
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import complaints


@pytest.fixture
def surgeon(ground: Ground) -> Station:
    return ground.workstations(["zhang"])[0]


def sealed_file(station: Station, rec: str) -> bytes:
    row = next(each for each in station.ctx.store.blobs() if each.rec == rec)
    path = seal.blob_path(station.home.blobs, row.id)
    return seal.open_photo(path, identities(station.ctx.store, station.ctx.site))


def attached(station: Station, case: str, taken: TakenPhoto, state: str = "") -> str:
    return station.workspace.do(attach_photo, case=case, taken=taken, state=state).rec


def test_an_upright_jpeg_lies_in_dicom_and_comes_out_as_it_went_in(surgeon: Station, tmp_path: Path) -> None:
    case = register(surgeon, "03-0001")
    camera = make.jpeg(exif=make.exif_of(taken="2026:11:23 10:59:01", zone="+08:00"))
    taken = take_in(camera)
    rec = attached(surgeon, case, taken, "fresh_pinned")
    data = sealed_file(surgeon, rec)
    assert complaints(data, tmp_path) == []
    read = pydicom.dcmread(io.BytesIO(data))
    assert (read.PatientID, read.ClinicalTrialProtocolID) == ("03-0001", "NCT07038122")
    assert (read.ContentDate, read.ContentTime[:6], read.TimezoneOffsetFromUTC) == (
        "20261123",
        "105901",
        "+0800",
    )
    assert "离体新鲜" in read.SeriesDescription
    assert open_photo(surgeon.ctx, photo=rec) == (taken.data, "image/jpeg", 1)
    shown = photo_preview(surgeon.ctx, photo=rec, max_side=500)
    with Image.open(io.BytesIO(camera)) as image:
        assert (shown.w, shown.h, shown.rgb) == (*image.size, image.convert("RGB").tobytes())


def test_the_store_is_not_needed_to_open_a_photo_that_was_found(surgeon: Station) -> None:
    """Opening 20 MB takes long: the store's lane only finds, and touches the sealed file not at all."""
    rec = attached(surgeon, register(surgeon, "03-0001"), take_in(make.jpeg()))
    found = surgeon.workspace.do(find_photo, photo=rec)
    assert unseal(found) == open_photo(surgeon.ctx, photo=rec)
    assert "AGE-SECRET" not in repr(found)
    found.path.write_bytes(b"something else")
    assert surgeon.workspace.do(find_photo, photo=rec) == found
    with pytest.raises(TrustBroken, match="blob_damaged"):
        unseal(found)
    found.path.unlink()
    assert surgeon.workspace.do(find_photo, photo=rec) == found
    with pytest.raises(TrustBroken, match="blob_vanished"):
        unseal(found)


def test_what_the_record_says_is_of_the_sealed_file(surgeon: Station) -> None:
    case = register(surgeon, "03-0001")
    taken = take_in(make.jpeg())
    rec = attached(surgeon, case, taken)
    data = sealed_file(surgeon, rec)
    blob = surgeon.ctx.store.revisions(rec)[0].read().revision.blobs[0]
    assert (blob.mime, blob.len, blob.sha256) == ("application/dicom", len(data), sha256_hex(data))
    assert (blob.w, blob.h, blob.turn, blob.camera_sha256) == (96, 64, 1, taken.camera_sha256)


@pytest.mark.parametrize(
    "camera",
    [
        make.jpeg(exif=make.exif_of(turn=6)),
        make.jpeg(progressive=True),
        make.saved(make.colourful(), "JPEG", keep_rgb=True),
        make.png(),
    ],
    ids=["turned", "progressive", "coded as RGB", "PNG"],
)
def test_what_may_not_stand_in_dicom_is_sealed_as_it_is(surgeon: Station, camera: bytes) -> None:
    case = register(surgeon, "03-0001")
    taken = take_in(camera)
    rec = attached(surgeon, case, taken)
    assert sealed_file(surgeon, rec) == taken.data
    assert open_photo(surgeon.ctx, photo=rec) == (taken.data, taken.mime, taken.turn)


def test_the_same_file_is_the_same_photograph(surgeon: Station) -> None:
    case = register(surgeon, "03-0001")
    taken = take_in(make.jpeg())
    attached(surgeon, case, taken)
    with pytest.raises(UserFixable, match="photo_already_there"):
        attached(surgeon, case, replace(taken, data=taken.data + b"\0"), "fresh_pinned")
    other = register(surgeon, "03-0002")
    attached(surgeon, other, taken)


def test_a_file_too_large_for_the_server_is_refused_before_it_is_sealed(
    surgeon: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = register(surgeon, "03-0001")
    monkeypatch.setattr("reset_or.actions.photos.MAX_SEALED", 1000)
    with pytest.raises(UserFixable, match="photo_file_too_large"):
        attached(surgeon, case, take_in(make.jpeg()))
    assert not [each for each in surgeon.home.blobs.rglob("*") if each.is_file()]
