"""One case from two computers to the centre, over PostgreSQL: all of it everywhere, once, and sealed.

The strings planted in every field are searched for afterwards in whatever is not the people's own memory:
the database's dump, the folder of photos, both computers' files, the log, and every byte on the wire.
"""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.actions import cases, centre, readings, signing
from reset_or.actions.context import Secret
from reset_or.actions.photos import attach_photo, open_photo
from reset_or.actions.verifying import verify_store
from reset_or.base import log
from reset_or.base.ids import sha256_hex
from reset_or.images.intake import TakenPhoto
from tests.fakes.faulty import FaultyTransport
from tests.fakes.postgres import Cluster, running_cluster
from tests.fakes.workstations import (
    PASSPHRASE,
    PEOPLE,
    STUDY,
    Ground,
    Station,
    make_centre,
    opened,
    password_of,
)

CANARIES = ("QXZW", "room-heron", "R-55512", "comment-osprey", "caption-kestrel", PEOPLE["zhang"][1])
PHOTO_CANARY = b"pixels-of-a-heron"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as found:
        yield found


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    import logging

    path = tmp_path / "client.log"
    before = list(logging.getLogger("reset_or").handlers)
    log.to_file(path)
    yield path
    logger = logging.getLogger("reset_or")
    for handler in [each for each in logger.handlers if each not in before]:
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True


def photograph() -> TakenPhoto:
    data = b"\xff\xd8" + PHOTO_CANARY + random.Random(3).randbytes(1_300_000)
    return TakenPhoto(
        data=data, mime="image/jpeg", w=40, h=30, turn=1, sha256=sha256_hex(data), camera_sha256="0" * 64,
        captured_at=None, captured_zone_min=None, warnings=(),
    )  # fmt: skip


def secret(user: str) -> Secret:
    return Secret("password", password_of(user))


def surgeon_works(station: Station) -> tuple[str, str]:
    """Registers, measures, has it read back and confirmed, photographs. (case, photo)."""
    do = station.workspace.do
    case = do(
        cases.register_case, subject="03-0147", sex="f", age=61, initials="QXZW", room="room-heron",
        arm="conventional", rand_no="R-55512", rand_no_again="R-55512",
    ).rec  # fmt: skip
    for end, value_mm in (("proximal", 104), ("distal", 52)):
        do(
            readings.record_reading, case=case, end=end, value_mm=value_mm, entered=f"{value_mm / 10}",
            state="in_vivo", edge="residual_edge", method="suture_then_ruler", measured_by="zhang",
            comment="comment-osprey",
        )  # fmt: skip
    signed = {"case": case, "meaning": "recorded", "signer": "zhang", "secret": secret("zhang")}
    do(signing.sign, **signed, readback_by="wang")
    do(signing.sign, case=case, meaning="confirmed", signer="wang", secret=secret("wang"))
    photo = do(attach_photo, case=case, taken=photograph(), caption="caption-kestrel").rec
    return case, photo


def pathologist_works(station: Station, case: str) -> None:
    do = station.workspace.do
    for end, value_mm in (("proximal", 90), ("distal", 41)):
        do(
            readings.record_reading, case=case, end=end, value_mm=value_mm, entered=f"{value_mm / 10}",
            state="fresh_unpinned", edge="residual_edge", method="rigid_ruler_ex_vivo", measured_by="li",
        )  # fmt: skip
    do(signing.sign, case=case, meaning="measured", signer="li", secret=secret("li"), step="specimen")


def everything(station: Station) -> dict[str, bytes]:
    return {row.rev_id: row.inner for row in station.ctx.store.audit(0, 100_000)}


def leaked(data: bytes) -> list[str]:
    """Planted strings in `data`: as they are, in UTF-16, and in hex as PostgreSQL dumps bytes."""
    found = []
    for text in [*CANARIES, PHOTO_CANARY.decode()]:
        plain = text.encode()
        if any(form in data for form in (plain, text.encode("utf-16-le"), plain.hex().encode())):
            found.append(text)
    return found


def files_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    yield from ((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())


@pytest.mark.timeout(240)
def test_one_case_from_two_computers_to_the_centre(tmp_path: Path, cluster: Cluster, log_file: Path) -> None:
    database = cluster.database()
    with opened(tmp_path, make_centre(tmp_path / "made"), database_url=database.app_dsn) as ground:
        surgeon, pathologist = ground.workstations(["zhang", "wang"], ["li"])
        for station in (surgeon, pathologist, ground.admin()):
            station.transport = FaultyTransport(station.transport, random.Random(0))
        case, photo = surgeon_works(surgeon)
        surgeon.good_sync()
        pathologist.good_sync()
        pathologist_works(pathologist, case)
        for station in (pathologist, surgeon, pathologist, ground.admin()):
            station.good_sync()

        blinded_then_open(pathologist, case)
        both_hold_all(ground, surgeon, pathologist, case, photo)
        the_centre_reads_all(ground, surgeon, tmp_path)
        nothing_leaked(ground, database.owner_dsn, tmp_path, log_file)


def blinded_then_open(pathologist: Station, case: str) -> None:
    """The surgeon's readings are in the pathologist's store, and seen once the own ones are signed."""
    view = pathologist.workspace.do(cases.case_view, case=case)
    assert not view.blinded
    assert sorted(r.value_mm for r in view.readings if r.value_mm) == [41, 52, 90, 104]


def both_hold_all(ground: Ground, surgeon: Station, pathologist: Station, case: str, photo: str) -> None:
    assert everything(surgeon) == everything(pathologist)
    records = {row.rec: row for row in surgeon.ctx.store.records()}
    assert records == {row.rec: row for row in pathologist.ctx.store.records()}
    assert records[case].status == "confirmed"
    assert {row.standing for row in surgeon.ctx.store.audit(0, 100_000)} == {"certified"}
    plain = photograph().data
    assert open_photo(surgeon.ctx, photo=photo)[0] == open_photo(pathologist.ctx, photo=photo)[0] == plain
    held = ground.on_server()
    own = [
        row.env_id
        for station in (surgeon, pathologist, ground.admin())
        for site in ("00", "03")
        for row in station.ctx.store.held(site, station.ctx.device.dev, 0, 100_000)
    ]
    assert len(own) == len(set(own))
    assert held == dict.fromkeys(own, 1)
    for station in (surgeon, pathologist):
        assert verify_store(station.ctx).bad == ()


def the_centre_reads_all(ground: Ground, surgeon: Station, tmp_path: Path) -> None:
    identity = centre.open_identity(tmp_path / "made" / "trial" / "secret" / "centre-data.age", PASSPHRASE)
    text = "\n".join(centre.read(ground.admin().ctx, identity=identity))
    lines = [json.loads(line) for line in text.splitlines()]
    assert not [line for line in lines if "trouble" in line]
    assert {line["rev_id"] for line in lines if line["site"] == "03"} == set(everything(surgeon))
    values = [line["changes"]["value_mm"]["new"] for line in lines if line["form"] == "reading"]
    assert sorted(values) == [41, 52, 90, 104]
    # The control of the search below: what was planted is there once it is opened, and is found.
    assert set(leaked(text.encode())) == set(CANARIES)


def nothing_leaked(ground: Ground, owner_dsn: str, tmp_path: Path, log_file: Path) -> None:
    dump = subprocess.run(["pg_dump", "--no-owner", owner_dsn], check=True, capture_output=True).stdout
    assert STUDY.encode().hex().encode() in dump  # the search finds what is plain there
    assert leaked(dump) == []
    stored = list(files_of(tmp_path / "server-blobs"))
    assert sum(len(data) for _path, data in stored) > 1_300_000
    for folder in ("server-blobs", "03-zhang-wang", "03-li", "centre"):
        for path, data in files_of(tmp_path / folder):
            if path.name != "settings.json":
                assert leaked(data) == [], path
    assert b"sync_done" in log_file.read_bytes()
    assert leaked(log_file.read_bytes()) == []
    seen = 0
    for station in ground.stations:
        if isinstance(station.transport, FaultyTransport):
            traffic = b"".join(station.transport.seen)
            seen += len(traffic)
            assert leaked(traffic) == []
    assert seen > 2_600_000  # the photo went up and came down
