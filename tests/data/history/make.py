"""Makes the files of this version: run once at a release, never again for a version that was released.

    python -m tests.data.history.make

A computer of a site with four people, two cases, readings, signatures, a photo, a correction, a draft and
work that was not sent yet; the server that it wrote to, on SQLite and as a dump of PostgreSQL; and in
`expected.json` what all of it says. Passwords and keys in there belong to nobody.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from reset_or import __version__
from reset_or.actions import cases, drafts, photos, readings, signing
from reset_or.actions.context import Secret
from reset_or.actions.syncing import sync_once
from reset_or.base.clock import SystemClock
from reset_or.central import schema, tables
from reset_or.central.database import Database
from reset_or.images.intake import take_in
from reset_or.images.specimen_art import make_specimen
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import encode_trial
from reset_or.workspace import Workspace
from tests.fakes.postgres import Cluster, binaries, running_cluster
from tests.fakes.server import running_server
from tests.fakes.site import make_workspace, password_of
from tests.fakes.trial import SyntheticTrial
from tests.faults.history import PLACE, said_by

USER = "wang"
_KEPT = ("store.db", "slots.json", "slots.json.bak", "head", "settings.json", "blobs")


def main() -> None:
    folder = PLACE / __version__
    if folder.exists():
        sys.exit(f"{folder} is there already: what a release wrote is never made again")
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        _make(place)
        (place / "made").rename(place / __version__)
        shutil.copytree(place / __version__, folder)
    print(f"made {folder}")


def _make(place: Path) -> None:
    made = place / "made"
    made.mkdir()
    trial, keys = SyntheticTrial(), MemoryKeyStore()
    workspace = make_workspace(place / "home", trial=trial, key_store=keys)
    workspace.clock = SystemClock()
    workspace.unlock(USER, password_of(USER))
    url = f"sqlite:///{made / 'central.db'}"
    with running_server(trial, url, made / "central-blobs") as server:
        server.client().push(statements=workspace.context.store.statements())
        transport = HttpTransport(server.url)
        case = _work(workspace)
        for _ in range(2):
            result = sync_once(workspace.context, transport=transport)
            assert result.complete, result
        transport.close()
    _unsent_work(workspace, case)
    said: dict[str, Any] = {
        "version": __version__, "user": USER, "password": password_of(USER),
        "peppers": {install: pepper.hex() for install, pepper in keys.peppers.items()},
        "server_key": trial.server.private_bytes_raw().hex(), "home": said_by(workspace),
        "server": said_by_server(Database(url)),
    }  # fmt: skip
    workspace.lock()
    _keep(place / "home", made / "home")
    (made / "trial.json").write_bytes(encode_trial(trial.file()))
    text = json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False)
    (made / "expected.json").write_text(text + "\n", encoding="utf-8")
    with running_cluster() as cluster:
        (made / "central.sql").write_text(_dump(cluster, url), encoding="utf-8")


def _work(workspace: Workspace) -> str:
    """What was sent: a whole case with two signatures, a photo and a correction, and a bare case."""
    case = _case(workspace, "03-0001", "reduced")
    _case(workspace, "03-0002", "conventional")
    for end, value in (("proximal", 52), ("distal", 32)):
        reading = _reading(workspace, case, end, value)
    workspace.do(readings.change_reading, reading=reading, value_mm=31, entered="3.1")
    workspace.unlock("zhang", password_of("zhang"))
    for meaning, user in (("recorded", "wang"), ("confirmed", "zhang")):
        secret, aloud = Secret("password", password_of(user)), "zhang" if meaning == "recorded" else ""
        workspace.do(signing.sign, case=case, meaning=meaning, signer=user, secret=secret, readback_by=aloud)
    workspace.do(cases.mark_removed, case=case, minutes_ago=5)
    jpeg, _truth = make_specimen(600, 400, 45, 27, 25, "03-0001", captured_at=1_770_000_000_000, zone_min=480)
    workspace.do(photos.attach_photo, case=case, taken=take_in(jpeg), state="fresh_unpinned", caption="标本")
    return case


def _unsent_work(workspace: Workspace, case: str) -> None:
    """What waited when the release was replaced: a reading, and a draft."""
    other = workspace.do(cases.find_case, subject="03-0002")
    _reading(workspace, other, "proximal", 98)
    workspace.do(drafts.save_draft, page="margins", case=case, data={"value": "4.2", "edge": "residual_edge"})


def _case(workspace: Workspace, subject: str, arm: str) -> str:
    return workspace.do(
        cases.register_case, subject=subject, sex="f", age=61, arm=arm, rand_no=f"R-{subject}",
        rand_no_again=f"R-{subject}", tumour_length_mm=40,
    ).rec  # fmt: skip


def _reading(workspace: Workspace, case: str, end: str, value_mm: int) -> str:
    return workspace.do(
        readings.record_reading, case=case, end=end, value_mm=value_mm, entered=str(value_mm / 10),
        state="in_vivo", edge="residual_edge", method="tape_intracorporeal",
    ).rec  # fmt: skip


def _keep(home: Path, place: Path) -> None:
    place.mkdir()
    for name in _KEPT:
        source = home / name
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, place / name)


def said_by_server(database: Database) -> dict[str, int]:
    """How many rows every table has."""
    import sqlalchemy as sa

    with database.reading() as connection:
        found = {
            name: int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for name, table in tables.metadata.tables.items()
        }
    database.close()
    return found


def _dump(cluster: Cluster, source_url: str) -> str:
    """The same rows in the tables of PostgreSQL, as SQL that needs no program to be read back."""
    dsn = cluster.empty_database()
    source, target = Database(source_url), Database(dsn)
    schema.migrate(target)
    with source.reading() as old, target.writing() as new:
        for table in tables.metadata.sorted_tables:
            rows = [dict(row) for row in old.execute(table.select()).mappings()]
            if rows:
                new.execute(table.insert(), rows)
    source.close()
    target.close()
    command = [str(binaries() / "pg_dump"), "--no-owner", "--no-privileges", "--inserts", "-d", dsn]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(line for line in text.splitlines() if not line.startswith("\\")) + "\n"


if __name__ == "__main__":
    main()
