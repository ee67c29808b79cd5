"""Ordered erasure on devices: what it takes, what stays, and that nothing brings it back or waits for it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from reset_or.actions import cases, erasing, readings
from reset_or.actions.context import Secret
from reset_or.actions.photos import open_photo
from reset_or.actions.report import sheet_of
from reset_or.actions.verifying import verify_store
from reset_or.base.errors import EnvironmentTrouble, OurBug, TrustBroken, UserFixable
from reset_or.base.words import Language
from reset_or.central import tables
from reset_or.images.seal import blob_path
from reset_or.revisions.erased import erase_revision
from reset_or.revisions.history import author_standing
from reset_or.store import tables as own
from reset_or.store.rows import ToErase
from tests.fakes.workstations import (
    Centre,
    Ground,
    Station,
    assert_same,
    attach,
    measure,
    quiet,
    register,
    serving,
)

MARK = "suture-line fold"
CHANGE: dict[str, Any] = {"entered": "5", "fields": {"comment": MARK}}


def erase(ground: Ground, surgeon: Station, **named: Sequence[str]) -> tuple[str, ...]:
    """The three people's way; the ids of envelopes that the order names."""
    admin = ground.admin()
    given = erasing.order(admin.ctx, site="03", reason_code="consent_withdrawn", **named)
    given = erasing.co_sign(surgeon.ctx, given=given, secret=Secret("password", surgeon.password))
    given = erasing.finish(admin.ctx, given=given)
    erasing.send(admin.ctx, transport=admin.transport, given=given)
    return given.env_ids


def everything(station: Station) -> bytes:
    """All that stands in a store's tables, as it lies there."""
    found = []
    for table in own.METADATA.sorted_tables:
        if table.name not in ("secret", "meta"):
            found += [repr(row) for row in station.ctx.store.select(sa.select(table))]
    return "\n".join(found).encode("utf-8")


def bodies_on_server(ground: Ground, names: Sequence[str]) -> list[bytes | None]:
    envelope = tables.envelope
    with ground.service.database.reading() as connection:
        return list(connection.scalars(sa.select(envelope.c.body).where(envelope.c.env_id.in_(names))))


def bodies_here(station: Station, names: Sequence[str]) -> list[bytes | None]:
    return [row.body for row in station.ctx.store.envelopes(names)]


def test_a_reading_is_erased_everywhere_and_no_older_value_appears(ground: Ground) -> None:
    surgeon, nurse, pathologist = ground.workstations(["zhang"], ["wang"], ["li"])
    case = register(surgeon, "03-0001")
    reading = measure(surgeon, case, "distal", 41)
    kept = measure(surgeon, case, "proximal", 99)
    surgeon.workspace.do(readings.change_reading, reading=reading, value_mm=52, **CHANGE)
    quiet(surgeon, nurse, pathologist, ground.admin())
    names = erase(ground, surgeon, records=[reading])
    assert len(names) == 2
    quiet(surgeon, nurse, pathologist, ground.admin())
    assert bodies_on_server(ground, names) == [None, None]
    for station in (surgeon, nurse, pathologist, ground.admin()):
        assert bodies_here(station, names) == [None, None]
        assert MARK.encode() not in everything(station)
        row = station.ctx.store.record(reading)
        assert row is not None
        assert (row.status, row.fields) == ("erased", b"{}")
        other = station.ctx.store.record(kept)
        assert other is not None
        assert json.loads(other.fields)["value_mm"] == 99
    assert_same(ground, surgeon, nurse, pathologist)
    for station in (surgeon, nurse, pathologist, ground.admin()):
        station.reopen()
        assert verify_store(station.ctx).bad == ()
    view = surgeon.workspace.do(cases.case_view, case=case)
    assert [each.rec for each in view.readings] == [kept]
    assert [(e.rec, e.form, e.reason_code, e.at) for e in view.erased] == [
        (reading, "reading", "consent_withdrawn", ground.clock.now_at())
    ]
    expected: tuple[tuple[Language, str], ...] = (
        ("en", "Reading: erased by order on 20"), ("zh", "测量记录：已于 20"),
    )  # fmt: skip
    for language, said in expected:
        notes = sheet_of(surgeon.ctx, view, language, "research").notes
        assert [note[: len(said)] for note in notes] == [said]
    assert {line.erased for line in view.trail if line.form == "reading"} == {True, False}
    with pytest.raises(UserFixable, match="erased_by_order"):
        surgeon.workspace.do(readings.change_reading, reading=reading, value_mm=50, **CHANGE)


def test_a_whole_case_keeps_its_number_and_takes_nothing_more(ground: Ground) -> None:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    case = register(surgeon, "03-0001", room=MARK)
    measure(surgeon, case, "distal", 41)
    _photo, blob = attach(surgeon, case, 20_000)
    quiet(surgeon, nurse, ground.admin())
    erase(ground, surgeon, cases=["03-0001"])
    quiet(surgeon, nurse, ground.admin())
    for station in (surgeon, nurse):
        assert not blob_path(station.home.blobs, blob).exists()
        assert [row.state for row in station.ctx.store.blobs(case=case)] == ["erased"]
        assert MARK.encode() not in everything(station)
        view = station.workspace.do(cases.case_view, case=case)
        assert (view.subject, view.room, view.readings, view.photos) == ("03-0001", "", (), ())
        assert sorted(each.form for each in view.erased) == ["case", "photo", "reading"]
        assert [row.subject for row in station.workspace.do(cases.case_rows)] == ["03-0001"]
        with pytest.raises(UserFixable, match="erased_by_order"):
            measure(station, case, "proximal", 50)
        with pytest.raises(UserFixable, match="erased_by_order"):
            station.workspace.do(cases.update_case, case=case, fields={"room": "1"})
    assert list((ground.folder / "server-blobs").rglob(blob)) == []
    assert_same(ground, surgeon, nurse)


def test_a_photo_alone(ground: Ground) -> None:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    case = register(surgeon, "03-0001")
    photo, blob = attach(surgeon, case, 20_000)
    other, kept = attach(surgeon, case, 30_000, seed=2)
    surgeon.good_sync()
    ground.admin().good_sync()
    erase(ground, surgeon, photos=[blob])
    quiet(surgeon, nurse, ground.admin())
    for station in (surgeon, nurse):
        assert not blob_path(station.home.blobs, blob).exists()
        assert blob_path(station.home.blobs, kept).exists()
        view = station.workspace.do(cases.case_view, case=case)
        assert [each.rec for each in view.photos] == [other]
        assert [(each.rec, each.form) for each in view.erased] == [(photo, "photo")]
        with pytest.raises(UserFixable, match="erased_by_order"):
            open_photo(station.ctx, photo=photo)


def test_a_device_that_was_away_and_a_new_one(ground: Ground) -> None:
    surgeon, away = ground.workstations(["zhang"], ["wang"])
    case = register(surgeon, "03-0001")
    reading = measure(surgeon, case, "distal", 41)
    quiet(surgeon, away, ground.admin())
    names = erase(ground, surgeon, records=[reading])
    quiet(surgeon)
    assert None not in bodies_here(away, names)
    result = away.sync()
    assert (result.problem, result.alarm, result.quarantined) == ("", "", 0)
    assert bodies_here(away, names) == [None]
    late = ground.workstations(["li"])[0]
    assert late.ctx.store.quarantined() == []
    assert bodies_here(late, names) == [None]
    assert late.ctx.store.record(reading) is None
    quiet(surgeon, away, late)
    for station in (away, late):
        assert verify_store(station.ctx).bad == ()


def test_a_server_older_than_everything_gets_headers_only_and_nothing_waits(
    ground: Ground, centre_made: Centre
) -> None:
    """The first device's chain is sent by itself, the dead one's by relay; both hold bodies that go too."""
    surgeon, nurse, dead = ground.workstations(["zhang"], ["wang"], ["li"])
    backup = ground.folder / "backup.db"
    shutil.copy(ground.folder / "server.db", backup)
    case = register(surgeon, "03-0001")
    reading = measure(surgeon, case, "distal", 41)
    quiet(surgeon, dead)
    theirs = measure(dead, case, "distal", 43, "fresh_unpinned")
    quiet(surgeon, nurse, dead, ground.admin())
    names = erase(ground, surgeon, records=[reading, theirs])
    surgeon.good_sync()  # it knows the order; the nurse's computer does not
    dead.close()
    held = {row.env_id for row in nurse.ctx.store.held("03", dead_device(nurse, theirs))}
    with serving(
        centre_made.trial, centre_made.server_key, f"sqlite:///{backup}", ground.folder / "server-blobs",
        ground.clock,
    ) as (url, service):  # fmt: skip
        ground.url, ground.service = url, service
        for station in (surgeon, nurse, ground.admin()):
            ground.restart(station)
        assert ground.admin().sync().alarm == "server_rolled_back"
        assert surgeon.sync().problem == ""
        nurse.sync()
        ground.clock.advance(3_600_000)
        quiet(nurse, surgeon, ground.admin(), nurse)
        assert held | set(names) <= ground.on_server().keys()
        assert bodies_on_server(ground, names) == [None] * len(names)
        for station in (surgeon, nurse, ground.admin()):
            assert bodies_here(station, names) == [None] * len(names)
            assert station.ctx.store.relay_chains() == []
            assert station.ctx.store.outbox("03") == []
        assert_same(ground, surgeon, nurse)
        for station in (surgeon, nurse, ground.admin()):
            station.transport.close()


def dead_device(station: Station, rec: str) -> str:
    return station.ctx.store.revisions(rec)[0].dev


def test_the_store_itself_refuses_what_no_order_names(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    case = register(surgeon, "03-0001")
    surgeon.good_sync()
    store = surgeon.ctx.store
    row = store.revisions(case)[0]
    signed, skeleton = erase_revision(row.read(), row.env_id, barred=False)
    with pytest.raises(TrustBroken, match="bad_signature"):
        author_standing(signed, surgeon.ctx.directory, None)
    for what in (ToErase((row.env_id,), (), ()), ToErase((), (), (row,))):
        kept = {row.rev_id: skeleton} if what.revisions else {}
        with pytest.raises((OurBug, EnvironmentTrouble, TrustBroken)), store.transaction() as unit:
            unit.erase(what, kept)
    assert verify_store(surgeon.ctx).bad == ()


def test_an_order_is_refused_by_name(ground: Ground) -> None:
    surgeon, nurse = ground.workstations(["zhang"], ["wang"])
    case = register(surgeon, "03-0001")
    quiet(surgeon, ground.admin())
    admin = ground.admin()

    def refused(code: str, what: object, *args: object, **said: object) -> None:
        with pytest.raises(UserFixable) as error:
            what(*args, **said)  # type: ignore[operator]
        assert error.value.code == code

    refused("erase_nothing_named", erasing.order, admin.ctx, site="03", reason_code="other")
    refused("erase_unknown", erasing.order, admin.ctx, site="03", reason_code="other", records=["0" * 32])
    refused("erase_unknown", erasing.order, admin.ctx, site="04", reason_code="other", records=[case])
    refused("erase_unknown", erasing.order, admin.ctx, site="03", reason_code="other", photos=["0" * 64])
    refused("erase_reason_code", erasing.order, admin.ctx, site="03", reason_code="No!", records=[case])
    refused("role_may_not", erasing.order, surgeon.ctx, site="03", reason_code="other", records=[case])
    given = erasing.order(admin.ctx, site="03", reason_code="other", records=[case])
    refused("erase_waits", erasing.finish, admin.ctx, given=given)
    secret = Secret("password", nurse.password)
    refused("role_may_not", erasing.co_sign, nurse.ctx, given=given, secret=secret)
    wrong = Secret("password", "not the password at all")
    refused("open_wrong_password", erasing.co_sign, surgeon.ctx, given=given, secret=wrong)
