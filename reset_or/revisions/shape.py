"""Small checks of a parsed object's shape, shared by revision, envelope, statement and receipt.

Each returns the value or raises TrustBroken("bad_shape"); nothing untrusted passes without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from reset_or.base.errors import TrustBroken

T = TypeVar("T")


def bad(what: str, name: str) -> TrustBroken:
    return TrustBroken("bad_shape", what=what, field=name)


def keys(what: str, value: Mapping[str, Any], needed: Collection[str], allowed: Collection[str] = ()) -> None:
    """Every needed key is there and no other than needed and allowed ones."""
    found = set(value)
    if missing := set(needed) - found:
        raise bad(what, min(missing))
    if extra := found - set(needed) - set(allowed):
        raise bad(what, min(extra))


def version(what: str, value: Mapping[str, Any], known: int = 1) -> None:
    """`v` is the number `known`; `true`, which equals 1 in Python, is another writing of it."""
    if type(value.get("v")) is not int or value["v"] != known:
        raise TrustBroken("unknown_format", what=what)


def text(what: str, value: Mapping[str, Any], name: str, pattern: re.Pattern[str] | None = None) -> str:
    found = value.get(name)
    if not isinstance(found, str) or (pattern is not None and not pattern.fullmatch(found)):
        raise bad(what, name)
    return found


def number(what: str, value: Mapping[str, Any], name: str, low: int = 0, high: int = 2**53 - 1) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
        raise bad(what, name)
    return found


def mapping(what: str, value: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    if not isinstance(found, dict):
        raise bad(what, name)
    return found


def items(
    what: str, value: Mapping[str, Any], name: str, check: Callable[[Any], T], most: int
) -> tuple[T, ...]:
    """A list of at most `most` entries, each passed through `check`."""
    found = value.get(name)
    if not isinstance(found, list) or len(found) > most:
        raise bad(what, name)
    return tuple(check(entry) for entry in found)


def hex_item(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    def check(entry: Any) -> str:
        if not isinstance(entry, str) or not pattern.fullmatch(entry):
            raise bad(what, "id")
        return entry

    return check
