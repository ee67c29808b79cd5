"""Canonical bytes: the restricted JSON that every signature and hash stands on.

Profile (docs/formats.md): UTF-8, keys `[a-z0-9_.]+` in ASCII order, no floats, no null, integers within
2^53 - 1, strings in NFC without lone surrogates, nesting of at most 8. In this profile the standard
library's output equals RFC 8785. Received bytes are parsed, encoded anew, and must come out the same;
they are stored and sent as they were signed, never rebuilt.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from reset_or.base.errors import OurBug, TrustBroken

Canonical = dict[str, "Canonical"] | list["Canonical"] | str | int | bool
MAX_BYTES: Final = 256 * 1024
_MAX_DEPTH: Final = 8
_MAX_INT: Final = 2**53 - 1
_KEY = re.compile(r"[a-z0-9_.]{1,128}")


class NotCanonical(ValueError):
    """Why a value or a byte string lies outside the profile."""


def canon(value: Any) -> bytes:
    """The one byte string for `value`; raises OurBug("not_canonical") if it lies outside the profile."""
    try:
        return _encode(value)
    except NotCanonical as error:
        raise OurBug("not_canonical", reason=str(error)) from error


def parse(untrusted_bytes: bytes, *, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The object in `untrusted_bytes`; raises TrustBroken("not_canonical") unless canonical."""
    try:
        if len(untrusted_bytes) > max_bytes:
            raise NotCanonical("too long")
        text = untrusted_bytes.decode("utf-8")
        value = _DECODER.decode(text)
        if not isinstance(value, dict):
            raise NotCanonical("not an object")
        if _encode(value) != untrusted_bytes:
            raise NotCanonical("encoded otherwise")
    except (ValueError, RecursionError) as error:
        raise TrustBroken("not_canonical", reason=type(error).__name__) from error
    return value


def _encode(value: Any) -> bytes:
    _check(value, 0)
    return _ENCODER.encode(value).encode("utf-8")


def _check(value: Any, depth: int) -> None:
    # Text first, for most of every message is text; ASCII is always NFC and free of surrogates.
    kind = type(value)
    if kind is str:
        if not value.isascii():
            _check_text(value)
    elif isinstance(value, dict):
        _check_depth(value, depth)
        if not all(map(_is_key, value)):
            raise NotCanonical("key")
        _check_each(value.values(), depth + 1)
    elif isinstance(value, (list, tuple)):
        _check_depth(value, depth)
        _check_each(value, depth + 1)
    elif isinstance(value, str):
        _check_text(value)
    elif kind is bool:
        pass
    elif isinstance(value, int):
        if abs(value) > _MAX_INT:
            raise NotCanonical("integer")
    else:
        raise NotCanonical(kind.__name__)


def _check_each(values: Iterable[Any], depth: int) -> None:
    for value in values:
        # Most are these two: a call for each would cost more than all else here.
        kind = type(value)
        if not (value.isascii() if kind is str else kind is int and -_MAX_INT <= value <= _MAX_INT):
            _check(value, depth)


def _check_depth(container: Any, depth: int) -> None:
    """What is inside stands one deeper, so only an empty one may stand at the last level."""
    if depth > _MAX_DEPTH or (depth == _MAX_DEPTH and container):
        raise NotCanonical("nested too deep")


def _check_text(text: str) -> None:
    if not unicodedata.is_normalized("NFC", text) or any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise NotCanonical("text")


@lru_cache(maxsize=4096)
def _is_key(key: object) -> bool:
    return isinstance(key, str) and _KEY.fullmatch(key) is not None


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("duplicate key")
    return found


def _no_float(text: str) -> Any:
    raise NotCanonical("float")


def _small_int(text: str) -> int:
    if len(text) > 17:
        raise NotCanonical("integer")
    return int(text)


# Made once: `json.dumps` and `json.loads` make theirs anew for every call, which costs more than the call.
_ENCODER: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_float=_no_float, parse_constant=_no_float, parse_int=_small_int
)
