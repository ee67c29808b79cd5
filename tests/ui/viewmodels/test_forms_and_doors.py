"""New case and allocation as typed, the unlock page in words, what waits for a signature, the cover."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.actions.views import HIDDEN, ToSignRow
from reset_or.base import words
from reset_or.base.errors import UserFixable
from reset_or.base.words import Language
from reset_or.store.states import OPEN_STATES
from reset_or.workspace import Probe, Tile
from ui.viewmodels import case_form, to_sign, unlock
from ui.viewmodels.case_form import CaseForm
from ui.viewmodels.identity import elapsed_text
from ui.viewmodels.moments import Moment

pytestmark = pytest.mark.text
GOOD = CaseForm(subject="03-0151", sex="f", age="61")
NOW = Moment(1_795_415_400_000, 480)


def test_a_good_form_has_no_problem_and_no_arm_is_a_state() -> None:
    assert case_form.problems(GOOD) == {}
    assert case_form.arguments(GOOD)["arm"] == "to_follow"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"subject": "3-151"}, "subject"), ({"subject": "03-0151x"}, "subject"), ({"sex": ""}, "sex"),
        ({"age": "17"}, "age"), ({"age": "81"}, "age"), ({"age": "sixty"}, "age"), ({"age": "²"}, "age"),
        ({"planned_on": "23.11.2026"}, "planned_on"), ({"planned_on": "2026-02-30"}, "planned_on"),
        ({"planned_on": "20261123"}, "planned_on"),
        ({"tumour_cm": "0"}, "tumour_cm"), ({"tumour_cm": "20.1"}, "tumour_cm"),
        ({"tumour_cm": "4.25"}, "tumour_cm"), ({"arm": "reduced"}, "rand_no"),
        ({"arm": "reduced", "rand_no": "R1", "rand_no_again": "R2"}, "rand_no_again"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_at_its_own_field(change: dict[str, str], wrong: str) -> None:
    found, known = case_form.problems(replace(GOOD, **change)), words.keys()
    assert list(found) == [wrong]
    assert f"cases.{found[wrong]}" in known


@given(st.integers(1, 200))
def test_a_tumour_length_in_centimetres_is_kept_in_whole_millimetres(length_mm: int) -> None:
    assert case_form.tumour_mm(f"{length_mm // 10}.{length_mm % 10}") == length_mm


def test_a_number_typed_for_an_arm_that_was_taken_back_is_not_sent() -> None:
    form = replace(GOOD, arm="to_follow", rand_no="R1", rand_no_again="R2")
    assert case_form.problems(form) == {}
    assert (case_form.arguments(form)["rand_no"], case_form.arguments(form)["rand_no_again"]) == ("", "")


def probe(state: str, **more: object) -> Probe:
    given = {"study": "S", "site": "03", "demo": False, "practice": False, "demo_passwords": {}} | more
    people = (Tile("wang", "or_nurse", "Wang Min"),)
    return Probe(state=state, people=people, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [s for s in OPEN_STATES if s not in ("ok", "locked")])
def test_every_open_state_has_a_title_and_advice_of_its_own(state: str, language: Language) -> None:
    trouble = unlock.unlock_view(probe(state), language).trouble
    assert trouble is not None
    generic = words.say("errors.kind_userfixable", language)
    assert trouble.title not in ("", generic)
    assert trouble.advice
    assert "{" not in trouble.title + trouble.advice


def test_the_open_states_do_not_look_alike(language: Language) -> None:
    titles = [unlock.state_trouble(s, language).title for s in OPEN_STATES if s not in ("ok", "locked")]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("state", ["no-data", "db-missing", "db-damaged", "keyring-missing", "in-use"])
def test_where_nobody_can_sign_in_no_password_is_asked(state: str) -> None:
    assert not unlock.unlock_view(probe(state), "en").asks


def test_who_holds_the_data_is_said_by_its_process(language: Language) -> None:
    known = unlock.unlock_view(probe("in-use", in_use_pid=4711), language).trouble
    unknown = unlock.unlock_view(probe("in-use"), language).trouble
    assert known is not None
    assert unknown is not None
    assert "4711" in known.advice
    assert "None" not in unknown.advice


def test_reduced_protection_is_said_quietly_and_never_of_a_demo(language: Language) -> None:
    said = unlock.unlock_view(probe("ok", reduced=True), language)
    assert said.protection == words.say("unlock.reduced", language)
    assert said.asks
    assert said.trouble is None, "nothing is wrong"
    assert not unlock.unlock_view(probe("ok"), language).protection
    assert not unlock.unlock_view(probe("ok", reduced=True, demo=True), language).protection


def test_demo_passwords_are_shown_in_a_demo_only() -> None:
    passwords = {"wang": "demo-wang"}
    demo = unlock.unlock_view(probe("locked", demo=True, demo_passwords=passwords), "en")
    real = unlock.unlock_view(probe("locked", demo=False, demo_passwords=passwords), "en")
    assert "demo-wang" in demo.people[0].hint
    assert real.people[0].hint == ""


def test_the_wait_after_misses_is_said_in_seconds_then_minutes() -> None:
    assert unlock.seconds_to_wait(UserFixable("sign_in_wait", seconds=4)) == 4
    assert unlock.seconds_to_wait(UserFixable("open_wrong_password")) == 0
    assert unlock.wait_text(4, "en") == "Wait 4 s before the next try"
    assert unlock.wait_text(121, "en") == "Wait 3 min before the next try"


LINES: tuple[dict[str, str | int], ...] = (
    {"label": "subject", "value": "03-0145"},
    {"label": "arm", "value": "reduced"},
    {"label": "proximal.main", "value": 103, "unit": "mm", "state": "in_vivo", "verdict": "within_protocol"},
    {"label": "distal.main", "missing": "rescue_bleeding", "state": "in_vivo"},
    {"label": "distal.extra", "value": 8, "unit": "mm", "state": "fresh_unpinned", "reason": "perfusion"},
    {"label": "photo", "sha256": "0" * 64},
)
ROW = ToSignRow("c", "03-0145", "confirmed", "wang", NOW.at - 60_000, NOW.at + 1, LINES)


def test_the_lines_are_those_that_were_read_back(language: Language) -> None:
    view = to_sign.sign_view(ROW, {"wang": "Wang Min"}, NOW, language)
    assert [line.value for line in view.lines] == ["10.3", "", "0.8"]
    assert view.photos == 1
    assert view.arm == "reduced"
    assert "Wang Min" in view.recorded
    assert not any("_" in line.note + line.title + line.verdict_text for line in view.lines)
    note = {"en": "Not measured: Bleeding or rescue", "zh": "未测：抢救/出血"}[language]
    assert view.lines[1].note == note
    assert [line.estimate for line in view.lines] == [False, False, True]


def test_after_the_time_it_is_said_to_be_late() -> None:
    assert to_sign.sign_view(replace(ROW, due_at=NOW.at - 1), {}, NOW, "en").late
    assert not to_sign.sign_view(ROW, {}, NOW, "en").late


def test_a_hidden_arm_is_not_shown_to_the_signer() -> None:
    hidden = replace(ROW, lines=({"label": "arm", "value": HIDDEN}, *LINES[2:]))
    view = to_sign.sign_view(hidden, {}, NOW, "en")
    assert (view.arm, view.arm_text) == ("", "")


def test_one_case_may_wait_for_two_meanings() -> None:
    views = to_sign.sign_views((ROW, replace(ROW, meaning="measured")), {}, NOW, "en")
    assert len({view.key for view in views}) == 2


def test_a_running_time_names_its_units(language: Language) -> None:
    said = elapsed_text(NOW.at - 527_000, NOW.at, language)
    assert said == {"en": "8 min 47 s since removal", "zh": "已离体 8 分 47 秒"}[language]
    assert elapsed_text(NOW.at + 5000, NOW.at, "en").startswith("0 min 0 s"), "a clock set back shows 0"
