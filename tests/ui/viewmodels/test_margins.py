"""The margins page's view model: what is typed, when it is saved, and that it is judged only after that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import EnvironmentTrouble
from reset_or.trial.entry import DigitEntry
from tests.fakes.margins import blinded, face, opened
from tests.fakes.views import AT, Lane, case, reading
from ui.viewmodels import margin_notes
from ui.viewmodels.margin_answers import MarginAnswers
from ui.viewmodels.margin_chips import detail_chips, state_chips
from ui.viewmodels.margins import MarginsModel


@pytest.fixture
def empty() -> tuple[MarginsModel, Lane]:
    return opened(case())


def test_digits_are_millimetres_from_the_right(empty: tuple[MarginsModel, Lane]) -> None:
    model, _ = empty
    shown = []
    for key in "103":
        model.press(key)
        shown.append(face(model).value)
    assert shown == ["0.1", "1.0", "10.3"]


@pytest.mark.parametrize("typed", ["5.4", "5。4", "５．４", "5，4", "54"])
def test_points_and_full_width_digits_are_understood(typed: str) -> None:
    model, lane = opened(case())
    model.press(typed)
    model.commit()
    assert lane.last("record_reading").kwargs["value_mm"] == 54


def test_a_typed_length_is_not_judged_before_it_was_saved(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("54")
    assert (face(model).plate.word, face(model).draft) == ("Not recorded yet", True)
    model.commit()
    assert (face(model).plate.word, face(model).plate.caption) == ("Not recorded yet", "Saving")
    lane.last("record_reading").answer()
    plate = face(model).plate
    assert (plate.word, plate.kind, plate.distance) == ("In range", "dim", "+0.4 cm")


@pytest.mark.parametrize(
    ("count", "said"), [(0, ""), (1, "1 entry not authorised"), (3, "3 entries not authorised")]
)
def test_entries_that_were_not_authorised_are_counted_quietly(count: int, said: str) -> None:
    model, _ = opened(case(not_authorised=count))
    note = margin_notes.refused(model)
    assert note.text == (f"{said}, kept and not used" if said else "")
    assert margin_notes.notice(model).text == "", "nothing is blocked by them"


def test_a_refused_save_gives_the_digits_back(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("54")
    model.commit()
    assert lane.last("record_reading").refuse(EnvironmentTrouble("disk_full")) is False, "the window shows it"
    assert (face(model).value, face(model).draft) == ("5.4", True)
    assert model.draft_data()


def test_two_decimals_are_refused_with_the_reason_in_place_of_a_verdict() -> None:
    model, lane = opened(case())
    model.press("3.14")
    assert face(model).plate.word == "Two decimals: type the nearest millimetre"
    assert not model.commit()
    assert not lane.named("record_reading"), "3.1 is not what was typed"
    model.backspace()
    assert model.commit()
    assert lane.last("record_reading").kwargs["value_mm"] == 31


def test_a_doubtful_value_is_typed_again_and_never_offered(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("5")  # 0.5 cm where ten times it would be in range
    assert not model.commit()
    shown = face(model)
    assert shown.plate.word == "Type the value again"
    assert shown.value == ""
    assert "5" not in f"{shown.plate.caption}{shown.plate.distance}"
    assert not lane.named("record_reading")
    model.press("5")
    assert model.commit()
    assert lane.last("record_reading").kwargs["retyped"] is True


def test_another_value_after_the_question_is_a_value_of_its_own(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("5")
    model.commit()
    model.press("52")
    assert model.commit()
    said = lane.last("record_reading").kwargs
    assert (said["value_mm"], said["retyped"]) == (52, False)


def test_millimetres_typed_as_centimetres_are_refused() -> None:
    model, lane = opened(case())
    model.activate("distal")
    model.press("31.0")
    assert not model.commit()
    assert face(model, "distal").plate.word == "Millimetres typed as centimetres?"
    assert not lane.named("record_reading")


def test_choosing_the_other_end_commits(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("54")
    model.activate("distal")
    assert lane.last("record_reading").kwargs["end"] == "proximal"


def test_leaving_commits_and_a_cover_only_keeps_the_draft(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("54")
    model.keep()
    assert not lane.named("record_reading")
    assert lane.last("save_draft").kwargs["data"]["record_proximal_keys"] == "54"
    model.leave()
    assert lane.last("record_reading").kwargs["value_mm"] == 54


def test_the_label_is_shown_only_for_what_is_on_the_disk(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("5")
    assert margin_notes.status(model).text == "Typing"
    model.keep()
    assert margin_notes.status(model).text == "Typing", "the save has not come back"
    lane.last("save_draft").answer(AT)
    assert margin_notes.status(model).text == "Draft kept 14:31"
    model.press("4")
    assert margin_notes.status(model).text == "Typing"
    model.commit()
    assert margin_notes.status(model).text == "Saving"
    lane.last("record_reading").answer()
    assert margin_notes.status(model).text == "Saved 14:31"


def test_an_answer_to_an_older_draft_shows_nothing(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("5")
    model.keep()
    model.press("4")
    lane.last("save_draft").answer(AT)
    assert model.keeper.kept_at is None
    model.keep()
    assert len(lane.named("save_draft")) == 2


def test_a_saved_reading_takes_its_draft_along(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    model.press("54")
    model.keep()
    model.commit()
    assert lane.last("record_reading").kwargs["draft_page"] == "margins"
    model.keep()
    assert not lane.named("drop_draft"), "it went in the same transaction"


def test_a_draft_of_the_other_end_outlives_a_save() -> None:
    model, lane = opened(case())
    model.press("5")
    model.commit()  # asked to be typed again: stays
    model.activate("distal")
    model.press("31")
    model.commit()
    assert lane.last("record_reading").kwargs["draft_page"] == ""
    assert lane.last("save_draft").kwargs["data"] == model.draft_data()
    assert "record_proximal_question_mm" in model.draft_data()


def test_a_draft_comes_back_as_it_was_typed() -> None:
    first, _ = opened(case())
    first.press("5")
    first.commit()
    first.press("4")
    second, lane = opened(case())
    lane.last("load_draft").answer(first.draft_data())
    assert face(second).value == "0.4"
    assert second.entry("proximal").question_mm == 5


def test_a_draft_that_says_what_is_saved_is_dropped() -> None:
    model, lane = opened(case(reading("proximal", 54)))
    lane.last("load_draft").answer({"record_proximal_keys": "54", "record_proximal_state": "in_vivo"})
    assert not model.entry("proximal").typing


@given(st.text(alphabet="0123456789.。", max_size=8), st.booleans())
def test_keys_alone_never_save_and_are_shown_as_the_keypad_holds_them(keys: str, backspace: bool) -> None:
    model, lane = opened(case())
    model.press(keys)
    if backspace:
        model.backspace()
    entry = model.entry("proximal")
    assert face(model).value == entry.digits.text
    assert isinstance(entry.digits, DigitEntry)
    assert not lane.named("record_reading")
    if entry.refused:
        assert not model.commit()


# state, removal, chips -----------------------------------------------------------------------------------


def test_state_belongs_to_each_end(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    MarginAnswers(model).state("proximal", "exteriorised")
    model.press("54")
    model.activate("distal")
    model.press("31")
    model.commit()
    assert [each.kwargs["state"] for each in lane.named("record_reading")] == ["exteriorised", "in_vivo"]


def test_after_specimen_out_the_state_is_fresh_by_itself_and_in_vivo_needs_the_answer() -> None:
    model, lane = opened(case())
    MarginAnswers(model).mark_removed(5)
    assert lane.last("mark_removed").kwargs["minutes_ago"] == 5
    lane.last("mark_removed").answer()
    model.set_view(case(removed_at=AT))
    assert [chip.code for chip in state_chips(model, "distal") if chip.on] == ["state:fresh"]
    answers = MarginAnswers(model)
    answers.state("distal", "in_vivo")
    assert model.ask is not None
    assert model.ask.title == "Measured in the body before the cut, typed now?"
    assert model.entry("distal").state == "fresh", "asked, not taken"
    answers.answer("5")
    model.press("31")
    model.commit()
    said = lane.last("record_reading").kwargs
    assert (said["state"], said["typed_later"], said["measured_at"]) == ("in_vivo", True, AT - 300_000)


def test_a_time_after_removal_is_no_time_in_the_body() -> None:
    model, _ = opened(case(removed_at=AT))
    answers = MarginAnswers(model)
    answers.state("distal", "in_vivo")
    answers.answer("time")
    model.press("1431")
    answers.submit()
    assert model.ask is not None
    assert model.ask.wrong == "That is after the removal"


def test_a_recorded_end_stays_in_vivo_after_removal() -> None:
    model, _ = opened(case(reading("proximal", 54), removed_at=AT))
    assert model.entry("proximal").state == "in_vivo"
    assert model.entry("distal").state == "fresh"


def test_fresh_becomes_late_by_itself_and_says_so() -> None:
    model, lane = opened(case(removed_at=AT - 600_000), step="specimen")
    assert "Fresh, later than 10 min after removal" in face(model).captions
    model.press("46")
    model.commit()
    assert lane.last("record_reading").kwargs["state"] == "fresh_unpinned_late"


def test_fixed_needs_its_hours() -> None:
    model, lane = opened(blinded(), user="li")
    answers = MarginAnswers(model)
    answers.state("proximal", "fixed")
    assert model.ask is not None
    model.press("20")
    answers.submit()
    model.press("46")
    model.commit()
    said = lane.last("record_reading").kwargs
    assert (said["state"], said["formalin_hours"]) == ("fixing", 20)


def test_another_state_never_rewrites_a_value() -> None:
    model, lane = opened(case(reading("proximal", 54)))
    MarginAnswers(model).state("proximal", "exteriorised")
    assert face(model).value == ""
    assert not lane.named("change_reading")
    model.press("52")
    model.commit()
    said = lane.last("change_reading").kwargs
    assert (said["value_mm"], said["fields"]) == (52, {"state": "exteriorised"})


@pytest.mark.parametrize(("side", "offset"), [("beyond", 20), ("level", 0), ("within", -20)])
def test_the_marks_side_is_a_choice_never_a_sign(side: str, offset: int) -> None:
    model, lane = opened(case())
    answers = MarginAnswers(model)
    answers.open("edge", "distal")
    answers.answer("tattoo")
    assert model.ask is not None
    assert {choice.picture for choice in model.ask.choices} == {
        "distal_beyond",
        "distal_level",
        "distal_within",
    }
    answers.answer(side)
    if side != "level":
        model.press("20")
        answers.submit()
    assert model.ask is None
    model.activate("distal")
    model.press("31")
    model.commit()
    assert lane.last("record_reading").kwargs["landmark_offset_mm"] == offset


def test_no_chip_is_chosen_beforehand_and_one_choice_shows_at_both_ends(
    empty: tuple[MarginsModel, Lane],
) -> None:
    model, _ = empty
    for end in ("proximal", "distal"):
        assert not any(chip.on for chip in detail_chips(model, "proximal" if end == "proximal" else "distal"))
    answers = MarginAnswers(model)
    answers.open("method", "proximal")
    answers.answer("tape_intracorporeal")
    for end in ("proximal", "distal"):
        shown = {chip.text for chip in detail_chips(model, "proximal" if end == "proximal" else "distal")}
        assert "Tape in the body" in shown


def test_a_chip_chosen_after_the_save_is_a_counted_change() -> None:
    model, lane = opened(case(reading("proximal", 54, method="")))
    answers = MarginAnswers(model)
    answers.open("method", "proximal")
    answers.answer("tape_intracorporeal")
    said = lane.last("change_reading").kwargs
    assert (said["value_mm"], said["fields"]) == (54, {"method": "tape_intracorporeal"})


def test_not_measured_takes_three_taps(empty: tuple[MarginsModel, Lane]) -> None:
    model, lane = empty
    assert "ask:missing" in [chip.code for chip in detail_chips(model, "distal")]
    answers = MarginAnswers(model)
    answers.open("missing", "distal")
    answers.answer("rescue_bleeding")
    assert lane.last("not_measured").kwargs == {
        "case": "case-1", "end": "distal", "state": "in_vivo", "missing": "rescue_bleeding",
    }  # fmt: skip


def test_an_extra_segment_has_its_own_reading_and_the_sum_names_its_parts() -> None:
    extra = reading("distal", 15, "exteriorised", rec="rec-extra", segment="extra")
    model, lane = opened(case(reading("distal", 22), extra))
    assert face(model, "distal").value == "3.7"
    assert face(model, "distal").captions[0] == "Sum of 2.2 + 1.5 extra (Exteriorised)"
    MarginAnswers(model).extra_segment("distal")
    assert face(model, "distal").title == "Distal, extra segment"
    model.press("8")
    model.commit()
    said = lane.last("record_reading").kwargs
    assert (said["segment"], said["value_mm"], said["retyped"]) == ("extra", 8, False)


# plan and undo -------------------------------------------------------------------------------------------


def test_a_plan_is_judged_live_and_never_saved() -> None:
    model, lane = opened(case(), step="plan")
    model.press("54")
    assert face(model).plate.word == "In range"
    model.drag("distal", 22)
    assert face(model, "distal").plate.word == "Shorter than range"
    assert margin_notes.safety(model).code == ""
    model.drag("distal", 18)
    assert "planned line" in margin_notes.safety(model).text
    model.commit_all()
    model.leave()
    assert {each.name for each in lane.asked} == {"case_view", "load_draft"}


def test_undo_names_the_side_and_what_it_restores() -> None:
    model, lane = opened(case(reading("proximal", 54), reading("distal", 22, undo_to_mm=26, saved_at=AT + 1)))
    assert margin_notes.undo_text(model) == "Undo distal → 2.6"
    model.undo()
    assert lane.last("undo_reading").kwargs == {"reading": "rec-distal-in_vivo"}
    model.press("1")
    assert margin_notes.undo_text(model) == "Clear proximal"


def test_undo_of_a_planned_line_restores_the_number_before() -> None:
    model, _ = opened(case(), step="plan")
    model.press("26")
    model.grab("proximal")
    model.drag("proximal", 31)
    assert margin_notes.undo_text(model) == "Undo proximal → 2.6"
    model.undo()
    assert face(model).value == "2.6"
