"""The sync page in words: the three answers, unfinished first, offline grey, every state of an item."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.actions.views import LedgerItem, SyncView
from reset_or.base.clock import DAY_MS
from reset_or.base.words import LANGUAGES, Language, say
from ui.viewmodels import sync
from ui.viewmodels.closing import closing_lines
from ui.viewmodels.moments import Moment
from ui.viewmodels.pace import Pace, time_left

pytestmark = pytest.mark.text
NOW = Moment(1_795_415_400_000, 480)
VIEW = SyncView(
    answer="safely_stored", unfinished=0, only_here=5, photos_only_here=2, sent=7, total=12,
    sent_bytes=38_400_000, total_bytes=61_000_000, oldest_unsent_at=NOW.at - 1000, last_complete_at=NOW.at,
    running=True, connected=True, problem="", retry_at=None, items=(),
)  # fmt: skip
ITEM = LedgerItem("1", "photo", "03-0147", "c", 18_200_000, "only_here")

items = st.builds(
    LedgerItem,
    item=st.uuids().map(str),
    kind=st.sampled_from(["photo", "reading", "case", "sign", "draft", "person", "strange"]),
    subject=st.just("03-0147"),
    case=st.just("c"),
    size=st.integers(0, 10**9),
    state=st.sampled_from(["draft", "only_here", "sending", "at_relay", "at_centre", "needs_you"]),
    sent_bytes=st.integers(0, 10**9),
    reason=st.sampled_from(["", "conflict", "refused", "never_heard_of"]),
    at=st.one_of(st.none(), st.integers(NOW.at - DAY_MS, NOW.at)),
    verb=st.sampled_from(["", "compare", "open"]),
)
views = st.builds(
    replace,
    st.just(VIEW),
    answer=st.sampled_from(["all_uploaded", "at_relay", "safely_stored", "writing"]),
    unfinished=st.integers(0, 3),
    only_here=st.integers(0, 30),
    at_relay=st.integers(0, 30),
    connected=st.sampled_from([None, True, False]),
    running=st.booleans(),
    items=st.lists(items, max_size=12).map(tuple),
)


def page(view: SyncView, language: Language = "en") -> sync.PageView:
    return sync.page_view(view, NOW, language, "03")


@given(views)
def test_the_page_never_tells_anybody_to_keep_it_open(view: SyncView) -> None:
    for language in ("en", "zh"):
        shown = page(view, language)
        for word in ("do not close", "keep reset-or open", "请勿关闭"):
            assert word not in f"{shown.headline} {shown.advice}".lower()


@given(views)
def test_only_writing_asks_to_wait_and_offline_is_never_red(view: SyncView) -> None:
    shown = page(view)
    assert ("wait" in shown.headline.lower()) == (view.answer == "writing")
    assert shown.connection_tone != "bad"
    if view.connected is False:
        assert shown.connection_tone == "text2"


@given(views)
def test_what_is_not_finished_is_said_before_the_answer(view: SyncView) -> None:
    if view.unfinished and view.answer != "writing":
        assert page(view).headline == say("sync.unfinished", "en", n=view.unfinished)


@given(st.lists(items, max_size=20))
def test_what_needs_a_person_stands_above_what_goes_by_itself(found: list[LedgerItem]) -> None:
    shown = page(replace(VIEW, items=tuple(found))).items
    order = [
        ["draft", "needs_you", "sending", "only_here", "at_relay", "at_centre"].index(i.state) for i in shown
    ]
    assert order == sorted(order)
    assert len(shown) == len(found)


@given(items)
def test_no_item_shows_a_code_or_a_whole_hundred_percent_while_it_is_sent(item: LedgerItem) -> None:
    for language in ("en", "zh"):
        row = page(replace(VIEW, items=(item,)), language).items[0]
        assert "_" not in row.spoken
        assert row.percent is None or 0 <= row.percent <= 99
        assert (row.percent is not None) == (item.state == "sending")


def test_the_longest_waiting_is_next_and_carries_the_countdown_and_its_button() -> None:
    waiting = [replace(ITEM, item=str(n), at=NOW.at - n * 1000, sent_bytes=9 * (n == 3)) for n in (1, 3, 2)]
    shown = page(
        replace(VIEW, running=False, connected=False, retry_at=NOW.at + 45_000, items=tuple(waiting))
    )
    assert [row.item for row in shown.items] == ["3", "2", "1"]
    assert shown.items[0].state_text == "No answer. Again in 0:45"
    assert [row.verb for row in shown.items] == ["try_now", "", ""]


def test_the_three_answers(language: Language) -> None:
    said = {
        answer: page(replace(VIEW, answer=answer, running=False), language).advice
        for answer in ("all_uploaded", "safely_stored", "writing")
    }
    switch = {"en": "switch off", "zh": "可关机"}[language]
    assert switch in said["all_uploaded"].lower()
    assert switch in said["safely_stored"].lower()
    assert switch not in said["writing"].lower() or language == "en"


def test_the_bar_counts_bytes_and_the_words_count_items() -> None:
    shown = page(VIEW)
    assert shown.portion == 38_400_000 * 1000 // 61_000_000
    assert (shown.items_done, shown.bytes_done) == ("7 of 12 sent", "38.4 MB of 61.0 MB")


def test_age_of_the_oldest_decides_the_colour_not_the_count() -> None:
    many = replace(VIEW, only_here=400)
    assert page(many).tone == "accent"
    old = replace(VIEW, only_here=1, oldest_unsent_at=NOW.at - sync.LATE_DAYS * DAY_MS)
    assert page(old).tone == "short"
    assert "3 days" in page(old).advice


def test_a_retry_counts_down_on_the_item_whose_turn_it_is() -> None:
    view = replace(
        VIEW, connected=False, running=False, retry_at=NOW.at + 45_000, items=(ITEM, replace(ITEM, item="2"))
    )
    rows = page(view).items
    assert rows[0].state_text == "No answer. Again in 0:45"
    assert rows[1].state_text == "Only on this device"
    assert page(view).button == "try_now"


def test_what_was_broken_off_says_where_it_goes_on() -> None:
    half = replace(ITEM, sent_bytes=11_648_000)
    assert page(replace(VIEW, items=(half,))).items[0].state_text == "Continuing at 64 %"


def test_practice_has_nothing_to_press() -> None:
    shown = page(replace(VIEW, practice=True))
    assert shown.button == "none"
    assert shown.connection.endswith("Practice: nothing is sent")


def test_the_rail_counts_drafts_too() -> None:
    assert sync.waiting_count(replace(VIEW, unfinished=2)) == 7
    assert sync.waiting_count(replace(VIEW, unfinished=2, at_relay=3)) == 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_at_the_relay_is_never_called_uploaded_and_never_green(language: Language) -> None:
    at_relay = replace(VIEW, answer="at_relay", only_here=0, at_relay=3, running=False)
    page = sync.page_view(at_relay, NOW, language)
    assert page.headline == say("sync.at_relay", language, n=3)
    assert page.advice == say("sync.at_relay_advice", language)
    assert (page.icon, page.tone) == ("server", "accent")
    stuck = sync.page_view(replace(at_relay, problem="relay_withdrawn"), NOW, language)
    assert (stuck.headline, stuck.advice, stuck.tone) == (
        page.headline, say("sync.at_relay_stuck", language), "short",
    )  # fmt: skip
    late = replace(at_relay, oldest_at_relay_at=NOW.at - sync.LATE_DAYS * DAY_MS)
    assert sync.page_view(late, NOW, language).tone == "short"
    for other in (VIEW, replace(VIEW, unfinished=1)):
        both = sync.page_view(replace(other, at_relay=3), NOW, language)
        assert say("sync.at_relay_too", language, n=3) in both.advice
    drafts = sync.page_view(replace(at_relay, unfinished=1), NOW, language)
    assert drafts.advice == say("sync.then_at_relay", language, n=3)
    row = sync.page_view(replace(at_relay, items=(replace(ITEM, state="at_relay"),)), NOW, language).items[0]
    assert (row.state_text, row.tone, row.faded) == (say("sync.state_at_relay", language), "text2", False)
    said = [text for _icon, _tone, text in closing_lines(at_relay, language)]
    assert said == [
        say("ui_shell.close_at_relay", language, n=3), say("ui_shell.close_relay_safe", language),
    ]  # fmt: skip


@given(views)
def test_closing_always_ends_with_whether_one_may_switch_off(view: SyncView) -> None:
    lines = closing_lines(view, "en")
    assert ("switch off" in lines[-1][2]) != (view.answer == "writing")
    said = " ".join(text for _icon, _tone, text in lines)
    if view.unfinished:
        assert lines[0][2] == say("ui_shell.close_unfinished", "en", n=view.unfinished)
    if view.only_here:
        assert say("ui_shell.close_only_here", "en", n=view.only_here) in said


def test_time_left_is_said_when_it_is_known_and_does_not_jump() -> None:
    pace, mb = Pace(), 1_000_000
    pace.note(0, 60 * mb, 0)
    pace.note(mb, 60 * mb, 1_000)
    assert pace.minutes is None, "one second says nothing"
    pace.note(4 * mb, 60 * mb, 4_000)
    assert pace.minutes == 1
    said = set()
    for second in range(5, 40):
        wobble = (second % 3) * mb // 2
        pace.note(second * mb + wobble // 4, 60 * mb, second * 1_000)
        said.add(pace.minutes)
    assert said == {1}
    pace.note(41 * mb, 60 * mb, 400_000)  # the network all but stopped
    pace.note(41 * mb + 1, 60 * mb, 460_000)
    assert pace.minutes is not None
    assert pace.minutes > 5
    pace.begin()
    assert pace.minutes is None


@given(st.lists(st.tuples(st.integers(1, 5_000_000), st.integers(1, 20_000)), max_size=40))
def test_time_left_is_never_negative_and_changes_at_most_every_five_seconds(
    steps: list[tuple[int, int]],
) -> None:
    pace, done, now_ms, last, changed_ms = Pace(), 0, 0, None, -10_000
    for octets, took_ms in steps:
        done, now_ms = done + octets, now_ms + took_ms
        pace.note(done, 10**9, now_ms)
        if pace.minutes != last:
            assert pace.minutes is not None
            assert pace.minutes >= 0
            assert now_ms - changed_ms >= 5_000
            last, changed_ms = pace.minutes, now_ms


@pytest.mark.parametrize(("minutes", "text"), [
    (None, ""), (0, "Less than a minute."), (1, "About 1 minute."), (2, "About 2 minutes."),
    (13, "About 15 minutes."), (61, "About 2 hours."),
])  # fmt: skip
def test_time_left_in_words(minutes: int | None, text: str) -> None:
    assert time_left(minutes, "en") == text


@pytest.mark.parametrize(("off_ms", "part"), [
    (840_000, "14 min behind"), (-840_000, "14 min ahead"), (3 * 3_600_000, "3 h behind"),
    (-60 * 86_400_000, "60 days ahead"),
])  # fmt: skip
def test_a_wrong_clock_in_words(off_ms: int, part: str) -> None:
    assert part in page(replace(VIEW, clock_off_ms=off_ms)).clock
    assert page(replace(VIEW, clock_off_ms=off_ms), "zh").clock
    assert page(VIEW).clock == ""


def test_a_pause_is_a_state_of_its_own_and_what_was_sent_stays() -> None:
    shown = page(replace(VIEW, paused=True, running=False, items=(replace(ITEM, sent_bytes=11_648_000),)))
    assert (shown.button, shown.connection_tone) == ("continue", "text2")
    assert shown.items[0].state_text == "Continuing at 64 %"
