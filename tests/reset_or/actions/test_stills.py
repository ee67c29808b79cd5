"""Stills of a tower: kept by examination, put into the open case by one person, or left to two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import burned_text, casefiles, cases, dicom_export, photos, resealing, specimens, stills
from reset_or.actions.installation import new_device
from reset_or.actions.photo_views import SpecimenRow
from reset_or.actions.stills import LONGEST_MS, Boxes, Kept
from reset_or.actions.views import PhotoView
from reset_or.base.errors import UserFixable
from reset_or.images.intake import TakenPhoto
from reset_or.images.seal import blob_path
from reset_or.record.specimen_label import SpecimenLabel
from tests.fakes.measuring import Bench, make_bench
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make
from tests.reset_or.images.test_burned_text import with_text


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = make_bench(tmp_path / "home", photographer="wang")
    made.as_user("wang")
    yield made
    made.workspace.lock()


def still(seed: int = 0, exam: str = "1.2.3", **more: Any) -> bytes:
    """A still of a tower; another `seed` is another picture."""
    picture = make.colourful((96, 64 + 8 * seed))
    return foreign.as_bytes(foreign.tower_still(picture, StudyInstanceUID=exam, **more))


def keep(bench: Bench, data: bytes, boxes: Boxes | None = None) -> Kept:
    bench.clock.advance(1_000)
    return stills.keep_still(bench.workspace.do, data, boxes=boxes or Boxes(), label="Stills")


def put(bench: Bench, photo: str, opened_at: int, **said: Any) -> str:
    again = bench.workspace.do(resealing.find_again, photo=photo)
    taken = resealing.take_again(again)
    taken = replace(taken, **{name: said.pop(name) for name in ("labels",) if name in said})
    ready = bench.workspace.do(
        stills.prepare_still, photo=photo, case=bench.case, opened_at=opened_at, taken=taken, **said
    )
    sealed = photos.seal_prepared(ready)
    return bench.workspace.do(stills.record_still, photo=photo, opened_at=opened_at, sealed=sealed).rec


def inbox(bench: Bench) -> tuple[SpecimenRow, ...]:
    return bench.workspace.do(specimens.specimen_rows)


def in_case(bench: Bench) -> tuple[PhotoView, ...]:
    return tuple(photo for photo in bench.view.photos if photo.rec != bench.photo)


def test_stills_of_one_examination_wait_together(bench: Bench) -> None:
    boxes = Boxes()
    first, second = keep(bench, still(0), boxes), keep(bench, still(1), boxes)
    other = keep(bench, still(2, exam="1.2.4"), boxes)
    assert first.new
    assert first.specimen == second.specimen != other.specimen
    again = keep(bench, still(1), Boxes())
    assert (again.photo, again.new) == (second.photo, False)
    assert [(row.label, row.photos) for row in inbox(bench)] == [("Stills", 1), ("Stills", 2)]
    assert keep(bench, still(3, exam=""), boxes).specimen != keep(bench, still(4, exam=""), boxes).specimen


def test_a_specimen_that_somebody_gave_to_a_subject_takes_no_further_still(bench: Bench) -> None:
    boxes = Boxes()
    first = keep(bench, still(0), boxes)
    bench.workspace.do(specimens.attach_specimen, specimen=first.specimen, case=bench.case)
    assert keep(bench, still(1), boxes).specimen != first.specimen


def test_one_person_puts_a_still_into_the_open_case(bench: Bench) -> None:
    opened_at, boxes = bench.clock.now_at(), Boxes()
    first, second = keep(bench, still(0), boxes), keep(bench, still(1), boxes)
    before = photos.open_photo(bench.workspace.context, photo=first.photo)
    rec = put(bench, first.photo, opened_at, state="in_vivo")
    (photo,) = in_case(bench)
    assert (photo.rec, photo.state, photo.taken_by) == (rec, "in_vivo", "wang")
    assert photos.open_photo(bench.workspace.context, photo=rec) == before
    state = casefiles.need_record(bench.workspace.context, "photo", rec)
    assert (state.value("source"), state.value("replaces")) == ("tower", first.photo)
    gone = casefiles.need_record(bench.workspace.context, "photo", first.photo)
    assert (gone.withdrawn, gone.value("withdrawn_reason")) == (True, "put_into_case")
    assert [row.photos for row in inbox(bench)] == [1]
    file = casefiles.need(bench.workspace.context, first.specimen)
    page = specimens.attachment_page(file, "03-0147")  # what a second person would sign: not what has gone
    assert [row["label"] for row in page] == ["subject", "specimen", "photo"]
    put(bench, second.photo, opened_at)
    assert inbox(bench) == ()
    # A tower that was not told in time sends again: it is no other still.
    again = keep(bench, still(0), Boxes())
    assert (again.photo, again.new) == (first.photo, False)
    assert inbox(bench) == ()
    with pytest.raises(UserFixable, match="photo_unknown"):
        put(bench, first.photo, opened_at)


def refused(bench: Bench, photo: str, opened_at: int) -> str:
    with pytest.raises(UserFixable) as caught:
        put(bench, photo, opened_at)
    assert in_case(bench) == ()
    return caught.value.code


def test_what_came_before_or_long_ago_needs_two(bench: Bench) -> None:
    opened_at = bench.clock.now_at()
    kept = keep(bench, still())
    assert refused(bench, kept.photo, bench.clock.now_at() + 1) == "still_needs_two"
    bench.clock.advance(LONGEST_MS + 1)
    assert refused(bench, kept.photo, opened_at) == "still_needs_two"
    bench.clock.advance(-LONGEST_MS)
    put(bench, kept.photo, opened_at)


def test_a_still_of_another_computer_needs_two(bench: Bench) -> None:
    opened_at = bench.clock.now_at()
    kept = keep(bench, still())
    ctx = bench.workspace.context
    taken = resealing.take_again(resealing.find_again(ctx, photo=kept.photo))
    with pytest.raises(UserFixable, match="still_needs_two"):
        stills.prepare_still(
            replace(ctx, device=new_device()), photo=kept.photo, case=bench.case, opened_at=opened_at,
            taken=taken,
        )  # fmt: skip


def test_what_somebody_worked_on_needs_two(bench: Bench) -> None:
    opened_at = bench.clock.now_at()
    kept = keep(bench, still())
    bench.workspace.do(specimens.attach_specimen, specimen=kept.specimen, case=bench.case)
    assert refused(bench, kept.photo, opened_at) == "still_needs_two"
    bench.workspace.do(specimens.detach_specimen, specimen=kept.specimen)
    put(bench, kept.photo, opened_at)


def test_what_changes_while_it_is_sealed_counts(bench: Bench) -> None:
    """Somebody else says whose the specimen is, between the first and the last step."""
    opened_at, do = bench.clock.now_at(), bench.workspace.do
    kept = keep(bench, still())
    taken = resealing.take_again(do(resealing.find_again, photo=kept.photo))
    ready = do(stills.prepare_still, photo=kept.photo, case=bench.case, opened_at=opened_at, taken=taken)
    sealed = photos.seal_prepared(ready)
    do(specimens.attach_specimen, specimen=kept.specimen, case=bench.case)
    file = blob_path(bench.workspace.home.blobs, sealed.blob.id)
    assert file.exists()
    with pytest.raises(UserFixable, match="still_needs_two"):
        do(stills.record_still, photo=kept.photo, opened_at=opened_at, sealed=sealed)
    assert in_case(bench) == ()
    assert not file.exists()


def test_a_photograph_that_nobody_received_needs_two(bench: Bench) -> None:
    opened_at, do = bench.clock.now_at(), bench.workspace.do
    specimen = do(specimens.begin_specimen, label="pot").rec
    taken = photos.take_in(lambda: make.jpeg(), zone_min=480)
    rec = do(photos.attach_photo, case=specimen, taken=taken).rec
    assert refused(bench, rec, opened_at) == "still_needs_two"
    assert refused(bench, bench.photo, opened_at) == "still_needs_two"


def test_another_subjects_label_is_a_question_and_the_still_stays_where_it_is(bench: Bench) -> None:
    opened_at = bench.clock.now_at()
    kept = keep(bench, still())
    labels = (SpecimenLabel("03-0999", "A"),)
    with pytest.raises(UserFixable, match="photo_label_other"):
        put(bench, kept.photo, opened_at, labels=labels)
    assert [row.photos for row in inbox(bench)] == [1]
    put(bench, kept.photo, opened_at, labels=labels, label_reason="label_nearby")
    assert in_case(bench)[0].label_reason == "label_nearby"


# text in a sealed picture ---------------------------------------------------------------------------------
def text_unsaid(bench: Bench) -> tuple[str, ...]:
    return bench.workspace.do(dicom_export.gather, case=bench.case).text_unsaid


def with_letters(bench: Bench) -> tuple[str, TakenPhoto]:
    """A still in which text is likely, sealed in the case by a receiver, where nobody could be asked."""
    bench.clock.advance(1_000)
    taken = photos.take_in(lambda: foreign.as_bytes(foreign.tower_still(with_text())), zone_min=480)
    return bench.workspace.do(photos.attach_photo, case=bench.case, taken=taken).rec, taken


def replaced(bench: Bench, photo: str, black: TakenPhoto) -> str:
    ready = bench.workspace.do(resealing.prepare_black, photo=photo, taken=black)
    return bench.workspace.do(photos.record_photo, sealed=photos.seal_prepared(ready)).rec


def test_a_person_says_later_that_no_text_names_anybody(bench: Bench) -> None:
    rec, _ = with_letters(bench)
    assert text_unsaid(bench) == ("2",)
    bench.workspace.do(resealing.say_no_text, photo=rec)
    assert text_unsaid(bench) == ()
    assert in_case(bench)[0].burned_in is False


def test_text_in_a_sealed_picture_is_blacked_out(bench: Bench) -> None:
    rec, taken = with_letters(bench)
    again = resealing.take_again(bench.workspace.do(resealing.find_again, photo=rec))
    assert (again.data, again.camera_sha256, again.source) == (taken.data, taken.camera_sha256, "tower")
    black = burned_text.black_out(again, [(0, 0, 200, 40)])
    new = replaced(bench, rec, black)
    (photo,) = in_case(bench)
    assert photo.rec == new
    assert (photo.burned_in, "blacked_out" in photo.warnings) == (False, True)
    assert text_unsaid(bench) == ()
    old = casefiles.need_record(bench.workspace.context, "photo", rec)
    assert (old.withdrawn, old.value("withdrawn_reason")) == (True, "blacked_out")
    with pytest.raises(UserFixable, match="photo_unknown"):
        replaced(bench, rec, black)


def test_what_was_measured_on_it_is_to_be_measured_again(bench: Bench) -> None:
    bench.as_user("li")
    calibration = bench.calibrate()
    bench.twice(calibration, "distal")
    again = resealing.take_again(bench.workspace.do(resealing.find_again, photo=bench.photo))
    black = burned_text.black_out(again, [(0, 0, 40, 40)])
    new = replaced(bench, bench.photo, black)
    view = bench.workspace.do(cases.case_view, case=bench.case)
    assert [photo.rec for photo in view.photos] == [new]
    assert [reading.to_repeat for reading in view.readings if reading.photo] == [True, True]
