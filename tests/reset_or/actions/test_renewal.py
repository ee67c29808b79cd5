"""Two real computers from one disk: each becomes a device of its own, and every save of both arrives."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import pytest

from reset_or.actions import renewal
from reset_or.actions.holds import site_holds
from reset_or.base.clock import SystemClock
from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.base.paths import Home
from reset_or.cli import shared
from reset_or.cli.main import main
from reset_or.images.seal import blob_path
from tests.fakes.workstations import (
    Ground,
    Station,
    assert_same,
    attach,
    measure,
    password_of,
    quiet,
    register,
)

SITE = "03"


def clone(ground: Ground, station: Station) -> Station:
    """The same disk in a second computer."""
    station.workspace.lock()
    home = Home(ground.folder / "clone")
    shutil.copytree(station.home.root, home.root)
    made = ground.station(home, copy.deepcopy(station.keys))
    for each in (station, made):
        each.unlock(station.user, password_of(station.user))
    return made


def renew(ground: Ground, station: Station) -> renewal.Renewed:
    (code,) = ground.codes(SITE)
    return renewal.renew(station.ctx, code=code, transport=station.transport)


def saves(station: Station) -> set[str]:
    return {row.rev_id for row in station.ctx.store.audit(limit=100_000)}


def opens_whole(station: Station) -> None:
    """Nothing waits, and the next start finds everything in order."""
    assert station.ctx.store.counts().unsent == 0
    station.reopen()
    assert not station.ctx.read_only
    assert station.ctx.store.check() == []


def events_at_the_centre(ground: Ground) -> set[str]:
    return {json.loads(row.fields)["what"] for row in ground.admin().ctx.store.records(form="event")}


@pytest.mark.parametrize("ahead", [0, 3], ids=["as far", "further"])
def test_two_clones_of_one_disk_lose_nothing(ground: Ground, ahead: int) -> None:
    first, other = ground.workstations(["zhang"], ["li"])
    case = register(first, "03-0001")
    quiet(first, other)
    second = clone(ground, first)
    old = first.ctx.device.dev
    measure(first, case, "distal", 41)
    for _ in range(ahead):
        measure(first, case, "distal", 42)
    first.good_sync()
    measure(second, case, "proximal", 99)
    register(second, "03-0002")
    _photo, blob = attach(second, case, 2000)
    mine, theirs = saves(first), saves(second)
    assert second.sync().problem in ("device_forked", "device_suspended")
    second.sync()

    done = renew(ground, second)
    assert (done.old_dev, done.posted) == (old, True)
    assert done.resealed >= 3
    assert second.sync().problem == "device_not_admitted"
    measure(second, case, "distal", 43)
    theirs |= saves(second)
    assert [asking.words for asking in ground.admit(SITE) if asking.state == "admitted"] == [done.words]
    assert second.sync().problem == ""
    if first.sync().problem:
        renew(ground, first)
        ground.admit(SITE)
    quiet(first, second, other, ground.admin())
    assert_same(ground, first, second, other)
    assert all(mine | theirs <= saves(station) for station in (first, second, other, ground.admin()))
    assert first.ctx.device.dev != second.ctx.device.dev
    assert blob_path(first.home.blobs, blob).exists()
    opens_whole(first)
    opens_whole(second)
    events = [
        row for row in ground.admin().ctx.store.records(form="event") if b"device_renewed" in row.fields
    ]
    assert events


def test_the_site_hears_which_computer_is_on_hold(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = ground.workstations(["zhang"], ["li"])
    quiet(first, other)
    second = clone(ground, first)
    dev = first.ctx.device.dev
    register(first, "03-0001")
    first.good_sync()
    register(second, "03-0002")
    assert second.sync().problem in ("device_forked", "device_suspended")
    (held,) = site_holds(other.ctx, transport=other.transport)
    assert (held.dev, held.site, held.why) == (dev, SITE, "fork")
    assert site_holds(ground.admin().ctx, transport=ground.admin().transport) == (held,)
    secret = tmp_path / "li.txt"
    secret.write_text(other.password, encoding="utf-8")
    other.workspace.lock()
    monkeypatch.setattr(shared, "key_store_of", lambda _args: other.keys)
    words = ["holds", "--home", str(other.home.root), "--user", "li", "--password-file", str(secret)]
    capsys.readouterr()
    assert main(words) == 0
    said = capsys.readouterr().out
    assert dev[:16] in said
    assert "old backup" in said
    assert "New device id" in said
    assert main([*words, "--json"]) == 0
    assert [row["dev"] for row in json.loads(capsys.readouterr().out)["holds"]] == [dev]


def test_an_old_backup_put_back_loses_nothing_that_had_arrived(ground: Ground) -> None:
    """Opening wrote an event in the place of a save: two histories of one device, and one computer."""
    surgeon, other = ground.workstations(["zhang"], ["li"])
    register(surgeon, "03-0001")
    surgeon.good_sync()
    surgeon.workspace.lock()
    shutil.copytree(surgeon.home.root, ground.folder / "backup")
    surgeon.workspace.unlock(surgeon.user, surgeon.password)
    lost = register(surgeon, "03-0002")
    surgeon.good_sync()
    before = saves(surgeon)
    surgeon.workspace.lock()
    shutil.rmtree(surgeon.home.root)
    shutil.copytree(ground.folder / "backup", surgeon.home.root)
    surgeon.workspace.unlock(surgeon.user, surgeon.password)
    late = register(surgeon, "03-0003")
    assert surgeon.sync().problem == "device_forked"
    renew(ground, surgeon)
    ground.admit(SITE)
    quiet(surgeon, other, ground.admin())
    assert_same(ground, surgeon, other)
    assert before <= saves(surgeon)
    assert {lost, late} <= {row.rec for row in other.ctx.store.case_rows()}


def test_what_is_renewed_by_a_wrong_code_stays_as_it_is(ground: Ground) -> None:
    surgeon, _other = ground.workstations(["zhang"], ["li"])
    dev = surgeon.ctx.device.dev
    (code,) = ground.codes("05")
    with pytest.raises(UserFixable, match="renew_other_site"):
        renewal.renew(surgeon.ctx, code=code, transport=surgeon.transport)
    (used,) = ground.codes(SITE)
    renewal.renew(surgeon.ctx, code=used, transport=surgeon.transport)
    again = surgeon.ctx.device.dev
    assert again != dev
    with pytest.raises(TrustBroken, match="invite_answered"):
        renewal.renew(surgeon.ctx, code=used, transport=surgeon.transport)
    assert surgeon.ctx.device.dev == again


def test_the_centre_is_told_of_a_computer_that_forgot_everything(ground: Ground) -> None:
    surgeon, other = ground.workstations(["zhang"], ["li"])
    first_codes = ground.codes(SITE)
    again = ground.enrol(first_codes[0], ["zhang"], "wiped")
    (asking,) = ground.admit(SITE)
    assert (asking.state, asking.again) == ("admitted", ("zhang",))
    assert [p.user for p in asking.people] == ["zhang"]
    assert "enrolled_again" in events_at_the_centre(ground)
    quiet(surgeon, other, again)
    renew(ground, surgeon)
    (asking,) = ground.admit(SITE)
    assert (asking.state, asking.again, asking.people) == ("admitted", (), ())


def test_renewing_by_command(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    ground.clock.advance(SystemClock().now_at() - ground.clock.now_at())  # a command asks the real one
    (code,) = ground.codes(SITE)
    old = surgeon.ctx.device.dev
    register(surgeon, "03-0001")
    surgeon.workspace.lock()
    secret = tmp_path / "zhang.txt"
    secret.write_text(surgeon.password, encoding="utf-8")
    monkeypatch.setattr(shared, "key_store_of", lambda _args: surgeon.keys)
    capsys.readouterr()
    words = ("renew", code, "--home", str(surgeon.home.root), "--user", "zhang", "--password-file")
    assert main([*words, str(secret), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["old_dev"], said["posted"], said["site"]) == (old, True, SITE)
    assert [asking.words for asking in ground.admit(SITE)] == [said["words"]]
    surgeon.workspace.unlock("zhang", surgeon.password)
    assert surgeon.ctx.device.dev == said["new_dev"]
    surgeon.good_sync()
    surgeon.workspace.lock()
    assert main([*words, str(secret)]) == 4
