"""The sync page on the real ledger: counts, three answers, the runner's offline state, pause and try now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import drafts, ledger
from reset_or.actions.servers import keep_server
from reset_or.base import words
from reset_or.base.errors import EnvironmentTrouble
from tests.fakes.screen import Screen
from ui.syncing import LATEST_MS, LEAST_MS, RELAY_MS, SOON_MS

pytestmark = pytest.mark.ui


@dataclass(frozen=True)
class End:
    problem: str = ""
    alarm: str = ""
    paused: bool = False
    complete: bool = False
    pushed: int = 0
    photos_up: int = 0
    at_relay: int = 0
    retry_s: int | None = None


@pytest.fixture
def page(nurse: Screen) -> Screen:
    nurse.shell.navigate("sync")
    return nurse


def test_unsent_items_are_counted_and_said_to_be_safe(page: Screen) -> None:
    assert page.page._ledger.answer == "safely_stored"
    count = page.page._ledger.only_here
    assert count > 0
    assert page.page.headline.text() == words.say("sync.safely_stored", "en", n=count)
    assert "You may switch off" in page.page.advice.text()
    assert page.window.rail.button("sync").place.count == count


def test_an_unfinished_entry_comes_first(page: Screen) -> None:
    case = page.site.cases["03-0147"]
    page.workspace.do(drafts.save_draft, page="margins", case=case, data={"proximal": "5"})
    page.page.ask()
    assert page.page.headline.text() == words.say("sync.unfinished", "en", n=1)
    first = page.page.list.rows()[0]
    assert (first.state, first.verb) == ("draft", "continue")


def test_no_answer_is_grey_tried_again_later_and_never_an_error(page: Screen) -> None:
    runner = page.shell.syncing
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    runner.draw = lambda: 1.0
    runner._done(End(problem="server_unreachable"))
    assert not page.page.problem.isVisible()
    assert page.page._view.connection_tone == "text2"
    first, at = runner.status.retry_at, page.clock.now_at()
    runner._done(End(problem="server_unreachable"))
    assert first - at < runner.status.retry_at - at, "each silence waits longer"
    assert page.page._view.button == "try_now"


def test_after_an_outage_not_all_devices_come_back_at_once(page: Screen) -> None:
    runner, now_at = page.shell.syncing, page.clock.now_at()
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    for _ in range(6):
        runner._done(End(problem="server_unreachable"))
    waits = []
    for part in (0.0, 0.25, 0.5, 1.0):
        runner.draw = lambda part=part: part
        runner._done(End(problem="server_unreachable"))
        waits.append(runner.status.retry_at - now_at)
    assert waits == [LEAST_MS, LATEST_MS // 4, LATEST_MS // 2, LATEST_MS]
    runner.draw = lambda: 0.5
    runner._done(End(problem="server_overloaded", retry_s=60))
    assert runner.status.retry_at - now_at == 60_000 + LATEST_MS // 2, "spread behind the server's wish"


def test_after_sleep_it_is_tried_at_once_with_a_new_nonce(page: Screen) -> None:
    runner, begun = page.shell.syncing, []
    runner._begin = lambda: begun.append(1)
    page.workspace.context.sync.nonce = "old"
    page.clock.advance(9_000)
    runner.pulse()
    assert begun == [], "time only passed"
    page.clock.at += 3_600_000  # the wall clock went on while the steady one stood still
    page.clock.ticks += 9_000
    runner.pulse()
    assert (len(begun), page.workspace.context.sync.nonce) == (1, "")
    page.clock.advance(3_600_000)  # both went on while nobody asked
    runner.pulse()
    assert len(begun) == 2
    page.clock.at -= 86_400_000  # somebody set the clock
    runner.pulse()
    assert len(begun) == 3
    runner.pause()
    page.clock.at += 86_400_000
    runner.pulse()
    assert len(begun) == 3, "paused is paused"


def test_what_hung_over_sleep_is_followed_by_a_new_try_soon(page: Screen) -> None:
    runner = page.shell.syncing
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    runner._set(running=True)
    runner.resume()
    runner._done(End(problem="server_slow"))
    assert runner.status.retry_at - page.clock.now_at() == SOON_MS


def test_what_is_at_the_relay_is_asked_for_soon_and_then_ever_later(page: Screen) -> None:
    runner = page.shell.syncing
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    page.workspace.start_sync = lambda **_said: None  # photos stay under way
    runner.draw = lambda: 1.0

    def waits_after(**said: int) -> int:
        runner._done(End(**said))
        assert runner._timer.isActive()
        return runner._timer.interval()

    assert waits_after(pushed=2, at_relay=2) == RELAY_MS
    assert [waits_after(at_relay=2) for _ in range(9)] == [
        min(RELAY_MS << n, LATEST_MS) for n in range(1, 10)
    ]
    assert waits_after(pushed=1, at_relay=3) == RELAY_MS, "something new is asked for anew"
    assert waits_after(at_relay=3) == RELAY_MS * 2
    assert waits_after() == LATEST_MS, "all is at the centre: as quiet as ever"
    runner._moved(End(photos_up=1, at_relay=1))
    assert runner._timer.interval() == RELAY_MS, "a photo that came to the relay after the records"
    page.shell.syncing.pause()
    runner._moved(End(photos_up=1, at_relay=1))
    assert not runner._timer.isActive()


def test_the_row_whose_turn_it_is_can_be_tried_now(page: Screen) -> None:
    runner, asked = page.shell.syncing, []
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    runner._done(End(problem="server_unreachable"))
    row = next(row for row in page.page.list.rows() if row.verb == "try_now")
    page.shell.sync_wanted.connect(asked.append)
    runner._begin = lambda: None
    page.page._act(row)
    assert asked == [True]


def test_a_page_of_another_service_says_what_to_do(page: Screen) -> None:
    page.workspace.do(keep_server, url="https://trial.example")
    page.shell.syncing._done(End(problem="proxy_needs_sign_in"))
    assert "trial.example:443" in page.page.problem.advice.text()
    assert page.page._view.connection_tone == "text2"
    page.shell.syncing._done(End(problem="server_not_ours"))
    assert "in a browser" in page.page.problem.advice.text()


def test_a_clock_that_is_off_is_named_and_stops_nothing(page: Screen) -> None:
    assert not page.page.clock.isVisible()
    page.workspace.context.sync.clock_off_ms = 14 * 60_000 + 5_000
    page.page.ask()
    assert page.page.clock.isVisible()
    assert "14 min behind" in page.page.clock.label.text()
    case = page.site.cases["03-0147"]
    page.workspace.do(drafts.save_draft, page="margins", case=case, data={"proximal": "5"})


def test_a_computer_that_was_not_yet_restarted_says_so_until_a_person_waives_it(page: Screen) -> None:
    assert not page.page.notices.restart.isVisible()
    page.workspace.context.reboot_test = "pending"
    page.shell.navigate("cases")
    assert page.page.notices.restart.isVisible()
    page.shell.navigate("sync")
    assert page.page.notices.restart.isVisible()
    page.page.notices.restart.acted.emit("waive")
    page.window.sheet.back.click()
    assert page.page.notices.restart.isVisible(), "restart later"
    page.page.notices.restart.acted.emit("waive")
    page.window.sheet.go.click()
    assert not page.page.notices.restart.isVisible()
    assert page.workspace.reboot_test == "waived"


def test_a_refusal_is_shown_with_its_words_and_code(page: Screen) -> None:
    page.shell.syncing._done(End(problem="server_certificate"))
    title, _ = words.explain(EnvironmentTrouble("server_certificate"), "en")
    assert page.page.problem.title.text() == title
    page.shell.syncing._done(End())
    assert not page.page.problem.isVisible()


def test_trouble_with_photos_is_shown_and_holds_no_record_up(page: Screen) -> None:
    runner, begun = page.shell.syncing, []
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    page.workspace.start_sync = lambda **said: begun.append(1) if said.get("photos") else None
    runner._done(End(complete=True))
    assert (begun, runner.status.moving, runner.status.running) == ([1], True, False)
    runner._done(End(complete=True))  # a margin meanwhile, and perhaps a photo with it
    assert begun == [1]
    runner._moved(End(complete=True))
    assert begun == [1, 1], "what came meanwhile follows"
    runner._moved(End(problem="quota_site", retry_s=3600))
    assert page.page.problem.isVisible()
    assert (runner.status.retry_at, runner.status.moving) == (None, False)
    runner._asked(False)
    assert (runner._timer.isActive(), runner._timer.interval()) == (True, SOON_MS)
    runner._done(End(complete=True))
    assert begun == [1, 1], "records went, photos wait as the server wished"
    page.clock.advance(3_700_000)
    runner._done(End(complete=True))
    assert begun == [1, 1, 1]
    runner._moved(End(complete=True))
    assert not page.page.problem.isVisible()


def test_a_person_who_asks_moves_photos_at_once(page: Screen) -> None:
    runner, begun = page.shell.syncing, []
    page.workspace.do(keep_server, url="http://127.0.0.1:9")

    def start(**said: Any) -> None:
        if said.get("photos"):
            begun.append(1)
        else:
            said["done"](End(complete=True))

    page.workspace.start_sync = start
    runner._moved(End(problem="server_unreachable"))
    runner._done(End(complete=True))
    assert begun == []
    page.shell.sync_wanted.emit(True)
    assert begun == [1]


def test_practice_sends_nothing_and_offers_nothing_to_press(page: Screen) -> None:
    page.workspace.do(keep_server, url="http://127.0.0.1:9")
    page.workspace.save_settings(practice=True)
    assert not page.shell.syncing.possible


def test_pause_holds_until_a_person_asks_again(page: Screen) -> None:
    page.shell.syncing.pause()
    page.shell.sync_soon()
    assert page.shell.syncing.status.paused
    assert not page.shell.syncing._timer.isActive()
    assert page.page._view.button == "continue"
    page.started.session.lock()
    page.sign_in("wang")
    page.shell.navigate("sync")
    assert page.page._view.button == "continue", "locking is not continuing"
    page.page.button.click()
    assert not page.shell.syncing.status.paused


def test_the_receipt_of_the_shift_is_shown_from_memory_and_saved_where_one_says(
    page: Screen, tmp_path: Path
) -> None:
    page.page.receipt.click()
    assert page.window.page_name == "receipt"
    receipt, count = page.page, page.workspace.do(ledger.sync_view).only_here
    assert receipt.headline.text() == words.say("shift.only_here", "en", n=count)
    assert receipt.pdf.pages >= 1
    assert receipt.save.isEnabled()
    receipt.since.chosen.emit("hours12")
    assert receipt.model.facts.since == "hours12"
    place = tmp_path / receipt.model.file_name()
    receipt.save_to(place)
    assert place.read_bytes() == receipt.model.pdf
    receipt.since.chosen.emit("last")
    assert receipt.model.facts.since == "last", "what left the program is where the next one begins"
    receipt.back.click()
    assert page.window.page_name == "sync"
    assert receipt.model.pdf is None, "nothing of it stays in memory"


@pytest.mark.parametrize(
    ("free", "said"), [(400_000_000, ""), (190_400_000, "190 MB"), (49_000_000, "paused")]
)
def test_a_disk_that_is_nearly_full_is_said_on_both_pages(
    page: Screen, monkeypatch: pytest.MonkeyPatch, free: int, said: str
) -> None:
    monkeypatch.setattr(ledger, "free_space", lambda _folder: free)
    for name in ("sync", "cases"):
        page.shell.navigate(name)
        assert page.page.notices.space.isVisible() is bool(said)
        assert said in page.page.notices.space.label.text()
