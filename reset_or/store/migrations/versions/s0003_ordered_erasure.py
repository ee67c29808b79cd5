"""What an order of erasure names may be emptied, and nothing else of a signed row ever changes.

`skeleton` is what stays of an erased revision, so that the fold keeps its place. Whether the order's
signatures are good the database cannot know: the directory decides that before anything is erased.
"""

from __future__ import annotations

from alembic import op

revision = "s0003"
down_revision = "s0002"
branch_labels = None
depends_on = None

_NAMED = (
    "EXISTS (SELECT 1 FROM stmt AS s, json_each(CAST(s.data AS TEXT), '$.env_ids') AS named "
    "WHERE json_extract(CAST(s.data AS TEXT), '$.type') = 'erase' "
    "AND json_extract(CAST(s.data AS TEXT), '$.site') = OLD.site AND named.value = OLD.env_id)"
)
_RAISE = "BEGIN SELECT RAISE(ABORT, 'signed'); END"


def upgrade() -> None:
    op.execute("ALTER TABLE rev ADD COLUMN skeleton BLOB")
    op.execute("DROP TRIGGER rev_same")
    op.execute(f"CREATE TRIGGER rev_same BEFORE UPDATE OF rev_id, rec, sig, key_id ON rev {_RAISE}")
    op.execute(
        "CREATE TRIGGER rev_erased BEFORE UPDATE OF inner, skeleton ON rev WHEN NOT (length(NEW.inner) = 0 "
        f"AND OLD.skeleton IS NULL AND NEW.skeleton IS NOT NULL AND {_NAMED}) {_RAISE}"
    )
    op.execute(
        "CREATE TRIGGER env_erased BEFORE UPDATE OF body ON env "
        f"WHEN NOT (NEW.body IS NULL AND {_NAMED}) {_RAISE}"
    )
