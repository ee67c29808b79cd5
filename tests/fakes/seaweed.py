"""A real object store for a test run: SeaweedFS on free ports, thrown away afterwards, and killable.

It takes seconds to start, so one serves a whole run, and each test has a prefix of its own.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from reset_or.central.s3 import S3Config, S3Store

KEY, SECRET = "RESETOR", "a secret of this test run"
BUCKET = "photos"
_WAIT_S = 120
_NAMES = ("master", "volume", "filer", "s3")


@dataclass
class Seaweed:
    """`kill` and `start` are for tests of crashes: the data folder outlives both."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def prepare(self) -> None:
        (self.folder / "data").mkdir(parents=True)
        credentials = [{"accessKey": KEY, "secretKey": SECRET}]
        actions = ["Admin", "Read", "Write", "List"]
        may = {"identities": [{"name": "reset-or", "credentials": credentials, "actions": actions}]}
        (self.folder / "s3.json").write_text(json.dumps(may), encoding="ascii")
        self.ports = _free_ports()

    def start(self) -> None:
        """Starts and waits until an object can be written and read."""
        said = ["-dir=data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", "-s3.config=s3.json",
                "-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
                "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"]  # fmt: skip
        for name in _NAMES:
            said += [f"-{name}.port={self.ports[name]}", f"-{name}.port.grpc={self.ports[name + '.grpc']}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("weed"), "server", *said], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.ports['s3']}"

    @property
    def config(self) -> S3Config:
        return S3Config(KEY, SECRET, self.endpoint, plain_http=True)

    def url(self) -> str:
        """A place of its own in the bucket."""
        return f"s3://{BUCKET}/trial-{next(self._numbers)}"

    def write_config(self, file: Path) -> Path:
        """What `--s3-config` is given."""
        file.write_text(
            f'endpoint = "{self.endpoint}"\nregion = "us-east-1"\naccess_key_id = "{KEY}"\n'
            f'secret_access_key = "{SECRET}"\nplain_http = true\n',
            encoding="ascii",
        )
        return file

    def _wait(self) -> None:
        until = time.monotonic() + _WAIT_S
        probe, name = S3Store(f"s3://{BUCKET}/probe", self.config), "0" * 64
        while True:
            try:
                # Its own retries would wait for minutes: first whether it listens at all.
                httpx.get(self.endpoint, timeout=2, trust_env=False)
                probe.put_piece(name, 0, b"x")
                probe.discard(name)
                return
            except Exception:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > until:
                    log = (self.folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"SeaweedFS did not start: {log[-2000:]}") from None
                time.sleep(0.1)


@contextlib.contextmanager
def running_seaweed() -> Iterator[Seaweed]:
    """An object store of its own until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="reset-or-s3-"))
    store = Seaweed(folder / "run")
    try:
        store.prepare()
        store.start()
        yield store
    finally:
        store.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports() -> dict[str, int]:
    with contextlib.ExitStack() as stack:
        found = {}
        for name in (part for each in _NAMES for part in (each, f"{each}.grpc")):
            place = stack.enter_context(socket.socket())
            place.bind(("127.0.0.1", 0))
            found[name] = place.getsockname()[1]
        return found
