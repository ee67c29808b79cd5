"""How a refusal is printed: words on standard error, with `--json` one object on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from reset_or.base.errors import ResetOrError, UsageError
from reset_or.base.words import Language, explain


def refuse(
    error: ResetOrError,
    language: Language,
    *,
    as_json: bool,
    shown: Mapping[str, Any] | None = None,
    lines: Sequence[str] = (),
) -> int:
    """Prints the refusal and gives its exit code.

    `shown` and `lines`: what the command found out nevertheless; with `--json` it stands in the same object.
    """
    title, advice = explain(error, language)
    if as_json:
        said = {"error": error.code, "title": title, "advice": advice, "details": _harmless(error.details)}
        print(json.dumps({**(shown or {}), **said}, ensure_ascii=False, sort_keys=True))
    else:
        for line in lines:
            print(line)
    print(f"{title} [{error.code}]", file=sys.stderr)
    if advice:
        print(advice, file=sys.stderr)
    if isinstance(error, UsageError) and "usage" in error.details:
        print(f"{error.details['message']}\n{error.details['usage']}", file=sys.stderr)
    return error.exit_code


def _harmless(details: Mapping[str, object]) -> dict[str, str | int]:
    return {key: value if isinstance(value, int) else str(value) for key, value in details.items()}
