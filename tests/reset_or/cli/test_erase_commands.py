"""The three commands of an order of erasure: real stores, a real server, until all is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from reset_or.actions import cases
from reset_or.base import ids
from reset_or.cli import shared
from reset_or.cli.main import main
from reset_or.images.seal import blob_path
from reset_or.wire.erase_order import decode_order
from tests.fakes.postgres import running_cluster
from tests.fakes.workstations import (
    ADMIN_PASSWORD,
    STUDY,
    Centre,
    Ground,
    Station,
    attach,
    measure,
    opened,
    quiet,
    register,
)

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Station], Run]:
    """Commands on a station's store; the keyring stays in memory."""

    def on(station: Station) -> Run:
        secret = tmp_path / f"{station.user}.txt"
        secret.write_text(station.password if station.user != "admin" else ADMIN_PASSWORD, encoding="utf-8")

        def command(*words: str) -> tuple[int, str]:
            monkeypatch.setattr(shared, "key_store_of", lambda _args: station.keys)
            station.workspace.lock()
            capsys.readouterr()
            person = (
                "--home",
                str(station.home.root),
                "--user",
                station.user,
                "--password-file",
                str(secret),
            )
            code = main([*words, *person])
            return code, capsys.readouterr().out

        return command

    return on


def dump(ground: Ground) -> bytes:
    """Every row of every table of the server's database."""
    found: list[str] = []
    metadata = sa.MetaData()
    with ground.service.database.reading() as connection:
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            found += [repr(tuple(row)) for row in connection.execute(sa.select(table))]
    assert len(found) > 20
    return "\n".join(found).encode("utf-8")


def files_of(station: Station) -> list[bytes]:
    return [path.read_bytes() for path in station.home.root.rglob("*") if path.is_file()]


@dataclass
class Scene:
    """A subject with a reading and a photo, at the server and on three computers."""

    ground: Ground
    surgeon: Station
    away: Station
    case: str
    blob: str
    names: list[str]
    bodies: list[bytes]
    photo: bytes

    @property
    def stations(self) -> tuple[Station, ...]:
        return self.ground.admin(), self.surgeon, self.away

    def unlock(self) -> None:
        for station in self.stations:
            station.unlock(station.user, station.password or ADMIN_PASSWORD)

    def gone(self, station: Station) -> None:
        store = station.ctx.store
        assert {row.body for row in store.envelopes(self.names)} == {None}
        assert {row.inner for row in store.revisions_of_case(self.case)} == {b""}
        assert not any(self.photo[:64] in data for data in files_of(station))
        assert store.record(ids.case_rec(STUDY, "03-0002")) is not None


@pytest.fixture
def scene(tmp_path: Path, centre_made: Centre) -> Iterator[Scene]:
    with (
        running_cluster() as postgres,
        opened(tmp_path, centre_made, database_url=postgres.emptied_database().app_dsn) as ground,
    ):
        surgeon, away = ground.workstations(["zhang"], ["wang"])
        case = register(surgeon, "03-0001")
        register(surgeon, "03-0002")
        measure(surgeon, case, "distal", 41)
        _rec, blob = attach(surgeon, case, 20_000)
        quiet(surgeon, away, ground.admin())
        with ground.admin().ctx.store.transaction() as unit:
            unit.put_meta("server_url", ground.url)
        names = [row.env_id for row in surgeon.ctx.store.revisions_of_case(case)]
        bodies = [row.body for row in surgeon.ctx.store.envelopes(names) if row.body is not None]
        photo = blob_path(surgeon.home.blobs, blob).read_bytes()
        yield Scene(ground, surgeon, away, case, blob, names, bodies, photo)


def test_from_the_order_to_the_last_device(
    scene: Scene, tmp_path: Path, run: Callable[[Station], Run]
) -> None:
    assert len(scene.bodies) == 3
    assert all(repr(body).encode() in dump(scene.ground) for body in scene.bodies)
    by_hand_from_one_to_the_other(scene, tmp_path, run)
    held = dump(scene.ground)
    assert not any(repr(body).encode() in held for body in scene.bodies)
    assert list((tmp_path / "server-blobs").rglob(scene.blob)) == []
    scene.unlock()
    assert blob_path(scene.away.home.blobs, scene.blob).exists(), "it was away and still has everything"
    quiet(scene.surgeon, scene.away, scene.ground.admin())
    for station in scene.stations:
        scene.gone(station)
    view = scene.away.workspace.do(cases.case_view, case=scene.case)
    assert sorted(each.form for each in view.erased) == ["case", "photo", "reading"]
    assert {each.reason_code for each in view.erased} == {"consent_withdrawn"}
    assert "erased by order" in run(scene.away)("case", "show", "03-0001")[1]
    for station in scene.stations:
        code, out = run(station)("verify", "--json")
        assert (code, json.loads(out)["bad"]) == (0, []), out


def by_hand_from_one_to_the_other(scene: Scene, tmp_path: Path, run: Callable[[Station], Run]) -> None:
    """The centre orders, the surgeon signs, the centre sends; and each refusal on the way."""
    admin, order, signed = scene.ground.admin(), str(tmp_path / "order"), str(tmp_path / "signed")
    named = ("--case", "03-0001", "--reason", "consent_withdrawn", "--out", order)
    code, out = run(admin)("centre", "erase-order", "03", *named, "--json")
    said = json.loads(out)["order"]
    assert (code, said["subjects"], said["records"], said["photos"]) == (0, ["03-0001"], 3, 1)
    assert (said["signed_by"], said["signed"]) == (["admin"], False)
    code, out = run(admin)("centre", "erase", order, "--json")
    assert (code, json.loads(out)["error"]) == (1, "erase_waits")
    code, out = run(scene.away)("erase-sign", order, "--out", signed, "--json")
    assert (code, json.loads(out)["error"]) == (1, "role_may_not")
    code, out = run(scene.surgeon)("erase-sign", order, "--out", signed, "--language", "zh")
    assert (code, "受试者撤回同意" in out, "admin, zhang" in out) == (0, True, True)
    code, out = run(admin)("centre", "erase", signed, "--json")
    assert (code, json.loads(out)["order"]["signed"]) == (0, True)
    assert len(decode_order(Path(signed).read_bytes()).statement().body["sigs"]) == 2
    assert run(admin)("centre", "erase", signed)[0] == 0, "twice is once"


def test_a_file_that_is_no_order_is_refused(
    ground: Ground, tmp_path: Path, run: Callable[[Station], Run]
) -> None:
    admin = ground.admin()
    (tmp_path / "x").write_text("{}", encoding="utf-8")
    code, out = run(admin)("centre", "erase", str(tmp_path / "x"), "--json")
    assert (code, json.loads(out)["error"]) == (4, "unknown_format")
    code, out = run(admin)("centre", "erase", str(tmp_path / "nowhere"), "--json")
    assert (code, json.loads(out)["error"]) == (3, "file_vanished")
    admin.unlock("admin", ADMIN_PASSWORD)
