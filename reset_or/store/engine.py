"""One encrypted connection, opened the one way that was tried: raw key, rollback journal, EXTRA.

WAL hides damage and FULL lost acknowledged saves in power-loss replay, hence DELETE and EXTRA. Owns no
table. All SQL text of settings is here, with no value that a person typed.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import StaticPool

from reset_or.base.errors import EnvironmentTrouble, OurBug

_KEY: Final = re.compile(r"[0-9a-f]{64}")
SALT_LENGTH: Final = 16
_BUSY_MS: Final = 2000
_PREPARED: Final = 8
"""Statements that stay prepared. More of them take up the memory that SQLite keeps ready for what is running;
then it asks for new memory at every step, which SQLCipher locks, wipes and unlocks (decision 0022)."""


def file_salt(install_id: str) -> bytes:
    """The first 16 bytes of this installation's database file.

    SQLCipher keeps a salt there in plain. Derived from the installation, it tells our damaged file from
    the whole file of another installation, for which the key would fail just the same.
    """
    return hashlib.sha256(b"ro/dbsalt/1\0" + install_id.encode("ascii")).digest()[:SALT_LENGTH]


def open_connection(path: Path, key: str, *, create_salt: bytes | None = None) -> Connection:
    """A connection in autocommit; whoever writes says BEGIN and COMMIT.

    `key`: 64 hex characters. `create_salt` makes a new file, else the file must be there. Raises
    SQLAlchemy's DatabaseError (see `faults`) where the key or the file is not right.
    """
    if not _KEY.fullmatch(key):
        raise OurBug("db_key_shape")  # a malformed raw key would silently be taken for a passphrase
    text = key if create_salt is None else key + create_salt.hex()
    mode = "rwc" if create_salt is not None else "rw"

    def connect() -> Any:
        from sqlcipher3 import dbapi2

        connection = dbapi2.connect(
            f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None,
            check_same_thread=False, timeout=_BUSY_MS / 1000, cached_statements=_PREPARED,
        )  # fmt: skip
        try:
            _settle(connection, text)
        except BaseException:
            connection.close()
            raise
        return connection

    return _engine(connect).connect()


def _engine(connect: Any) -> Engine:
    from sqlcipher3 import dbapi2

    return create_engine(
        "sqlite://", module=dbapi2, creator=connect, poolclass=StaticPool, isolation_level="AUTOCOMMIT"
    )


def close_connection(connection: Connection) -> None:
    engine = connection.engine
    connection.close()
    engine.dispose()


def _settle(raw: Any, key_text: str) -> None:
    """Key first, then every setting, each read back: a setting that did not hold must not go unseen."""
    raw.execute("PRAGMA cipher_log_level = NONE")
    raw.execute(f"PRAGMA key = \"x'{key_text}'\"")
    if not raw.execute("PRAGMA cipher_version").fetchone():
        raise EnvironmentTrouble("no_encryption")
    raw.execute("PRAGMA cipher_memory_security = ON")
    raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
    wanted = {
        "journal_mode": "delete", "synchronous": 3, "foreign_keys": 1, "trusted_schema": 0,
        "temp_store": 2, "cell_size_check": 1, "secure_delete": 1,
    }  # fmt: skip
    for name, value in wanted.items():
        raw.execute(f"PRAGMA {name} = {value}")
        found = raw.execute(f"PRAGMA {name}").fetchone()
        if not found or found[0] != value:
            raise OurBug("db_setting", name=name)
