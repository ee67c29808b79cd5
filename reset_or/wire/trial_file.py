"""`trial.json`: what everybody may know of a trial, and what a server and a new device start from.

    {"v":1, "study", "root": base64, "server_url", "statements":[{"d": base64, "s": base64}]}

Canonical JSON. The first statements certify the centre's administrator, its first device, the server's
key, the recipients of every record and the first epoch of site 00; the root's key verifies them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from reset_or.base.errors import TrustBroken
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.directory import Directory
from reset_or.revisions.statements import Statement, read_statement

MAX_TRIAL_BYTES: Final = 256 * 1024
_STUDY = re.compile(r"[A-Z0-9-]{1,32}")
_URL = re.compile(r"https?://[\x21-\x7e]{1,240}|")


@dataclass(frozen=True)
class TrialFile:
    """`root` is the 32-byte public key that everything else hangs on."""

    study: str
    root: bytes
    server_url: str
    statements: tuple[Statement, ...]

    def directory(self) -> Directory:
        """The directory of the first statements, each verified; raises TrustBroken."""
        directory = Directory(self.study, self.root)
        directory.add_all(self.statements)
        return directory


def encode_trial(trial: TrialFile) -> bytes:
    return canon(trial_object(trial))


def read_trial(untrusted: bytes) -> TrialFile:
    """Checks the shape; `TrialFile.directory` verifies the signatures. Raises TrustBroken."""
    return read_trial_object(parse(untrusted, max_bytes=MAX_TRIAL_BYTES))


def trial_object(trial: TrialFile) -> dict[str, Any]:
    return {
        "v": 1, "study": trial.study, "root": signing.b64(trial.root), "server_url": trial.server_url,
        "statements": [statement_object(each) for each in trial.statements],
    }  # fmt: skip


def read_trial_object(value: Any) -> TrialFile:
    what = "trial_file"
    if not isinstance(value, dict):
        raise TrustBroken("unknown_format", what=what)
    shape.version(what, value)
    shape.keys(what, value, ("v", "study", "root", "server_url", "statements"))
    return TrialFile(
        study=shape.text(what, value, "study", _STUDY),
        root=signing.unb64(shape.text(what, value, "root"), length=32),
        server_url=shape.text(what, value, "server_url", _URL),
        statements=shape.items(what, value, "statements", read_statement_object, 1000),
    )


def statement_object(statement: Statement) -> dict[str, str]:
    return {"d": signing.b64(statement.data), "s": signing.b64(statement.sig)}


def read_statement_object(value: Any) -> Statement:
    """Checks the shape only; raises TrustBroken."""
    what = "trial_file"
    if not isinstance(value, dict):
        raise shape.bad(what, "statements")
    shape.keys(what, value, ("d", "s"))
    data = signing.unb64(shape.text(what, value, "d"))
    return read_statement(data, signing.unb64(shape.text(what, value, "s"), length=64))
