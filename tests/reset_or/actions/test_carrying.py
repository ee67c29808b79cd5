"""Files instead of a network: real stores, the real server, a theatre without a way out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reset_or.actions.carrying import list_parcel, write_parcel
from reset_or.actions.photos import attach_photo
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.images.seal import blob_path
from tests.fakes.parcels import here, photograph, states, taken, written
from tests.fakes.workstations import (
    Ground,
    assert_same,
    measure,
    quiet,
    register,
)


def test_from_the_theatre_through_the_office_to_the_centre_and_back(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001")
    measure(theatre, case, "distal", 46)
    photo = theatre.workspace.do(attach_photo, case=case, taken=photograph(1)).rec
    [blob] = theatre.ctx.store.blobs()
    said = written(theatre, tmp_path / "a.reset-or-parcel")
    assert (said.unsent, said.photos, said.problem) == (theatre.ctx.store.counts().unsent, 1, "")
    assert states(theatre) == {"only_here"}, "a file is no receipt"

    got = taken(office, tmp_path / "a.reset-or-parcel")
    assert (got.relayed, got.photos, got.set_aside, got.problem) == (said.unsent, 1, 0, "")
    assert office.ctx.store.record(photo) is not None
    assert case in got.changes.cases
    measure(office, case, "proximal", 104)
    office.good_sync()
    assert blob_path(ground.folder / "server-blobs", blob.id).exists()

    written(office, tmp_path / "b.reset-or-parcel")
    back = taken(theatre, tmp_path / "b.reset-or-parcel")
    assert (back.problem, back.receipts) == ("", 1)
    assert theatre.ctx.store.counts().unsent == 0
    assert states(theatre) == {"at_centre"}
    assert_same(ground, theatre, office)


def test_a_file_taken_twice_or_after_the_network_changes_nothing(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001")
    theatre.workspace.do(attach_photo, case=case, taken=photograph(1))
    written(theatre, tmp_path / "a")
    taken(office, tmp_path / "a")
    before = here(office)
    again = taken(office, tmp_path / "a")
    assert not again.anything
    assert here(office) == before
    quiet(office, theatre)
    before = here(office)
    assert not taken(office, tmp_path / "a").anything
    assert here(office) == before
    own = here(theatre)
    assert not taken(theatre, tmp_path / "a").anything
    assert here(theatre) == own


def test_the_network_after_the_file_takes_each_envelope_once(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001")
    written(theatre, tmp_path / "a")
    theatre.good_sync()
    assert taken(office, tmp_path / "a").relayed
    assert office.ctx.store.relay_chains()
    measure(theatre, case, "distal", 46)
    quiet(office, theatre)
    assert not office.ctx.store.relay_chains()
    assert_same(ground, theatre, office)


def test_the_centre_takes_a_site_s_file_and_writes_one_for_it(ground: Ground, tmp_path: Path) -> None:
    (theatre,) = ground.workstations(["zhang"])
    admin = ground.admin()
    admin.good_sync()
    case = register(theatre, "03-0001")
    theatre.workspace.do(attach_photo, case=case, taken=photograph(2))
    written(theatre, tmp_path / "a")
    got = taken(admin, tmp_path / "a")
    assert (got.photos, got.problem) == (1, "")
    admin.good_sync()
    written(admin, tmp_path / "b", sites=["03"])
    back = taken(theatre, tmp_path / "b")
    assert (back.problem, back.receipts) == ("", 1)
    assert states(theatre) == {"at_centre"}


def test_a_new_computer_is_admitted_by_file_alone(ground: Ground, tmp_path: Path) -> None:
    codes = ground.codes(devices=2)
    office = ground.enrol(codes[0], ["wang"], "office")
    theatre = ground.enrol(codes[1], ["zhang"], "theatre")
    ground.admit()
    office.good_sync()
    office.good_sync()
    case = register(office, "03-0001")
    office.good_sync()
    written(office, tmp_path / "a")
    got = taken(theatre, tmp_path / "a")
    assert (got.problem, got.set_aside) == ("", 0)
    assert theatre.ctx.directory.valid_at(theatre.ctx.device.dev, None)
    assert theatre.ctx.store.record(case) is not None
    measure(theatre, case, "distal", 46)
    written(theatre, tmp_path / "b")
    assert taken(office, tmp_path / "b").relayed
    quiet(office)


def test_refused_by_name(ground: Ground, tmp_path: Path) -> None:
    (theatre,) = ground.workstations(["zhang"])
    (other,) = ground.workstations(["li"], site="04")
    (tmp_path / "no").write_bytes(b"%PDF-1.7")
    written(other, tmp_path / "other")
    write_parcel(replace(theatre.ctx, study="OTHER"), target=tmp_path / "study")
    before = here(theatre)
    for name, code in (
        ("no", "not_a_parcel"), ("other", "parcel_other_site"), ("study", "parcel_other_study"),
    ):  # fmt: skip
        with pytest.raises(UserFixable, match=code):
            taken(theatre, tmp_path / name)
    whole = (tmp_path / "other").read_bytes()
    (tmp_path / "flipped").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ResetOrError) as caught:
        taken(other, tmp_path / "flipped")
    assert caught.value.code == "parcel_changed"
    with pytest.raises(EnvironmentTrouble, match="file_vanished"):
        taken(theatre, tmp_path / "nowhere")
    assert here(theatre) == before


def test_a_computer_that_nobody_admitted_is_refused_by_name(ground: Ground, tmp_path: Path) -> None:
    codes = ground.codes(devices=2)
    office = ground.enrol(codes[0], ["wang"], "office")
    ground.admit()
    quiet(office)
    stranger = ground.enrol(codes[1], ["zhang"], "stranger")
    register(stranger, "03-0001")
    written(stranger, tmp_path / "a")
    before = here(office)
    with pytest.raises(UserFixable, match="parcel_device_unknown"):
        taken(office, tmp_path / "a")
    assert here(office) == before


def test_a_torn_file_is_taken_as_far_as_it_is_whole(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001")
    for seed in (1, 2):
        theatre.workspace.do(attach_photo, case=case, taken=photograph(seed))
    written(theatre, tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "torn").write_bytes(whole[:-100])
    got = taken(office, tmp_path / "torn")
    assert (got.problem, got.photos) == ("parcel_torn", 1)
    assert got.relayed
    rest = taken(office, tmp_path / "a")
    assert (rest.problem, rest.photos, rest.relayed) == ("", 1, 0)


def test_a_spoilt_photo_is_left_out_on_both_sides(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001")
    for seed in (1, 2):
        theatre.workspace.do(attach_photo, case=case, taken=photograph(seed))
    written(theatre, tmp_path / "a")
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "spoilt").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    got = taken(office, tmp_path / "spoilt")
    assert (got.problem, got.photos, got.set_aside) == ("parcel_changed", 1, 1)
    first, _second = theatre.ctx.store.blobs()
    path = blob_path(theatre.ctx.home.blobs, first.id)
    path.write_bytes(bytes(len(path.read_bytes())))
    said = written(theatre, tmp_path / "b")
    assert (said.photos, said.problem) == (1, "blob_damaged")
    assert not [p for p in tmp_path.iterdir() if p.name.endswith(".part")]


def test_no_room_on_the_stick_leaves_nothing(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (theatre,) = ground.workstations(["zhang"])
    case = register(theatre, "03-0001")
    theatre.workspace.do(attach_photo, case=case, taken=photograph(1))
    stick = tmp_path / "stick"
    stick.mkdir()
    written(theatre, stick / "a")
    good = (stick / "a").read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reset_or.sync.parcel_out.os.fsync", full)
    with pytest.raises(EnvironmentTrouble, match="disk_full"):
        written(theatre, stick / "a")
    assert [path.name for path in stick.iterdir()] == ["a"]
    assert (stick / "a").read_bytes() == good


def test_a_stick_that_takes_only_small_files_gets_the_photos_in_turns(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001")
    for seed in range(3):
        theatre.workspace.do(attach_photo, case=case, taken=photograph(seed))
    said = written(theatre, tmp_path / "a", most_bytes=100_000)
    assert (said.photos, said.photos_left) == (1, 2)
    taken(office, tmp_path / "a")
    office.sync()
    written(office, tmp_path / "b")
    taken(theatre, tmp_path / "b")
    said = written(theatre, tmp_path / "c", most_bytes=150_000)
    assert (said.photos, said.photos_left) == (2, 0)


def test_what_it_staff_see_names_no_person_and_no_value(ground: Ground, tmp_path: Path) -> None:
    theatre, office = ground.workstations(["zhang"], ["wang"])
    case = register(theatre, "03-0001", initials="QXZW", room="room-heron")
    theatre.workspace.do(attach_photo, case=case, taken=photograph(1), caption="caption-kestrel")
    office.good_sync()
    written(theatre, tmp_path / "a")
    found = list_parcel(tmp_path / "a")
    assert (found.site, found.device, found.torn) == ("03", theatre.ctx.device.dev, False)
    kinds = [item.kind for item in found.items]
    assert {"grant", "record", "photo", "keys"} <= set(kinds)
    assert sum(1 for item in found.items if item.kind == "record" and item.at is None)
    data = (tmp_path / "a").read_bytes()
    for text in ("QXZW", "room-heron", "caption-kestrel", "03-0001", "Zhang San"):
        assert text.encode() not in data
        assert text not in repr(found)
