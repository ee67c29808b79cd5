"""schemathesis reads the served OpenAPI document and holds the server against every word of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reset_or.base.ids import sha256_hex
from tests.conftest import Effort
from tests.fakes.postgres import Cluster
from tests.fakes.server import ChildServer
from tests.fakes.trial import SyntheticTrial
from tests.faults.report import note

SHORT, LONG = 5, 300


def test_the_document_is_true(postgres: Cluster, tmp_path: Path, effort: Effort, full: bool) -> None:
    server = ChildServer(SyntheticTrial(), tmp_path / "central", postgres.database().app_dsn)
    server.prepare()
    server.start("--trust-proxy", "127.0.0.1")
    try:
        each = effort.count or (LONG if full else SHORT)
        code, said = _held(server, tmp_path, each, effort)
    finally:
        assert server.stop() == 0
    found = re.search(r"(\d+) generated", said)
    note(
        "R9 schemathesis, postgresql", int(found[1]) if found else 0, 0, effort.seed,
        [said[-2000:]] if code else [], effort.spent_s, examples_an_operation=each,
    )  # fmt: skip
    assert code == 0, said
    assert found is not None, said
    assert int(found[1]) > 100


def _held(server: ChildServer, folder: Path, each: int, effort: Effort) -> tuple[int, str]:
    site = server.trial.add_site("03")
    photo = sha256_hex(b"a photo that never comes")
    server.client().push(statements=site.statements)
    server.client(site.devices[0]).push([server.trial.envelope(site.devices[0], blobs=[photo])])
    signer = folder / "signer.json"
    raw = site.devices[0].key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    signer.write_text(
        json.dumps({"key": raw.hex(), "url": server.url, "site": "03", "photo": photo}), encoding="ascii"
    )
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{server.url}/openapi.json",
        "--checks", "all", "--phases", "examples,coverage,fuzzing", "--max-examples", str(each),
        "--seed", str(effort.seed), "--suppress-health-check", "all", "--continue-on-failure", "--no-color",
        "--warnings", "off",
    ]  # fmt: skip
    env = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.faults.signing_hooks", "RESET_OR_SIGNER": str(signer),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr
