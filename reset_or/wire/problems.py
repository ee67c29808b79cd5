"""The numbered refusals of the server, and the body `application/problem+json` that carries one.

    {"type":"urn:reset-or:problem:<number>", "title":<code>, "status", "code", "number", "retry":bool,
     "retry_s"?, "nonce"?, "offset"?, "why"?}

Numbers and codes never change their meaning and are never used again. A code also stands for one item of a
sync answer. What a person reads for it is in the word catalogue under `errors.<code>`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from reset_or.base.errors import EnvironmentTrouble, OurBug, ResetOrError, TrustBroken, UserFixable

CONTENT_TYPE: Final = "application/problem+json"
MAX_BYTES: Final = 4096


@dataclass(frozen=True)
class ProblemKind:
    """`retry`: the same request may succeed later without anybody changing anything.

    `error`: the branch of the error tree that the caller raises for it.
    """

    number: int
    code: str
    status: int
    retry: bool
    error: type[ResetOrError]


def _table(*rows: tuple[int, str, int, bool, type[ResetOrError]]) -> dict[str, ProblemKind]:
    found = {row[1]: ProblemKind(*row) for row in rows}
    if len(found) != len(rows) or len({row[0] for row in rows}) != len(rows):
        raise OurBug("problem_table")
    return found


PROBLEMS: Final[dict[str, ProblemKind]] = _table(
    # whole requests
    (1, "nonce", 401, True, EnvironmentTrouble),
    (2, "request_not_signed", 401, False, TrustBroken),
    (3, "device_not_admitted", 403, True, UserFixable),
    (4, "device_revoked", 403, False, UserFixable),
    (5, "device_suspended", 403, False, UserFixable),
    (6, "site_not_allowed", 403, False, UserFixable),
    (7, "not_found", 404, False, OurBug),
    (8, "method_not_allowed", 405, False, OurBug),
    (9, "request_malformed", 400, False, OurBug),
    (10, "request_too_large", 413, False, OurBug),
    (11, "too_many_requests", 429, True, EnvironmentTrouble),
    (12, "server_unavailable", 503, True, EnvironmentTrouble),
    (13, "server_disk_full", 507, True, EnvironmentTrouble),
    (14, "server_trouble", 500, True, EnvironmentTrouble),
    (15, "request_timeout", 408, True, EnvironmentTrouble),
    # one envelope or statement
    (20, "envelope_malformed", 400, False, TrustBroken),
    (21, "wrong_study", 400, False, TrustBroken),
    (22, "device_signature_wrong", 400, False, TrustBroken),
    (23, "body_missing", 400, False, TrustBroken),
    (24, "author_unknown", 403, True, UserFixable),
    (25, "relay_needs_receipt", 403, False, UserFixable),
    (26, "epoch_unknown", 400, True, UserFixable),
    (27, "fork", 409, False, TrustBroken),
    (28, "quota_device", 429, True, EnvironmentTrouble),
    (29, "quota_site", 429, True, EnvironmentTrouble),
    (30, "erased_by_order", 410, False, UserFixable),
    (31, "statement_refused", 403, False, UserFixable),
    # photos
    (40, "blob_not_named", 404, True, EnvironmentTrouble),
    (41, "blob_offset", 409, True, EnvironmentTrouble),
    (42, "blob_hash_differs", 409, True, EnvironmentTrouble),
    (43, "blob_not_here", 404, True, EnvironmentTrouble),
    (44, "range_not_satisfiable", 416, False, OurBug),
    # invites
    (50, "invite_unknown", 404, True, UserFixable),
    (51, "invite_expired", 410, False, UserFixable),
    (52, "invite_taken", 409, False, UserFixable),
    (53, "invite_answered", 409, False, TrustBroken),
    (54, "invite_not_answered", 404, True, UserFixable),
    # a hospital's relay
    (60, "centre_not_reached", 503, True, EnvironmentTrouble),
    (61, "relay_withdrawn", 403, False, UserFixable),
)


@dataclass(frozen=True)
class Problem:
    """One refusal. `retry_s`: seconds to wait; `nonce`: a fresh one; `offset`: bytes already there."""

    code: str
    retry_s: int | None = None
    nonce: str | None = None
    offset: int | None = None
    why: str | None = None

    @property
    def kind(self) -> ProblemKind:
        return PROBLEMS[self.code]

    def as_error(self) -> ResetOrError:
        """The error to raise for it on the caller's side."""
        said = {"retry_s": self.retry_s, "why": self.why, "offset": self.offset}
        return self.kind.error(self.code, **{key: value for key, value in said.items() if value is not None})


def encode_problem(problem: Problem) -> bytes:
    kind = problem.kind
    value: dict[str, Any] = {
        "type": f"urn:reset-or:problem:{kind.number}", "title": kind.code, "status": kind.status,
        "code": kind.code, "number": kind.number, "retry": kind.retry,
    }  # fmt: skip
    extra = {"retry_s": problem.retry_s, "nonce": problem.nonce, "offset": problem.offset, "why": problem.why}
    value |= {key: inner for key, inner in extra.items() if inner is not None}
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def decode_problem(content_type: str, untrusted: bytes) -> Problem | None:
    """The problem in an answer's body; None if it is not one of ours (a proxy's page, a captive portal)."""
    if content_type.partition(";")[0].strip() != CONTENT_TYPE or len(untrusted) > MAX_BYTES:
        return None
    try:
        value = json.loads(untrusted)
    except (ValueError, RecursionError):
        return None
    code = _text(value, "code") if isinstance(value, dict) else None
    if code is None or code not in PROBLEMS:
        return None
    return Problem(
        code=code,
        retry_s=_number(value, "retry_s"),
        nonce=_text(value, "nonce"),
        offset=_number(value, "offset"),
        why=_text(value, "why"),
    )


def _number(value: dict[str, Any], name: str) -> int | None:
    found = value.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _text(value: dict[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) and len(found) <= 128 and found.isascii() else None
