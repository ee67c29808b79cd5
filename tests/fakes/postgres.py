"""A real PostgreSQL of its own for a test run: socket only, fsync on, thrown away afterwards.

`initdb` refuses root, so under root it runs as the account `postgres`, elsewhere as the caller. A database of
a test is copied from a template that was migrated once, which takes some hundredths of a second.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reset_or.central import schema, tables
from reset_or.central.database import Database

_PLACES = ("/usr/lib/postgresql/18/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin",
           "/usr/lib/postgresql/15/bin", "/opt/homebrew/bin", "/usr/local/bin", "/usr/bin")  # fmt: skip
_TEMPLATE = "template_reset"
_CLEAN_UP = """
cat > /dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2> /dev/null) && kill -QUIT "$pid"
rm -rf "$1"
"""


@dataclass(frozen=True)
class TestDatabase:
    """One database: as its owner, and as the role that serves."""

    __test__ = False
    owner_dsn: str
    app_dsn: str


def binaries() -> Path:
    """The folder of initdb and postgres; raises FileNotFoundError naming what is missing."""
    for place in (*_PLACES, str(Path(shutil.which("initdb") or "/nowhere/initdb").parent)):
        if (Path(place) / "initdb").exists() and (Path(place) / "postgres").exists():
            return Path(place)
    raise FileNotFoundError("PostgreSQL 15 or newer (initdb, postgres) is not installed")


@dataclass
class Cluster:
    """A running server; `database` makes databases, `kill` and `start` are for tests of crashes."""

    folder: Path
    _bin: Path = field(default_factory=binaries)
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _shared: TestDatabase | None = None

    @property
    def owner(self) -> str:
        return "postgres" if os.name != "nt" and os.getuid() == 0 else getpass.getuser()

    def init(self) -> None:
        if self.owner == "postgres":
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o755)
        data = ["-D", str(self.folder / "data"), "-U", self.owner, "-A", "trust", "-E", "UTF8", "--no-sync",
                "--no-locale"]  # fmt: skip
        self._run("initdb", *data)

    def start(self) -> None:
        settings = {
            "listen_addresses": "", "unix_socket_directories": str(self.folder), "fsync": "on",
            "synchronous_commit": "on", "shared_buffers": "32MB", "max_connections": "60",
            "log_min_messages": "fatal",
        }  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self.folder / "data"), *options]
        self._process = subprocess.Popen(
            [*self._as_owner(), *command], cwd="/", start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        ready = [str(self._bin / "pg_isready"), "-q", "-h", str(self.folder), "-t", "1"]
        for _ in range(2000):
            if subprocess.run(ready, check=False).returncode == 0:
                return
            if self._process.poll() is not None:
                break
        raise RuntimeError("PostgreSQL did not start")

    def stop(self) -> None:
        """Immediate shutdown: nothing of this cluster is kept."""
        if self._process is not None:
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def kill(self) -> None:
        """SIGKILL to all its processes at once, as when the power goes; `start` recovers."""
        assert self._process is not None
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["pgrep", "-P", str(pid)], check=False, capture_output=True).stdout.split()
        gone = [os.pidfd_open(int(child)) for child in children]
        for each in (pid, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        self._process.wait(30)
        self._process = None
        for child in gone:  # what still holds the shared memory would keep the next start away
            select.select([child], [], [], 30)
            os.close(child)

    def follow(self, primary: Cluster) -> None:
        """Becomes a streaming standby of `primary`, which from now on acknowledges only what is here too.

        Whatever this cluster held is lost.
        """
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        if self.owner == "postgres":
            shutil.chown(self.folder, "postgres", "postgres")
        self.folder.chmod(0o755)
        copy = ["-h", str(primary.folder), "-U", self.owner, "-D", str(self.folder / "data"), "-R", "-X",
                "stream", "-c", "fast", "--no-sync"]  # fmt: skip
        self._run("pg_basebackup", *copy)
        self.start()
        primary._execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary._execute("SELECT pg_reload_conf()")
        asked = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
        for _ in range(2000):
            if primary.ask("postgres", asked):
                return
        raise RuntimeError("the standby does not stream")

    def promote(self) -> None:
        """A standby becomes the primary; returns once it takes writes."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self.folder / "data"))

    def dump(self, database: str, file: Path) -> None:
        """`pg_dump` of a running database, as its operator makes it every night."""
        made = subprocess.run([str(self._bin / "pg_dump"), "-d", self.dsn(database), "--no-owner",
                               "--no-privileges"], check=True, capture_output=True)  # fmt: skip
        file.write_bytes(made.stdout)

    def restore(self, database: str, file: Path) -> str:
        """The dump in a new database of this cluster; its owner's DSN. Grants are made by `migrate`."""
        self._execute(f"CREATE DATABASE {database}")
        said = ["-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), "-f", str(file)]
        subprocess.run([str(self._bin / "psql"), *said], check=True, capture_output=True)
        return self.dsn(database)

    def ask(self, database: str, statement: str) -> Any:
        """The first value that the owner is answered."""
        with self._engine(self.dsn(database)).connect() as connection:
            return connection.exec_driver_sql(statement).scalar()

    def _run(self, program: str, *words: str) -> None:
        command = [*self._as_owner(), str(self._bin / program), *words]
        subprocess.run(command, check=True, capture_output=True, cwd="/")

    def dsn(self, database: str, role: str | None = None) -> str:
        return f"postgresql://{role or self.owner}@/{database}?host={self.folder}"

    def make_template(self) -> None:
        self._execute(f"CREATE DATABASE {_TEMPLATE}")
        database = Database(self.dsn(_TEMPLATE))
        schema.migrate(database)
        schema.grant_role(database, schema.DEFAULT_ROLE)
        database.close()

    def database(self) -> TestDatabase:
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return TestDatabase(self.dsn(name), self.dsn(name, schema.DEFAULT_ROLE))

    def emptied_database(self) -> TestDatabase:
        """The same database each time, its rows gone: for tests that are alone with it, one after another.

        Much cheaper than a copy. Only the superuser can do that, past the triggers.
        """
        if self._shared is None:
            self._shared = self.database()
        with self._engine(self._shared.owner_dsn).connect() as connection:
            connection.exec_driver_sql("SET session_replication_role = replica")
            for name in tables.metadata.tables:
                connection.exec_driver_sql(f'DELETE FROM "{name}"')
        return self._shared

    def empty_database(self) -> str:
        """The owner's DSN of a database without tables."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.dsn(name)

    def _execute(self, statement: str) -> None:
        with self._engine(self.dsn("postgres")).connect() as connection:
            connection.exec_driver_sql(statement)

    def _engine(self, dsn: str) -> sa.Engine:
        url = sa.make_url(dsn).set(drivername="postgresql+psycopg")
        return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)

    def _as_owner(self) -> list[str]:
        return ["runuser", "-u", "postgres", "--"] if self.owner == "postgres" else []


def dsn_of(clusters: Sequence[Cluster], database: str, role: str = schema.DEFAULT_ROLE) -> str:
    """Reaches whichever of the clusters takes writes."""
    hosts = ",".join(str(each.folder) for each in clusters)
    return f"postgresql://{role}@/{database}?host={hosts}&target_session_attrs=read-write"


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster with its template."""
    with empty_cluster() as cluster:
        cluster.init()
        cluster.start()
        cluster.make_template()
        yield cluster


@contextlib.contextmanager
def empty_cluster() -> Iterator[Cluster]:
    """A place for a cluster; its folder is short, for socket names may have 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="ro-pg-", dir="/tmp" if os.name != "nt" else None))
    # A run that is killed cannot clean up: the pipe to this shell closes with it, however it ends.
    watch = subprocess.Popen(
        ["sh", "-c", _CLEAN_UP, "sh", str(folder)], stdin=subprocess.PIPE, start_new_session=True, cwd="/"
    )
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.stop()
        watch.communicate()
