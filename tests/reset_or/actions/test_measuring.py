"""Measuring on photographs through the actions: scale, paths, repeat rule, blinding, signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reset_or.actions import calibrating, measuring, photos, readings, signing
from reset_or.actions.photo_page import photo_rows
from reset_or.actions.photo_views import SeriesView
from reset_or.base.errors import UserFixable
from reset_or.revisions.canonical import canon
from reset_or.revisions.revision import MAX_VIEW_BYTES
from tests.fakes.measuring import DISTAL_MM, PROXIMAL_MM, TUMOUR_MM, Bench, make_bench, path, ruler, specimen
from tests.fakes.photos import another


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = make_bench(tmp_path / "home")
    yield made
    made.workspace.lock()


def series_of(bench: Bench, end: str) -> SeriesView:
    found = [series for series in bench.view.series if series.end == end]
    assert len(found) == 1
    return found[0]


def test_the_known_specimen_is_measured_within_a_millimetre(bench: Bench) -> None:
    calibration = bench.calibrate()
    shown = next(each for each in bench.view.calibrations if each.rec == calibration)
    assert shown.measurable
    assert shown.current
    assert shown.px_per_mm == pytest.approx(bench.truth["px_per_mm"], rel=0.002)
    assert (shown.known_mm, shown.check_mm, shown.made_by) == (170, 50, "li")
    for end, true_mm in (("proximal", PROXIMAL_MM), ("distal", DISTAL_MM), ("tumour", TUMOUR_MM)):
        for _ in range(2):
            measured = bench.measure(calibration, end)
            assert abs(measured.length.length_um - true_mm * 1000) < 1000
            assert 0 < measured.length.uncertainty_um < 12_000  # two marks say nothing of tilt
        found = series_of(bench, end)
        assert (found.complete, found.next_no, found.final_mm) == (True, 0, true_mm)
    view = bench.view
    assert (view.specimen.proximal.total_mm, view.specimen.distal.total_mm) == (PROXIMAL_MM, DISTAL_MM)
    # The photograph was taken 5 minutes after removal, whenever it is measured.
    assert {(reading.state, reading.removed_min) for reading in view.readings} == {("fresh_unpinned", 5)}


def test_reading_one_is_withheld_until_reading_two_is_there(bench: Bench) -> None:
    calibration = bench.calibrate()
    first = bench.measure(calibration, "distal")
    secret = str(first.length.length_um)
    view = bench.view
    (reading,) = view.readings
    assert reading.hidden
    assert (reading.value_mm, reading.length_um, reading.path, reading.entered) == (None, None, (), "")
    assert (view.series[0].next_no, view.series[0].final_um) == (2, None)
    assert view.specimen.distal.main is None
    assert secret not in str(view)
    assert secret not in str(bench.workspace.do(signing.read_back, case=bench.case, step="specimen"))
    assert str(path(bench.truth, "distal")[0][0]) not in str(view)
    bench.measure(calibration, "distal", 0.4)
    view = bench.view
    assert sorted(r.reading_no for r in view.readings if not r.hidden) == [1, 2]
    assert secret in str(view)


def test_a_third_reading_is_asked_for_and_the_median_stands(bench: Bench) -> None:
    calibration = bench.calibrate()
    bench.measure(calibration, "proximal", 0.0)
    bench.measure(calibration, "proximal", 14.0)
    found = series_of(bench, "proximal")
    assert (found.next_no, found.needs_third, found.complete) == (3, True, False)
    # Both are withheld while the third is taken.
    assert all(reading.hidden for reading in found.readings)
    with pytest.raises(UserFixable, match="photo_reading_open"):
        bench.sign()
    with pytest.raises(UserFixable, match="reading_no_other"):
        bench.measure(calibration, "proximal", reading_no=2)
    bench.measure(calibration, "proximal", 13.0)
    found = series_of(bench, "proximal")
    assert (found.complete, found.final_mm) == (True, PROXIMAL_MM - 13)
    assert found.uncertainty_um >= 7000  # half the spread of readings that far apart
    with pytest.raises(UserFixable, match="readings_enough"):
        bench.measure(calibration, "proximal")


def test_a_new_calibration_marks_and_rescales_nothing(bench: Bench) -> None:
    old = bench.calibrate()
    bench.twice(old, "distal")
    before = {r.rec: (r.value_mm, r.length_um, r.path) for r in bench.view.readings}
    new = bench.calibrate(known_mm=187.0, check_mm=55.0)
    view = bench.view
    assert {c.rec: c.current for c in view.calibrations} == {old: False, new: True}
    assert {r.rec: (r.value_mm, r.length_um, r.path) for r in view.readings} == before
    assert all(reading.to_repeat for reading in view.readings)
    assert view.specimen.distal.main is None
    assert view.series == ()
    with pytest.raises(UserFixable, match="calibration_outdated"):
        bench.measure(old, "distal")
    with pytest.raises(UserFixable, match="photo_readings_to_repeat"):
        bench.sign()
    bench.twice(new, "distal")
    again_mm = series_of(bench, "distal").final_mm
    assert again_mm == pytest.approx(DISTAL_MM * 1.1, abs=1)
    bench.sign()
    # What is signed stays as it was signed, whoever calibrates later.
    bench.calibrate()
    assert bench.view.specimen.distal.total_mm == again_mm


def test_a_withdrawn_calibration_and_an_undone_reading(bench: Bench) -> None:
    calibration = bench.calibrate()
    taken = bench.measure(calibration, "distal")
    bench.workspace.do(measuring.undo_photo_reading, reading=taken.saved.rec)
    assert bench.view.readings == ()
    bench.measure(calibration, "distal")
    bench.workspace.do(measuring.withdraw_calibration, calibration=calibration)
    assert all(reading.to_repeat for reading in bench.view.readings)
    with pytest.raises(UserFixable, match="calibration_withdrawn"):
        bench.measure(calibration, "distal")
    with pytest.raises(UserFixable, match="photo_reading_is_measured"):
        bench.workspace.do(
            readings.change_reading, reading=bench.view.readings[0].rec, value_mm=50, entered="5.0"
        )


def test_readings_on_a_photograph_that_was_withdrawn_count_no_more(bench: Bench) -> None:
    bench.twice(bench.calibrate(), "distal")
    bench.workspace.do(photos.withdraw_photo, photo=bench.photo, reason="wrong_subject")
    assert all(reading.to_repeat for reading in bench.view.readings)
    assert bench.view.specimen.distal.main is None
    with pytest.raises(UserFixable, match="photo_readings_to_repeat"):
        bench.sign()


def test_many_measured_photographs_fit_on_the_page_that_is_signed(bench: Bench) -> None:
    calibration = bench.calibrate()
    bench.twice(calibration)
    view = bench.view
    many = replace(
        view, series=tuple(replace(each, photo=f"{n:032x}") for n in range(40) for each in view.series)
    )
    rows = photo_rows(many, "li")
    assert len(canon({"view": rows})) < MAX_VIEW_BYTES
    assert rows[-1]["value"] + len(rows) - 1 == 1 + 3 * 40
    assert len(photo_rows(view, "li")) == 4


def test_the_signature_covers_what_was_measured_and_shows_it(bench: Bench) -> None:
    calibration = bench.calibrate()
    bench.twice(calibration)
    bench.sign()
    (signature,) = bench.view.signatures
    assert signature.covers_current
    stored = bench.workspace.context.store.revision(signature.rev_id)
    assert stored is not None
    sig = stored.read().revision.sig
    assert sig is not None
    heads = {r.head for r in bench.view.readings}
    assert heads < set(sig.signs)
    rows = {row["label"]: row for row in sig.view}
    sha256 = bench.view.photos[0].sha256
    assert rows["calibration"]["calibration"] == calibration
    assert rows["photo.distal"]["value"] == DISTAL_MM
    assert rows["photo.distal"]["sha256"] == rows["calibration"]["sha256"] == sha256
    assert rows["photo.distal"]["uncertainty_um"] == series_of(bench, "distal").uncertainty_um
    with pytest.raises(UserFixable, match="amend_needed"):
        bench.workspace.do(measuring.undo_photo_reading, reading=bench.view.readings[0].rec)


def test_ruler_and_photograph_that_differ_ask_for_a_second_look(bench: Bench) -> None:
    bench.workspace.do(
        readings.record_reading, case=bench.case, end="distal", value_mm=38, entered="3.8",
        state="fresh_unpinned", measured_at=bench.workspace.context.clock.now_at() - 500_000,
        typed_later=True, method="rigid_ruler_ex_vivo",
    )  # fmt: skip
    calibration = bench.calibrate()
    bench.measure(calibration, "distal")
    assert series_of(bench, "distal").gap_um is None  # nothing is told of an open series
    with pytest.raises(UserFixable, match="second_look_too_early"):
        bench.workspace.do(measuring.second_look, photo=bench.photo, end="distal")
    bench.measure(calibration, "distal")
    found = series_of(bench, "distal")
    assert (found.ruler_mm, found.gap_query) == (38, True)
    assert abs(found.gap_um - 8000) < 1000
    # The ruler stands, the photograph is beside it.
    assert bench.view.specimen.distal.total_mm == 38
    with pytest.raises(UserFixable, match="photo_gap_open"):
        bench.sign()
    bench.workspace.do(measuring.second_look, photo=bench.photo, end="distal")
    assert (series_of(bench, "distal").gap_query, series_of(bench, "distal").second_look) == (False, True)
    bench.sign()


def test_theatre_and_bench_measure_the_same_photograph_apart(bench: Bench) -> None:
    bench.as_user("zhang")
    theirs = bench.calibrate()
    bench.twice(theirs, "distal")
    bench.as_user("li")
    view = bench.view
    assert (view.blinded, view.calibrations, view.readings, view.series) == (True, (), (), ())
    with pytest.raises(UserFixable, match="calibration_of_other_side"):
        bench.measure(theirs, "distal")
    with pytest.raises(UserFixable, match="role_may_not"):
        bench.workspace.do(measuring.withdraw_calibration, calibration=theirs)
    own = bench.calibrate()
    bench.twice(own, "distal")
    assert [series.reader for series in bench.view.series] == ["li"]
    bench.sign()
    assert {series.reader for series in bench.view.series} == {"li", "zhang"}
    assert {c.rec: c.current for c in bench.view.calibrations} == {theirs: True, own: True}


def test_what_cannot_be_is_refused_by_name(bench: Bench) -> None:
    calibration = bench.calibrate()
    do = bench.workspace.do
    asked = {"photo": bench.photo, "calibration": calibration, "end": "distal"}
    for points, code in (
        (((10.0, 10.0),), "photo_path_too_short"),
        (((10.0, 10.0), (10.0, 10.0)), "photo_path_too_short"),
        (((10.0, 10.0), (9999.0, 10.0)), "photo_path_outside"),
        (((10.0, 10.0), (1490.0, 10.0), (10.0, 990.0)), "length_refused"),
    ):
        with pytest.raises(UserFixable, match=code):
            do(measuring.record_photo_reading, **asked, path=points)
    with pytest.raises(UserFixable, match="field_code_unknown"):
        do(measuring.record_photo_reading, **(asked | {"end": "mesentery"}), path=((1.0, 1.0), (90.0, 1.0)))
    with pytest.raises(UserFixable, match="photo_marks_malformed"):
        bench.calibrate(points=((10.0, 10.0),))
    refused = bench.calibrate(check_mm=60.0)
    shown = next(each for each in bench.view.calibrations if each.rec == refused)
    assert (shown.measurable, shown.problems) == (False, ("check_refused",))
    with pytest.raises(UserFixable, match="calibration_unusable"):
        bench.measure(refused, "distal")


def test_a_length_whose_uncertainty_crosses_a_limit_says_so(bench: Bench) -> None:
    """46 mm fresh is 54 in vivo: 5.0 to 8.0 is in range, and 50 is not far for 3 % of scale unknown."""
    calibration = bench.calibrate()
    for _ in range(2):
        bench.measure(calibration, "distal", 3.0)
    bench.sign()
    end = bench.view.specimen.distal
    assert end.main is not None
    assert end.judgement.uncertainty_um == end.main.uncertainty_um > 0
    assert end.judgement.uncertain
    assert end.judgement.verdict == "within_protocol"  # the code does not change
    assert not bench.view.specimen.proximal.judgement.uncertain


def test_theatre_calibrates_no_fixed_specimen(bench: Bench) -> None:
    late = bench.workspace.do(
        photos.attach_photo, case=bench.case, taken=another(specimen()[0], 1), state="fixed_pinned"
    ).rec
    opened = bench.workspace.do(measuring.open_for_measuring, photo=bench.photo)
    found = calibrating.find_calibration(opened, ruler(bench.truth))
    bench.as_user("zhang")
    with pytest.raises(UserFixable, match="role_may_not"):
        bench.workspace.do(measuring.save_calibration, photo=late, found=found)
    bench.as_user("li")
    made = bench.workspace.do(measuring.save_calibration, photo=late, found=found).rec
    with pytest.raises(UserFixable, match="calibration_unknown"):
        bench.measure(made, "distal")  # of another photograph
    measured = bench.measure(made, "distal", photo=late)
    assert (measured.length.value_mm, bench.view.readings[0].state) == (DISTAL_MM, "fixed_pinned")
