"""What the margins page may say: verdict words, estimates, safety, arms, conflicts; to whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reset_or.actions.views import ConflictView, Judgement
from tests.fakes.margins import blinded, face, opened
from tests.fakes.views import AT, UNSIGNED, Lane, case, reading
from ui.viewmodels import margin_notes
from ui.viewmodels.margin_answers import MarginAnswers
from ui.viewmodels.margin_chips import detail_chips, state_chips
from ui.viewmodels.margin_faces import Shown, plate_face

WORDS_OF_VERDICTS = (
    "In range",
    "In tolerance",
    "Shorter than range",
    "Longer than range",
    "Other-arm length",
)


def test_no_verdict_word_before_the_scheme_is_signed() -> None:
    model, _ = opened(case(reading("proximal", 54), reading("distal", 22), scheme=UNSIGNED))
    for end in ("proximal", "distal"):
        plate = face(model, end).plate
        assert (plate.word, plate.kind) == ("Reference only", "neutral")
    assert face(model).plate.distance == "+0.4 cm"
    assert margin_notes.diagram(model).distal.kind == "neutral"


@pytest.mark.parametrize(
    ("feedback", "word"), [("after_record", "Judged when recorded"), ("off", "No verdict shown")]
)
def test_a_signed_scheme_without_live_feedback_judges_no_plan(feedback: str, word: str) -> None:
    """The scheme that is signed says live; a plan that may not be judged is seen through its judgement."""
    view = replace(case(), feedback=feedback)
    shown = Shown(
        "proximal", "plan", view.record.proximal, 54, Judgement("within_protocol", "dim", delta_mm=4)
    )
    plate = plate_face(view, shown, Lane())
    assert (plate.word, plate.kind) == (word, "neutral")


def test_the_reduced_distal_end_is_bright_and_the_low_tolerance_is_not_green() -> None:
    model, _ = opened(case(reading("proximal", 46), reading("distal", 22)))
    assert (face(model, "distal").plate.kind, face(model, "distal").plate.word) == (
        "bright",
        "Shorter than range",
    )
    low = face(model).plate
    assert (low.kind, low.word, low.distance) == ("neutral", "In tolerance", "−0.4 cm")


def test_a_quiet_verdict_keeps_its_shape_on_a_neutral_plate() -> None:
    model, _ = opened(case(reading("proximal", 42), reading("distal", 31)))
    plate = face(model).plate
    assert (plate.code, plate.kind) == ("short_warning", "neutral")


def test_without_an_arm_readings_are_taken_and_not_judged() -> None:
    model, lane = opened(case(arm="to_follow"))
    assert margin_notes.safety(model).code == ""
    model.press("103")
    model.commit()
    lane.last("record_reading").answer()
    assert face(model).plate.word == "Allocation to follow"
    assert face(model).target == ""


@pytest.mark.parametrize("value", [34, 39, 46, 19, 60])
def test_an_estimate_has_an_interval_and_never_a_verdict(value: int) -> None:
    fresh = reading("distal", value, "fresh_unpinned"), reading("proximal", value + 30, "fresh_unpinned")
    model, _ = opened(case(*fresh, removed_at=AT), step="specimen")
    plate = face(model, "distal").plate
    assert plate.kind == "hatched"
    assert plate.word.startswith("In vivo about")
    assert not any(word in plate.word for word in WORDS_OF_VERDICTS)
    assert plate.caption in ("not decisive", "estimate, not of record")
    assert face(model, "distal").value == f"{value // 10}.{value % 10}", "the raw value stands large"
    assert margin_notes.diagram(model).distal.bands is None


def test_an_interval_that_crosses_a_limit_is_not_decisive() -> None:
    model, _ = opened(case(reading("distal", 34, "fresh_unpinned"), removed_at=AT), step="specimen")
    assert face(model, "distal").plate.caption == "not decisive"


def test_the_safety_line_stands_apart_and_is_seen_by_name() -> None:
    model, lane = opened(case(reading("proximal", 54), reading("distal", 18)))
    bar = margin_notes.safety(model)
    assert bar.code == "safety_alert"
    assert bar.text == "Distal 1.8 cm · Below the study's safety line (2.0 cm)"
    answers = MarginAnswers(model)
    answers.open("safety", "distal")
    answers.answer("zhang")
    assert lane.last("acknowledge_safety").kwargs == {"case": "case-1", "by": "zhang"}


def test_the_safety_line_rises_where_only_a_scar_is_left() -> None:
    model, _ = opened(case(reading("distal", 26), tumour_appearance="scar_only"))
    assert margin_notes.safety(model).text.endswith("(3.0 cm)")


def test_a_blinded_pathologist_begins_at_the_specimen_and_sees_no_arm() -> None:
    model, lane = opened(blinded(), user="li")
    assert model.step == "specimen"
    assert [chip.code for chip in state_chips(model, "proximal")] == ["state:fresh", "state:fixed", "pin"]
    assert "Li Wei" in [chip.text for chip in detail_chips(model, "proximal")], "measured by me, and shown"
    model.press("46")
    model.commit()
    lane.last("record_reading").answer()
    shown = face(model)
    assert (shown.plate.word, shown.target) == ("Recorded", "")
    assert margin_notes.safety(model).code == ""
    model.activate("distal")
    model.press("12")
    model.commit()
    assert margin_notes.safety(model).code == "", "safety could tell one arm from the other"


def test_both_versions_of_a_conflict_are_named_with_their_authors() -> None:
    seen = reading("proximal", 54, conflict=(54, 45))
    typed = ConflictView(seen.rec, "reading", "entered", (("5.4", "wang", AT), ("4.5", "zhang", AT)))
    torn = ConflictView(seen.rec, "reading", "value_mm", (("54", "wang", AT), ("45", "zhang", AT)))
    model, _ = opened(case(seen, conflicts=(typed, torn)))
    note = margin_notes.notice(model)
    assert note.tone == "bad"
    assert note.text.startswith("Proximal margin, In vivo. Two versions"), "it says which length"
    for part in ("5.4 cm (Wang Min", "4.5 cm (Zhang San", "both kept"):
        assert part in note.text
    assert face(model).plate.word == "No verdict"


def test_a_length_torn_in_two_was_entered_and_has_no_verdict() -> None:
    torn = reading("distal", None, "fresh_unpinned", conflict=(33, 29))
    model, _ = opened(case(torn), step="specimen")
    plate = face(model, "distal").plate
    assert (plate.code, plate.word) == ("no_verdict", "No verdict")
    assert "3.3, 2.9" in " ".join(face(model, "distal").captions)


def test_after_confirmation_the_pair_is_read_only() -> None:
    pair = reading("proximal", 54, signed=True), reading("distal", 31, signed=True)
    model, lane = opened(case(*pair, lifecycle="confirmed"))
    model.press("60")
    assert face(model).value == "5.4"
    assert margin_notes.notice(model).text.startswith("Confirmed and read-only. Amend")
    assert not any(chip.enabled for chip in detail_chips(model, "proximal"))
    assert not lane.named("change_reading")


def test_a_read_only_end_keeps_its_state_whatever_is_pressed() -> None:
    pair = reading("proximal", 54, signed=True), reading("distal", 31, signed=True)
    model, _ = opened(case(*pair, lifecycle="confirmed"))
    MarginAnswers(model).state("proximal", "exteriorised")
    assert face(model).value == "5.4"
    assert [chip.code for chip in state_chips(model, "proximal") if chip.on] == ["state:in_vivo"]


def test_a_length_from_a_mark_says_what_it_is_with_its_offset() -> None:
    marked = reading("distal", 12, edge="tattoo", landmark_offset_mm=20)
    model, _ = opened(case(reading("proximal", 54), marked))
    assert face(model, "distal").captions[0] == "Tattoo: with its offset 3.2 cm from the edge"
    assert margin_notes.diagram(model).distal.value_mm == 32
