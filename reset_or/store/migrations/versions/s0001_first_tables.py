"""The first tables. STRICT, and what is signed cannot be changed or taken out by any statement."""

from __future__ import annotations

from alembic import op

revision = "s0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    """CREATE TABLE rev (
        pos INTEGER PRIMARY KEY NOT NULL, rev_id TEXT NOT NULL UNIQUE, rec TEXT NOT NULL, form TEXT NOT NULL,
        case_rec TEXT NOT NULL, site TEXT NOT NULL, act TEXT NOT NULL, user TEXT NOT NULL,
        at INTEGER NOT NULL, key_id TEXT NOT NULL, standing TEXT NOT NULL, env_id TEXT NOT NULL,
        inner BLOB NOT NULL, sig BLOB NOT NULL) STRICT""",
    """CREATE TABLE env (
        env_id TEXT NOT NULL PRIMARY KEY, site TEXT NOT NULL, dev TEXT NOT NULL, n INTEGER NOT NULL,
        prev TEXT NOT NULL, kind TEXT NOT NULL, hdr BLOB NOT NULL, dsig BLOB NOT NULL, body BLOB,
        rev_id TEXT NOT NULL, own INTEGER UNIQUE, receipt TEXT NOT NULL, kept_at INTEGER NOT NULL,
        UNIQUE (site, dev, n)) STRICT""",
    """CREATE TABLE entry (
        site TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
        received_ms INTEGER NOT NULL, feed_hash TEXT NOT NULL, receipt TEXT NOT NULL,
        PRIMARY KEY (site, seq)) STRICT""",
    """CREATE TABLE receipt (
        id TEXT NOT NULL PRIMARY KEY, site TEXT NOT NULL, first_seq INTEGER NOT NULL,
        last_seq INTEGER NOT NULL, data BLOB NOT NULL, sig BLOB NOT NULL) STRICT""",
    """CREATE TABLE cursor (
        site TEXT NOT NULL PRIMARY KEY, feed TEXT NOT NULL, seq INTEGER NOT NULL, feed_hash TEXT NOT NULL,
        head_at INTEGER NOT NULL) STRICT""",
    """CREATE TABLE stmt (
        pos INTEGER PRIMARY KEY NOT NULL, stmt_id TEXT NOT NULL UNIQUE, data BLOB NOT NULL, sig BLOB NOT NULL,
        seq INTEGER NOT NULL) STRICT""",
    """CREATE TABLE blob (
        id TEXT NOT NULL PRIMARY KEY, site TEXT NOT NULL, case_rec TEXT NOT NULL, rec TEXT NOT NULL,
        length INTEGER NOT NULL, state TEXT NOT NULL, sent INTEGER NOT NULL, at INTEGER NOT NULL,
        receipt_data BLOB, receipt_sig BLOB) STRICT""",
    """CREATE TABLE quarantine (
        id TEXT NOT NULL PRIMARY KEY, site TEXT NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL,
        at INTEGER NOT NULL, hdr BLOB NOT NULL, sig BLOB NOT NULL, body BLOB NOT NULL,
        tries INTEGER NOT NULL) STRICT""",
    """CREATE TABLE draft (
        page TEXT NOT NULL, case_rec TEXT NOT NULL, user TEXT NOT NULL, data BLOB NOT NULL,
        at INTEGER NOT NULL, PRIMARY KEY (page, case_rec, user)) STRICT""",
    """CREATE TABLE record (
        rec TEXT NOT NULL PRIMARY KEY, form TEXT NOT NULL, case_rec TEXT NOT NULL, site TEXT NOT NULL,
        subject TEXT NOT NULL, status TEXT NOT NULL, fields BLOB NOT NULL, summary BLOB NOT NULL,
        heads TEXT NOT NULL, conflicts INTEGER NOT NULL, uncertified INTEGER NOT NULL,
        unauthorised INTEGER NOT NULL, to_sign TEXT NOT NULL, search TEXT NOT NULL,
        created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL) STRICT""",
    "CREATE TABLE secret (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT",
    "CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT",
)
_INDICES = (
    "CREATE INDEX rev_rec ON rev (rec)",
    "CREATE INDEX rev_case ON rev (case_rec)",
    "CREATE INDEX rev_standing ON rev (standing) WHERE standing <> 'certified'",
    "CREATE INDEX env_outbox ON env (site, own, rev_id) WHERE own IS NOT NULL AND receipt = ''",
    "CREATE INDEX entry_id ON entry (id)",
    "CREATE INDEX blob_case ON blob (case_rec)",
    "CREATE INDEX blob_outbox ON blob (at) WHERE state = 'local' AND receipt_data IS NULL",
    "CREATE INDEX blob_wanted ON blob (at) WHERE state = 'wanted'",
    "CREATE INDEX record_case ON record (case_rec)",
    "CREATE INDEX record_form ON record (form, changed_at)",
    "CREATE INDEX record_to_sign ON record (to_sign) WHERE to_sign <> ''",
)
_SIGNED = {
    "rev": "rev_id, rec, inner, sig, key_id",
    "env": "env_id, site, dev, n, hdr, dsig",
    "receipt": "id, data, sig",
    "stmt": "stmt_id, data, sig",
}


def upgrade() -> None:
    for statement in (*_TABLES, *_INDICES):
        op.execute(statement)
    for table, columns in _SIGNED.items():
        op.execute(
            f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_same BEFORE UPDATE OF {columns} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'signed'); END"
        )
