"""An own envelope that never arrived gives its place in the chain back when its revision was sealed anew.

Its number becomes negative, once, together with the mark `resealed`: what another computer wrote at that
place as this device can then be kept beside it. Nothing else of a signed row ever changes.
"""

from __future__ import annotations

from alembic import op

revision = "s0004"
down_revision = "s0003"
branch_labels = None
depends_on = None

_RAISE = "BEGIN SELECT RAISE(ABORT, 'signed'); END"


def upgrade() -> None:
    op.execute("DROP TRIGGER env_same")
    op.execute(f"CREATE TRIGGER env_same BEFORE UPDATE OF env_id, site, dev, hdr, dsig ON env {_RAISE}")
    op.execute(
        "CREATE TRIGGER env_retired BEFORE UPDATE OF n ON env WHEN NOT (NEW.n = -OLD.n AND OLD.n > 0 "
        "AND OLD.own IS NOT NULL AND OLD.receipt = '' AND OLD.proof = '' AND NEW.receipt = 'resealed') "
        f"{_RAISE}"
    )
