"""People at one computer: password, PIN, cover, lock; what the workspace tells its listeners."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.actions import cases, people
from reset_or.actions.context import Secret
from reset_or.base.changes import Changes
from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Workspace]:
    workspace = make_workspace(tmp_path / "home")
    yield workspace
    workspace.lock()


def test_before_the_password_only_names_are_known(desk: Workspace) -> None:
    probe = desk.probe()
    assert (probe.state, [tile.user for tile in probe.people]) == ("locked", ["zhang", "wang", "chen", "li"])
    assert not desk.unlocked
    for ask in (lambda: desk.context, lambda: desk.desk, lambda: desk.opened):
        with pytest.raises(UserFixable, match="not_signed_in"):
            ask()


def test_a_second_person_signs_in_beside_the_first(desk: Workspace) -> None:
    desk.unlock("wang", password_of("wang"))
    desk.unlock("zhang", password_of("zhang"))
    assert (desk.active, desk.active_role, desk.signed_in) == ("zhang", "surgeon", ("wang", "zhang"))
    desk.switch_active("wang", Secret("password", password_of("wang")))
    assert desk.active == "wang"
    desk.sign_out("wang")
    assert desk.signed_in == ("zhang",)


def test_a_cover_keeps_only_people_whose_pin_was_used(desk: Workspace) -> None:
    desk.unlock("wang", password_of("wang"))
    desk.unlock("zhang", password_of("zhang"))
    desk.set_pin("zhang", "904417")
    desk.cover()
    with pytest.raises(UserFixable, match="session_over"):
        desk.uncover("wang", "904417")
    with pytest.raises(UserFixable, match="wrong_pin"):
        desk.uncover("zhang", "111222")
    desk.uncover("zhang", "904417")
    assert desk.active == "zhang"
    desk.do(people.set_printed_name, user="zhang", name="Zhang the Surgeon")


def test_five_wrong_pins_leave_only_the_password(desk: Workspace) -> None:
    desk.unlock("zhang", password_of("zhang"))
    desk.set_pin("zhang", "904417")
    desk.cover()
    codes = []
    for _ in range(6):
        with pytest.raises(UserFixable) as caught:
            desk.uncover("zhang", "000111")
        codes.append(caught.value.code)
    assert codes == ["wrong_pin"] * 4 + ["session_over"] * 2
    with pytest.raises(UserFixable, match="session_over"):
        desk.uncover("zhang", "904417")
    desk.unlock("zhang", password_of("zhang"))
    assert desk.active == "zhang"


def test_a_pin_outlives_the_session_but_needs_the_password_first(desk: Workspace) -> None:
    desk.unlock("zhang", password_of("zhang"))
    desk.set_pin("zhang", "904417")
    desk.lock()
    desk.unlock("wang", password_of("wang"))
    with pytest.raises(UserFixable, match="not_signed_in"):
        desk.switch_active("zhang", Secret("pin", "904417"))
    desk.unlock("zhang", password_of("zhang"))
    desk.unlock("wang", password_of("wang"))
    desk.switch_active("zhang", Secret("pin", "904417"))
    assert desk.active == "zhang"


def test_lock_drops_every_key_and_frees_the_folder(desk: Workspace, tmp_path: Path) -> None:
    desk.unlock("wang", password_of("wang"))
    other = Workspace(tmp_path / "home", lanes=desk.lanes, key_store=desk._key_store)
    with pytest.raises(EnvironmentTrouble, match="open_in_use"):
        other.unlock("zhang", password_of("zhang"))
    desk.lock()
    assert (desk.unlocked, desk.active, desk.signed_in) == (False, "", ())
    other.unlock("zhang", password_of("zhang"))
    other.lock()


def test_listeners_hear_what_an_action_changed(desk: Workspace) -> None:
    heard: list[Changes] = []
    desk.on_changes(heard.append)
    desk.unlock("wang", password_of("wang"))
    saved = desk.do(cases.register_case, subject="03-0147", sex="f", age=61)
    assert heard[-1].cases == {saved.rec}
    desk.do(cases.case_rows)
    assert len(heard) == 1


def test_a_theatre_session_ends_with_the_lock(desk: Workspace) -> None:
    desk.unlock("wang", password_of("wang"))
    session = desk.start_theatre("ab" * 16)
    assert session.ends_at - session.started_at == 8 * 3_600_000
    desk.lock()
    assert desk.theatre is None


def test_the_log_holds_no_name_and_no_value(desk: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="reset_or"):
        desk.unlock("wang", password_of("wang"))
        desk.do(cases.register_case, subject="03-0147", sex="f", age=61, room="Room Canary")
        desk.lock()
    assert not any(word in caplog.text for word in ("03-0147", "Canary", "wang", "Wang"))
