"""The inbox over two computers and the real server: begun here, measured there, attached by two people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.actions import cases, erasing, measuring, photos, signing, specimens
from reset_or.actions.context import Secret
from reset_or.base.errors import UserFixable
from tests.fakes.measuring import DISTAL_MM, path, ruler, specimen
from tests.fakes.workstations import (
    Ground,
    Station,
    assert_same,
    make_centre,
    opened,
    password_of,
    quiet,
    register,
)

SUBJECT, OTHER = "03-0147", "03-0150"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    return make_centre(tmp_path_factory.mktemp("centre"))


@pytest.fixture
def ground(tmp_path: Path, template) -> Iterator[Ground]:  # type: ignore[no-untyped-def]
    with opened(tmp_path, template) as made:
        yield made


def secret(user: str) -> Secret:
    return Secret("password", password_of(user))


def found_and_measured(station: Station) -> tuple[str, str]:
    """A pot without a name: photographed, calibrated and read twice by the pathologist. (specimen, photo)."""
    do = station.workspace.do
    rec = do(specimens.begin_specimen, label="pot without a name").rec
    taken, truth = specimen()
    photo = do(photos.attach_photo, case=rec, taken=taken, state="fixed_pinned").rec
    calibration = do(measuring.calibrate_photo, photo=photo, request=ruler(truth)).rec
    for _ in range(2):
        do(
            measuring.record_photo_reading, photo=photo, calibration=calibration, end="distal",
            path=path(truth, "distal"),
        )  # fmt: skip
    return rec, photo


def readings_of(station: Station, case: str) -> list[tuple[int | None, str, str, str]]:
    view = station.workspace.do(cases.case_view, case=case)
    return sorted((r.value_mm, r.recorded_by, r.state, r.moved_from) for r in view.readings)


@pytest.mark.timeout(180)
def test_a_blinded_reader_learns_nothing_of_others_from_the_inbox(ground: Ground) -> None:
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    rec = theatre.workspace.do(specimens.begin_specimen, label="pot", note="margin looked like 31 mm").rec
    taken, truth = specimen()
    photo = theatre.workspace.do(photos.attach_photo, case=rec, taken=taken, state="fresh_unpinned").rec
    calibration = theatre.workspace.do(measuring.calibrate_photo, photo=photo, request=ruler(truth)).rec
    theatre.workspace.do(
        measuring.record_photo_reading, photo=photo, calibration=calibration, end="distal",
        path=path(truth, "distal"),
    )  # fmt: skip
    quiet(theatre, bench)
    (row,) = bench.workspace.do(specimens.specimen_rows)
    assert (row.label, row.note, row.photos, row.readings) == ("pot", "", 1, 0)
    view = bench.workspace.do(cases.case_view, case=rec)
    assert (view.blinded, view.readings, view.calibrations) == (True, (), ())
    assert "31 mm" not in str(view)
    (row,) = theatre.workspace.do(specimens.specimen_rows)
    assert (row.note, row.readings) == ("margin looked like 31 mm", 1)


def as_written(station: Station, case: str) -> dict[str, tuple[str, str, int]]:
    view = station.workspace.do(cases.case_view, case=case)
    return {reading.rec: (reading.head, reading.recorded_by, reading.saved_at) for reading in view.readings}


def seen_at_both_ends(station: Station, case: str, rec: str, photo: str) -> None:
    """In the case, with where it came from; and still where it was found, with whose it turned out to be."""
    view = station.workspace.do(cases.case_view, case=case)
    assert [(p.rec, p.moved_from) for p in view.photos] == [(photo, rec)]
    assert readings_of(station, case) == [(DISTAL_MM, "li", "fixed_pinned", rec)] * 2
    assert [(s.rec, s.attached_by, s.confirmed_by) for s in view.specimens] == [(rec, "zhang", "li")]
    (row,) = station.workspace.do(specimens.specimen_rows)
    assert (row.attached_to, row.confirmed_by, row.photos, row.readings) == (SUBJECT, "li", 1, 2)
    assert station.workspace.do(specimens.specimen_rows, with_attached=False) == ()
    assert len(station.workspace.do(cases.case_view, case=rec).photos) == 1
    (listed,) = station.workspace.do(cases.case_rows)
    assert listed.photos == 1


@pytest.mark.timeout(180)
def test_attached_by_two_people_on_two_computers_and_seen_at_both_ends(ground: Ground) -> None:
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    rec, photo = found_and_measured(bench)
    case = register(theatre, SUBJECT)
    quiet(theatre, bench)

    before = as_written(theatre, rec)
    assert len(before) == 2
    theatre.workspace.do(specimens.attach_specimen, specimen=rec, case=case)
    with pytest.raises(UserFixable, match="signer_is_author"):
        theatre.workspace.do(
            specimens.confirm_attachment, specimen=rec, signer="zhang", secret=secret("zhang")
        )
    quiet(theatre, bench)
    # One person's word counts for nothing: the case has none of it, on either computer.
    for station in (theatre, bench):
        assert station.workspace.do(cases.case_view, case=case).photos == ()
        (row,) = station.workspace.do(specimens.specimen_rows)
        assert (row.attached_to, row.attached_by, row.waits) == (SUBJECT, "zhang", True)

    bench.workspace.do(specimens.confirm_attachment, specimen=rec, signer="li", secret=secret("li"))
    quiet(bench, theatre)
    assert_same(ground, theatre, bench)
    for station in (theatre, bench):
        seen_at_both_ends(station, case, rec, photo)
    # Nothing was written anew: author, time and signature are those of the bench.
    assert as_written(theatre, case) == before

    # Signed in the case like any reading of its specimen; it goes on being measured.
    signing_as = {"meaning": "measured", "signer": "li", "secret": secret("li"), "step": "specimen"}
    bench.workspace.do(signing.sign, case=case, **signing_as)
    quiet(bench, theatre)
    assert_same(ground, theatre, bench)
    view = theatre.workspace.do(cases.case_view, case=case)
    assert all(reading.signed for reading in view.readings)
    assert view.specimen.distal.total_mm == DISTAL_MM
    with pytest.raises(UserFixable, match="specimen_attached"):
        bench.workspace.do(specimens.attach_specimen, specimen=rec, case=case)


@pytest.mark.timeout(180)
def test_taken_back_and_given_to_another_subject(ground: Ground) -> None:
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    rec, _photo = found_and_measured(bench)
    wrong, right = (
        register(theatre, SUBJECT),
        register(theatre, "03-0150", rand_no="R-2", rand_no_again="R-2"),
    )
    quiet(theatre, bench)
    for case in (wrong, right):
        bench.workspace.do(specimens.attach_specimen, specimen=rec, case=case)
        quiet(bench, theatre)
        theatre.workspace.do(specimens.confirm_attachment, specimen=rec, signer="wang", secret=secret("wang"))
        quiet(theatre, bench)
        if case == wrong:
            assert len(readings_of(bench, wrong)) == 2
            bench.workspace.do(specimens.detach_specimen, specimen=rec)
            quiet(bench, theatre)
    assert_same(ground, theatre, bench)
    for station in (theatre, bench):
        assert readings_of(station, wrong) == []
        assert len(readings_of(station, right)) == 2
        rows = {row.subject: row.photos for row in station.workspace.do(cases.case_rows)}
        assert rows == {SUBJECT: 0, OTHER: 1}


@pytest.mark.timeout(180)
def test_two_people_who_attach_it_to_two_subjects_make_no_attachment(ground: Ground) -> None:
    """Both were offline: two words, a conflict, and the specimen waits."""
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    rec, _photo = found_and_measured(bench)
    one, other = register(theatre, SUBJECT), register(theatre, OTHER)
    quiet(theatre, bench)
    theatre.workspace.do(specimens.attach_specimen, specimen=rec, case=one)
    bench.workspace.do(specimens.attach_specimen, specimen=rec, case=other)
    quiet(theatre, bench)
    for station in (theatre, bench):
        (row,) = station.workspace.do(specimens.specimen_rows)
        assert (row.attached_to, row.confirmed_by) == ("", "")
        for case in (one, other):
            assert station.workspace.do(cases.case_view, case=case).photos == ()
        with pytest.raises(UserFixable, match="specimen_not_attached"):
            station.workspace.do(specimens.confirm_attachment, specimen=rec, signer="li", secret=secret("li"))
    assert_same(ground, theatre, bench)


@pytest.mark.timeout(180)
def test_an_order_of_erasure_takes_what_was_attached_too(ground: Ground) -> None:
    theatre, bench = ground.workstations(["zhang", "wang"], ["li"])
    rec, photo = found_and_measured(bench)
    case = register(theatre, SUBJECT)
    quiet(theatre, bench)
    bench.workspace.do(specimens.attach_specimen, specimen=rec, case=case)
    quiet(bench, theatre)
    theatre.workspace.do(specimens.confirm_attachment, specimen=rec, signer="wang", secret=secret("wang"))
    quiet(theatre, bench)
    admin = ground.admin()
    admin.good_sync()
    found = erasing.order(admin.ctx, site="03", reason_code="consent_withdrawn", cases=[SUBJECT])
    store = theatre.ctx.store
    under = {row.env_id for row in store.revisions_of_case(rec)}
    assert under <= set(found.env_ids)
    assert {row.id for row in store.blobs(case=rec)} <= set(found.blobs)
    assert store.record(photo) is not None
