"""The centre's receipts beside those of a hospital's relay, and the feed of a server that was left.

`env.centre`, `blob.centre_data`: NULL where the receipt is the centre's own, empty while only a relay's is
here, else the centre's receipt beside the relay's.
"""

from __future__ import annotations

from alembic import op

revision = "s0005"
down_revision = "s0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE env ADD COLUMN centre TEXT")
    op.execute("DROP INDEX env_unsent")
    op.execute("CREATE INDEX env_unsent ON env (site, own, dev, n, rev_id, centre) WHERE receipt = ''")
    op.execute("CREATE INDEX env_relayed ON env (rev_id) WHERE centre = ''")
    for column in ("centre_data", "centre_sig"):
        op.execute(f"ALTER TABLE blob ADD COLUMN {column} BLOB")
    op.execute("CREATE INDEX blob_relayed ON blob (at) WHERE centre_data = x''")
    op.execute("ALTER TABLE cursor ADD COLUMN relay INTEGER NOT NULL DEFAULT 0")
    op.execute(
        """CREATE TABLE left_cursor (
            site TEXT NOT NULL, relay INTEGER NOT NULL, feed TEXT NOT NULL, seq INTEGER NOT NULL,
            feed_hash TEXT NOT NULL, head_at INTEGER NOT NULL, PRIMARY KEY (site, relay)) STRICT"""
    )
    op.execute(
        """CREATE TABLE left_entry (
            site TEXT NOT NULL, relay INTEGER NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL,
            id TEXT NOT NULL, received_ms INTEGER NOT NULL, feed_hash TEXT NOT NULL, receipt TEXT NOT NULL,
            PRIMARY KEY (site, relay, seq)) STRICT"""
    )
    op.execute("CREATE INDEX left_entry_id ON left_entry (id)")
