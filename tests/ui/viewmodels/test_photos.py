"""Photos: one bad file stops no other, a stop keeps what is sealed, and nothing decoded outlives the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from reset_or.actions.views import PhotoView
from reset_or.base.clock import ManualClock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from tests.fakes.views import AT, Lane, case
from ui.viewmodels.photos import PhotosModel, usable
from ui.viewmodels.report import ReportModel


@dataclass
class Net:
    """The slow half, answered by the test."""

    asked: list[tuple[Callable[[Any], None], Callable[[ResetOrError], bool]]] = field(default_factory=list)

    def __call__(
        self, work: Callable[[], Any], done: Callable[[Any], None], failed: Callable[[ResetOrError], bool]
    ) -> None:
        self.asked.append((done, failed))

    def answer_all(self, result: Any) -> None:
        """Also what is asked while answering."""
        asked, self.asked = self.asked, []
        for done, _failed in asked:
            done(result)


TAKEN = SimpleNamespace(warnings=(), labels=())
PLAIN = (b"plain", "image/jpeg", 1)
PIXELS = SimpleNamespace(w=1, h=1, rgb=b"\0\0\0")


def photo(rec: str = "p1", **fields: Any) -> PhotoView:
    said: dict[str, Any] = {
        "rec": rec, "blob": "b" * 64, "caption": "", "state": "", "taken_by": "wang", "added_at": AT,
        "w": 6000, "h": 4000, "turn": 1, "mime": "image/jpeg", "sha256": "a" * 64, "camera_sha256": "c" * 64,
        "captured_at": AT, "warnings": (), "here": True, "ledger": "only_here",
    }  # fmt: skip
    return PhotoView(**(said | fields))


def opened(*photos: PhotoView, **fields: Any) -> tuple[PhotosModel, Lane, Net]:
    lane, net = Lane(), Net()
    model = PhotosModel(lane, ManualClock(at=AT), net, lambda: None)
    model.open("case-1")
    lane.last("case_view").answer(case(photos=photos, **fields))
    return model, lane, net


def sealed_as(lane: Lane, net: Net, rec: str) -> None:
    """The three steps of a photograph that was taken in: prepared, sealed beside the store, recorded."""
    lane.last("prepare_photo").answer(SimpleNamespace())
    net.asked[-1][0](SimpleNamespace())
    lane.last("record_photo").answer(SimpleNamespace(rec=rec))


def states(model: PhotosModel) -> list[str]:
    return [job.state for job in model.intake.jobs]


def test_files_are_taken_in_one_after_another() -> None:
    model, lane, net = opened()
    model.add([Path("a.jpg"), Path("b.jpg")])
    assert states(model) == ["reading", "waiting"]
    net.asked[0][0](TAKEN)
    assert states(model) == ["sealing", "waiting"]
    sealed_as(lane, net, "p1")
    assert states(model) == ["done", "reading"]
    assert model.intake.progress() == (1, 2)


def test_a_bad_file_is_refused_by_name_and_stops_no_other() -> None:
    model, lane, net = opened()
    model.add([Path("notes.jpg"), Path("b.jpg")])
    assert net.asked[0][1](UserFixable("photo_not_an_image")) is True
    assert states(model) == ["refused", "reading"]
    row = model.rows()[0]
    assert (row.title, row.detail, row.tone) == ("notes.jpg", "This file is not a photograph", "bad")
    net.asked[1][0](TAKEN)
    sealed_as(lane, net, "p1")
    assert states(model) == ["refused", "done"]


def test_a_sealed_file_keeps_its_line_until_its_photo_is_there() -> None:
    model, lane, net = opened()
    model.add([Path("a.jpg")])
    net.asked[0][0](TAKEN)
    sealed_as(lane, net, "p1")
    assert [row.title for row in model.rows()] == ["a.jpg"], "the list is never empty in between"
    model.reload()
    lane.last("case_view").answer(case(photos=(photo("p1"),)))
    assert [row.rec for row in model.rows()] == ["p1"]


def test_stop_begins_nothing_more_and_keeps_nothing_half() -> None:
    model, lane, net = opened()
    model.add([Path("a.jpg"), Path("b.jpg"), Path("c.jpg")])
    model.intake.stop()
    net.asked[0][0](TAKEN)
    assert states(model) == ["stopped"] * 3
    assert not lane.named("prepare_photo")
    assert len(net.asked) == 1


def test_a_stop_is_not_for_a_file_that_is_answered_later() -> None:
    model, lane, net = opened()
    model.add([Path("still.dcm"), Path("b.jpg")])
    net.asked[0][0](SimpleNamespace(warnings=("text_likely",)))
    assert states(model) == ["asking", "reading"]
    model.intake.stop()
    net.asked[1][0](TAKEN)
    assert states(model) == ["asking", "stopped"]
    model.intake.answer(model.intake.jobs[0].number, "clean")
    assert lane.last("prepare_photo").kwargs["burned_in"] is False
    sealed_as(lane, net, "p1")
    assert states(model) == ["done", "stopped"]


def test_a_photo_already_there_is_said_beside_its_file() -> None:
    model, lane, net = opened()
    model.add([Path("a.jpg")])
    net.asked[0][0](TAKEN)
    assert lane.last("prepare_photo").refuse(UserFixable("photo_already_there")) is True
    assert states(model) == ["refused"]


def test_what_goes_wrong_while_sealing_or_recording_is_said_beside_its_file() -> None:
    model, lane, net = opened()
    model.add([Path("a.jpg"), Path("b.jpg")])
    net.asked[0][0](TAKEN)
    lane.last("prepare_photo").answer(SimpleNamespace())
    assert net.asked[-1][1](EnvironmentTrouble("disk_full")) is True
    assert states(model) == ["refused", "reading"]
    net.asked[-1][0](TAKEN)
    lane.last("prepare_photo").answer(SimpleNamespace())
    net.asked[-1][0](SimpleNamespace())
    assert lane.last("record_photo").refuse(UserFixable("photo_already_there")) is True
    assert states(model) == ["refused", "refused"]


def test_hashes_and_the_time_of_taking_are_shown() -> None:
    model, _, _ = opened(photo())
    facts = {fact.name: fact.value for fact in model.facts()}
    assert facts["SHA-256 as kept"] == "a" * 64
    assert facts["SHA-256 as taken"] == "c" * 64
    assert facts["Taken"].startswith("2026-11-23")
    assert facts["Where it is"] == "Only on this device"


def test_odd_photos_say_why_and_the_rest_is_quiet() -> None:
    model, _, _ = opened(photo(warnings=("messenger_recompressed",), captured_at=None))
    assert model.warnings() == ("Perhaps made smaller by a messenger: ask for the file as taken.",)
    assert {fact.name: fact.value for fact in model.facts()}["Taken"] == "not in the file"


def test_nothing_decoded_outlives_the_page() -> None:
    model, lane, net = opened(photo())
    for each in lane.named("find_photo"):
        each.answer(PLAIN)
    net.answer_all(PIXELS)
    assert model.large is not None
    assert model.thumbs
    model.forget_pixels()
    assert model.large is None
    assert not model.thumbs


def test_what_is_opened_or_decoded_after_the_page_was_left_is_dropped() -> None:
    model, lane, net = opened(photo())
    large, thumb = lane.named("find_photo")
    large.answer(PLAIN)
    model.forget_pixels()
    thumb.answer(PLAIN)
    assert len(net.asked) == 1, "nobody looks any more: not decoded"
    net.answer_all(PIXELS)
    assert model.large is None
    assert not model.thumbs


def test_a_photo_that_cannot_be_opened_says_so_and_the_others_come() -> None:
    model, lane, _ = opened(photo("p1"), photo("p2"))
    lane.named("find_photo")[1].refuse(UserFixable("photo_not_here"))
    assert model.trouble
    wanted = {each.kwargs["photo"] for each in lane.named("find_photo")}
    assert wanted == {"p1", "p2"}


def test_a_reader_attaches_nothing() -> None:
    model, _, net = opened(may_record=False, may_measure=False)
    model.add([Path("a.jpg")])
    assert not net.asked


def test_dropped_names_are_taken_once_each() -> None:
    assert usable(["/a.jpg", "", "/b.png", "/a.jpg"]) == [Path("/a.jpg"), Path("/b.png")]


def test_an_older_sheet_never_replaces_a_newer_one() -> None:
    lane = Lane()
    model = ReportModel(lane, lambda: None)
    model.open("case-1")
    model.choose_edition("chart")
    first, second = lane.named("case_sheet")
    assert (first.kwargs["edition"], second.kwargs["edition"]) == ("research", "chart")
    second.answer(b"%PDF chart")
    first.answer(b"%PDF research")
    assert model.pdf == b"%PDF chart"
    model.forget()
    assert model.pdf is None


def test_a_sheet_that_cannot_be_drawn_says_why() -> None:
    lane = Lane()
    model = ReportModel(lane, lambda: None)
    model.open("case-1")
    assert lane.last("case_sheet").refuse(UserFixable("case_unknown")) is True
    assert model.problem[0]
    assert not model.drawing


def test_the_file_name_names_nobody() -> None:
    lane = Lane()
    model = ReportModel(lane, lambda: None)
    model.open("case-1")
    lane.last("case_view").answer(case())
    assert model.file_name() == "RESET-OR-03-0147-research-en.pdf"
