"""The life of a process that is killed while it brings a store of a past release to the newest schema.

`heavy` adds a step that no release has: it rewrites every table, so that a kill has something to hit even
where a release needs no step or a small one.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from reset_or.store import database, schema
from tests.faults.history import releases
from tests.faults.warm import Say

_HEAVY = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "s9999", "{newest}", None, None


def upgrade():
    op.execute("CREATE TABLE heavy (n INTEGER PRIMARY KEY NOT NULL, b BLOB NOT NULL) STRICT")
    op.execute("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows}) "
               "INSERT INTO heavy SELECT n, randomblob(900) FROM c")
    op.execute("CREATE TABLE record_new AS SELECT * FROM record")
    op.execute("DELETE FROM record")
    op.execute("INSERT INTO record SELECT * FROM record_new")
    op.execute("DROP TABLE record_new")
    op.execute("CREATE INDEX heavy_b ON heavy (b)")
"""
HEAVY_ROWS = 3000


def with_heavy_step(folder: Path) -> tuple[str, tuple[str, ...]]:
    """(folder of the steps, versions) with one more step than the program has."""
    steps = folder / "migrations"
    shutil.copytree(schema.STEPS, steps, ignore=shutil.ignore_patterns("__pycache__"))
    text = _HEAVY.format(newest=schema.NEWEST, rows=HEAVY_ROWS)
    (steps / "versions" / "s9999_heavy.py").write_text(text, encoding="utf-8")
    return str(steps), (*schema.VERSIONS, "s9999")


def use(steps: str, versions: tuple[str, ...]) -> None:
    """Makes this process a later release that has these steps."""
    vars(schema).update(STEPS=steps, VERSIONS=versions, NEWEST=versions[-1])


def warm(setup: dict[str, Any]) -> None:
    """Imports all of it by opening and migrating a copy."""
    if setup["steps"]:
        use(setup["steps"], tuple(setup["versions"]))
    past = releases()[0]
    past.open(past.copy(Path(setup["folder"]) / "warm")).lock()


def run(setup: dict[str, Any], order: dict[str, Any], say: Say) -> None:
    plain = schema.upgrade

    def upgrade(connection: Connection) -> None:
        say("ready")
        began = time.monotonic()
        plain(connection)
        say(f"migrated {int((time.monotonic() - began) * 1e6)}")

    vars(database.schema)["upgrade"] = upgrade
    past = next(each for each in releases() if each.version == order["version"])
    workspace = past.open(Path(order["home"]))
    say("opened")
    workspace.lock()
