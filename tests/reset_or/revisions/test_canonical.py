"""Canonical bytes: one writing for each value, and nothing else accepted."""

from __future__ import annotations

import contextlib
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import OurBug, TrustBroken
from reset_or.revisions.canonical import canon, parse

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(
    lambda text: __import__("unicodedata").normalize("NFC", text)
)
_KEYS = st.from_regex(r"[a-z0-9_.]{1,10}", fullmatch=True)
_VALUES = st.recursive(
    _TEXT | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_round_trip_and_agreement_with_rfc8785(value: dict[str, object]) -> None:
    try:
        data = canon(value)
    except OurBug:
        return  # nested deeper than the profile allows
    assert parse(data) == value
    assert data == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(st.dictionaries(_KEYS, st.integers(-999, 999), min_size=1, max_size=5))
def test_any_other_writing_of_the_same_object_is_refused(value: dict[str, int]) -> None:
    spaced = json.dumps(value, sort_keys=True).encode()
    if spaced == canon(value):
        return
    with pytest.raises(TrustBroken, match="not_canonical"):
        parse(spaced)


@pytest.mark.parametrize(
    "untrusted",
    [
        b"", b"[]", b"1", b"null", b'{"a":1.0}', b'{"a":1e3}', b'{"a":null}', b'{"a":1,"a":1}', b'{"a": 1}',
        b'{"b":1,"a":1}', b'{"A":1}', b'{"a":9007199254740992}', b'{"a":NaN}', b'{"a":"\\u0041"}', b"\xff",
        b'{"a":"e\xcc\x81"}', b'{"a":"\\ud800"}', b'{"a":' * 9 + b"1" + b"}" * 9,
        b'{"a":' + b"9" * 5000 + b"}",
        b"[" * 100000, b'{"a":-0}',
    ],
)  # fmt: skip
def test_bytes_outside_the_profile_are_refused(untrusted: bytes) -> None:
    with pytest.raises(TrustBroken, match="not_canonical"):
        parse(untrusted)


@pytest.mark.parametrize(
    "value", [{"a": None}, {"a": 1.5}, {"A": 1}, {"a": 2**53}, {"a": "e\u0301"}, {"a": b""}]
)
def test_values_outside_the_profile_cannot_be_written(value: dict[str, object]) -> None:
    with pytest.raises(OurBug):
        canon(value)


@given(st.binary(max_size=200))
def test_parse_never_raises_anything_else(untrusted: bytes) -> None:
    with contextlib.suppress(TrustBroken):  # b"{}" is canonical
        parse(untrusted)


@pytest.mark.parametrize("inner", ["text", "\u00e9", 7, True, [1], {"a": 1}])
@pytest.mark.parametrize("wrap", [lambda v: {"a": v}, lambda v: [v]], ids=["object", "list"])
def test_eight_levels_and_no_more(inner: object, wrap: object) -> None:
    deep = int(isinstance(inner, (list, dict)))
    value: object = inner
    for _ in range(8 - deep):
        value = wrap(value)  # type: ignore[operator]
    assert canon(value)
    with pytest.raises(OurBug):
        canon(wrap(value))  # type: ignore[operator]
    empty: object = []
    for _ in range(8):
        empty = wrap(empty)  # type: ignore[operator]
    assert canon(empty)
