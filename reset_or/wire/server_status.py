"""What a server says of itself to anybody: its study, and who vouches for its key (`GET /status`).

    {"v":1, "study", "version", "at", "grants":[{"d": base64, "s": base64}], ...}

`grants` are the statements that certify the key it signs with. They are judged from the root, whoever
carries them: a lie in this answer gains nothing.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reset_or.base.errors import EnvironmentTrouble, TrustBroken, UserFixable
from reset_or.revisions import signing
from reset_or.revisions.directory import Directory
from reset_or.revisions.statements import Statement
from reset_or.wire.feed import CENTRE
from reset_or.wire.trial_file import read_statement_object, statement_object

PATH: Final = "/status"
_MOST: Final = 20


@dataclass(frozen=True)
class ServerStatus:
    """Still untrusted. `grants` is empty for a server that says none."""

    study: str
    grants: tuple[Statement, ...]


def grants_of(statements: Sequence[Statement], server_key: bytes) -> tuple[Statement, ...]:
    """Those that certify this key of a server."""
    wanted = signing.b64(server_key)
    return tuple(s for s in statements if _is_server(s) and s.body["subj_keys"]["sign"] == wanted)


def grants_object(grants: Sequence[Statement]) -> list[dict[str, str]]:
    return [statement_object(each) for each in grants]


def decode_status(untrusted: bytes) -> ServerStatus:
    """Raises EnvironmentTrouble("server_not_ours") for anything else, such as another program's page."""
    try:
        value: Any = json.loads(untrusted)
        grants = value.get("grants", [])
        if value["v"] != 1 or not isinstance(value["study"], str) or len(grants) > _MOST:
            raise EnvironmentTrouble("server_not_ours")
        return ServerStatus(value["study"], tuple(read_statement_object(each) for each in grants))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError, TrustBroken) as error:
        raise EnvironmentTrouble("server_not_ours") from error


def vouched(said: ServerStatus, directory: Directory, site: str) -> tuple[Statement, ...]:
    """What certifies the server's key for a device of `site` and is new to `directory`; () for nothing new.

    Raises UserFixable `server_other_study`, `server_key_revoked`; TrustBroken("server_not_vouched") where
    nobody who may vouches for it.
    """
    if said.study != directory.study:
        raise UserFixable("server_other_study", study=said.study[:32])
    trial, good = copy.deepcopy(directory), []
    for grant in said.grants:
        if not _is_server(grant) or grant.site not in ("*", CENTRE, site):
            continue
        try:
            trial.add(grant)
        except TrustBroken:
            continue
        good.append(grant)
    if not good:
        raise TrustBroken("server_not_vouched")
    if not any(trial.valid_at(_key_id(grant), None) for grant in good):
        raise UserFixable("server_key_revoked")
    return tuple(grant for grant in good if not directory.knows(grant.stmt_id))


def _is_server(statement: Statement) -> bool:
    return statement.type == "grant" and statement.body["kind"] == "server"


def _key_id(grant: Statement) -> str:
    return signing.key_id(signing.unb64(grant.body["subj_keys"]["sign"], length=32))
