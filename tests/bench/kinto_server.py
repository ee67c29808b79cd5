"""Kinto on the same PostgreSQL, from an environment of its own (kinto/prepare): records in clear.

It is the peer that clinics could run instead: an open server for records with a batch interface.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from tests.faults.ground import free_port

ROOT = Path(__file__).parents[2]
BATCH = 25  # what it allows without being told otherwise
_KINTO = ROOT / ".venv-kinto" / "bin" / "kinto"
_RECORDS = "/buckets/trial/collections/readings/records"
_WAIT_S = 60
_SETTINGS = """
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
[app:main]
use = egg:kinto
kinto.userid_hmac_secret = bench
multiauth.policies = basicauth
kinto.bucket_create_principals = system.Authenticated
kinto.storage_backend = kinto.core.storage.postgresql
kinto.storage_url = {url}
kinto.cache_backend = kinto.core.cache.postgresql
kinto.cache_url = {url}
kinto.permission_backend = kinto.core.permission.postgresql
kinto.permission_url = {url}
"""


def missing() -> str:
    """Installs it if need be; what kept it from being here, "" for nothing."""
    done = subprocess.run(
        [str(Path(__file__).parent / "kinto" / "prepare")], capture_output=True, text=True, check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"PYTHON": sys.executable},
    )  # fmt: skip
    return (
        "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it cannot be installed"])[-1]
    )


class Kinto:
    """One caller of a running server; the calls are those its own client makes."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/v1", auth=("bench", "bench"), trust_env=False, timeout=120)

    def begin(self) -> None:
        for path in ("/buckets/trial", "/buckets/trial/collections/readings"):
            self._http.put(path, json={}).raise_for_status()

    def push(self, records: list[dict[str, Any]]) -> None:
        for start in range(0, len(records), BATCH):
            requests = [
                {"method": "PUT", "path": f"/v1{_RECORDS}/{record['id']}", "body": {"data": record}}
                for record in records[start : start + BATCH]
            ]
            answer = self._http.post("/batch", json={"requests": requests}).raise_for_status()
            assert {each["status"] for each in answer.json()["responses"]} == {201}

    def pull(self, since: str = "") -> tuple[int, str]:
        """(how many, the mark to go on from)."""
        answer = self._http.get(_RECORDS, params={"_since": since} if since else {}).raise_for_status()
        return len(answer.json()["data"]), answer.headers["ETag"].strip('"')

    def close(self) -> None:
        self._http.close()


@contextlib.contextmanager
def running_kinto(dsn: str, folder: Path) -> Iterator[Kinto]:
    """`dsn`: of an empty database, as its owner."""
    port, settings = free_port(), folder / "kinto.ini"
    url = sa.make_url(dsn).render_as_string(hide_password=False).replace("%", "%%")
    settings.write_text(_SETTINGS.format(port=port, url=url), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([str(_KINTO), "migrate", "--ini", str(settings)], check=True, env=environment,
                   capture_output=True)  # fmt: skip
    with subprocess.Popen(
        [str(_KINTO), "start", "--ini", str(settings)], env=environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            _until_it_answers(f"http://127.0.0.1:{port}", process)
            kinto = Kinto(f"http://127.0.0.1:{port}")
            kinto.begin()
            yield kinto
            kinto.close()
        finally:
            process.terminate()


def _until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/v1/", trust_env=False).status_code == httpx.codes.OK:
                return
        time.sleep(0.1)
    raise AssertionError("Kinto did not start")
