"""Read-back: digit by digit, the arm first, one signature at a time, nobody confirms the own values."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.actions.signing import Colleague, ReadBack, ReadLine
from reset_or.actions.views import CaseView, SignatureView
from reset_or.base.errors import UserFixable
from reset_or.base.words import Language
from tests.fakes.views import AT, Lane, case, reading
from ui.viewmodels.confirm import ConfirmModel
from ui.viewmodels.read_back import Both, spoken_length

PEOPLE = (
    Colleague("wang", "Wang Min", "or_nurse", False, "signer_is_author"),
    Colleague("zhang", "Zhang San", "surgeon", True),
    Colleague("li", "Li Wei", "pathologist", False, "blinded_may_not_confirm"),
)


def both(view: CaseView, **fields: Any) -> Both:
    lines = tuple(
        ReadLine(
            end, seen.total_mm, seen.main.missing if seen.main else "", seen.main.state if seen.main else "",
            seen.judgement, seen.main.rec if seen.main else "", seen.judgement.needs_reason,
            seen.main.reason if seen.main else "", tuple(e.value_mm or 0 for e in seen.extras),
        )
        for end, seen in (("proximal", view.record.proximal), ("distal", view.record.distal))
    )  # fmt: skip
    said: dict[str, Any] = {
        "case": view.rec, "subject": view.subject, "arm": view.arm, "step": "record", "lines": lines,
        "blocked": (), "safety": "", "safety_seen_by": "", "recorder": "wang", "people": PEOPLE,
        "recorded": False, "confirmed": False,
    }  # fmt: skip
    return Both(ReadBack(**(said | fields)), view)


def opened(found: Both, language: Language = "en") -> tuple[ConfirmModel, Lane]:
    lane = Lane(language)
    model = ConfirmModel(lane, lambda: None)
    model.open(found.view.rec)
    lane.last("load").answer(found)
    return model, lane


def pair(**fields: Any) -> Both:
    return both(case(reading("proximal", 54), reading("distal", 31)), **fields)


@pytest.mark.parametrize(
    ("length_mm", "language", "words"),
    [
        (103, "en", "one zero point three centimetres"),
        (103, "zh", "一零点三厘米"),
        (46, "zh", "四点六厘米"),
        (5, "en", "zero point five centimetres"),
        (200, "zh", "二零点零厘米"),
    ],
)
def test_lengths_are_read_digit_by_digit(length_mm: int, language: Language, words: str) -> None:
    assert spoken_length(length_mm, language) == words


@given(st.integers(min_value=1, max_value=400))
def test_no_two_lengths_sound_alike(length_mm: int) -> None:
    assert "十" not in spoken_length(length_mm, "zh"), "四 and 十 are heard for each other"
    assert re.fullmatch(
        r"[零一二三四五六七八九]+点[零一二三四五六七八九]厘米", spoken_length(length_mm, "zh")
    )
    assert spoken_length(length_mm, "en") != spoken_length(length_mm + 1, "en")


def test_the_arm_is_read_first_and_in_words() -> None:
    model, _ = opened(pair())
    assert model.arm_words() == '"Reduced, five and three centimetres"'
    follow, _ = opened(both(case(reading("proximal", 54), arm="to_follow")), "zh")
    assert follow.arm_words() == "“分组待录入”"


def test_an_extra_segment_is_read_as_the_sum_and_its_parts() -> None:
    extra = reading("distal", 15, rec="x", segment="extra")
    model, _ = opened(both(case(reading("proximal", 54), reading("distal", 22), extra)))
    line = model.lines()[1]
    assert (line.words, line.note) == ("three point seven centimetres", "In vivo · Sum of 2.2 + 1.5")


def test_the_author_stands_there_and_may_not_be_chosen() -> None:
    model, _ = opened(pair())
    people = {face.user: face for face in model.people()}
    assert model.people()[0].user == "zhang"
    assert (people["wang"].enabled, people["wang"].note) == (False, "Entered the values")
    assert (people["li"].enabled, people["li"].note) == (False, "Own readings first")


def test_nobody_is_chosen_beforehand_and_somebody_must_be_named() -> None:
    model, lane = opened(pair())
    assert (model.second, model.stage, model.signer) == ("", "recorded", "wang")
    assert not model.may_sign(secret_ready=True)
    assert model.wants() == "Choose who confirmed aloud"
    model.choose_second("zhang")
    assert model.may_sign(secret_ready=True)
    model.sign("secret")
    said = lane.last("sign").kwargs
    assert (said["meaning"], said["signer"], said["readback_by"]) == ("recorded", "wang", "zhang")
    assert "secret" not in repr(said["secret"])


def test_after_the_recorder_the_named_person_signs_now_or_later() -> None:
    signature = SignatureView("r", "wang", "Wang Min", "or_nurse", "recorded", AT, 480, "pin", "zhang", True)
    view = case(reading("proximal", 54), reading("distal", 31), signatures=(signature,), lifecycle="signed")
    model, lane = opened(both(view, recorded=True))
    assert (model.stage, model.second, model.signer) == ("confirmed", "zhang", "zhang")
    model.sign("secret")
    said = lane.last("sign").kwargs
    assert (said["meaning"], said["signer"], said["readback_by"]) == ("confirmed", "zhang", "")


def test_a_missing_reason_is_asked_on_this_page_and_holds_the_signature() -> None:
    model, lane = opened(
        both(case(reading("proximal", 54), reading("distal", 22)), blocked=("reason_missing",))
    )
    model.choose_second("zhang")
    assert not model.may_sign(secret_ready=True)
    assert model.wants() == "Choose a reason"
    line = model.reason_line()
    assert line is not None
    assert line.end == "distal"
    assert ("perfusion", "Blood supply") in model.reasons()
    model.choose_reason(line, "perfusion")
    assert lane.last("set_reason").kwargs == {"reading": "rec-distal-in_vivo", "reason": "perfusion"}


@pytest.mark.parametrize("code", ["conflict_open", "end_missing", "safety_not_seen"])
def test_what_must_be_settled_elsewhere_blocks_the_page(code: str) -> None:
    model, _ = opened(pair(blocked=(code,)))
    assert model.stage == "blocked"
    assert model.blocks()[0].title
    assert not model.may_sign(secret_ready=True)


def test_a_wrong_pin_is_said_beside_the_pad_with_the_tries_left() -> None:
    model, lane = opened(pair())
    model.set_pins(frozenset({"wang"}))
    assert model.by_pin
    model.choose_second("zhang")
    model.sign("111111")
    assert lane.last("sign").refuse(UserFixable("wrong_pin", left=4)) is True
    assert model.problem == "Not right. 4 tries left."
    assert lane.last("sign").refuse(UserFixable("session_over", user="wang")) is True
    assert not model.by_pin, "only the password is left"


def test_own_readings_of_a_specimen_are_signed_once() -> None:
    view = case(reading("proximal", 46, "fresh_unpinned", recorded_by="li"), blinded=True, arm="hidden")
    lane = Lane()
    model = ConfirmModel(lane, lambda: None)
    model.open("case-1", "specimen")
    found = both(view, step="specimen", recorder="li")
    lane.last("load").answer(found)
    assert model.stage == "measured"
    assert model.arm() is None
    model.sign("secret")
    assert lane.last("sign").kwargs["meaning"] == "measured"


def test_the_second_person_may_sit_at_the_keyboard() -> None:
    signature = SignatureView("r", "wang", "Wang Min", "or_nurse", "recorded", AT, 480, "pin", "zhang", True)
    view = case(reading("proximal", 54), reading("distal", 31), signatures=(signature,), lifecycle="signed")
    people = (Colleague("zhang", "Zhang San", "surgeon", False, "signer_is_author"),)
    later, _ = opened(both(view, recorded=True, recorder="zhang", people=people))
    assert later.people()[0].enabled
    assert later.second == "zhang"
    assert [s.name for s in later.standing().values()] == ["Wang Min"]
    author, _ = opened(both(view, recorded=True, recorder="wang", people=PEOPLE[:1]))
    assert not author.people()[0].enabled
