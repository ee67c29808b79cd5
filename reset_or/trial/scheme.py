"""Reads a version of the trial's scheme from `resources/schemes/<version>.toml`, whole or not at all.

No number of the rules stands in Python. The shape of the scheme is `limits`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final, TypeVar

from reset_or.base import ids, resources
from reset_or.base.errors import OurBug, UserFixable
from reset_or.trial.codes import LONG, SEVERITY, SHORT, Arm, End, Feedback, State, Tier, Verdict
from reset_or.trial.limits import (
    AgreementLimits,
    ArmScheme,
    Band,
    ClockLimits,
    DisplayRules,
    EndScheme,
    EntryLimits,
    Midpoint,
    PhotoLimits,
    Raised,
    SafetyLines,
    Scheme,
    StateScheme,
    Tolerance,
)

__all__ = ["DEFAULT_VERSION", "Scheme", "load_scheme", "parse_scheme"]

DEFAULT_VERSION: Final = "reset-1"
_VERSION = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,22}[a-z0-9])?")
_Made = TypeVar("_Made")
_Code = TypeVar("_Code", bound=StrEnum)


@cache
def load_scheme(version: str = DEFAULT_VERSION) -> Scheme:
    """The scheme shipped under this version id.

    Raises UserFixable("scheme_unknown") for an id that is not shipped, OurBug("scheme_malformed") for a
    shipped file that breaks its own shape.
    """
    place = resources.resource("schemes", f"{version}.toml") if _VERSION.fullmatch(version) else None
    if place is None or not place.is_file():
        raise UserFixable("scheme_unknown", version=version[:24])
    try:
        scheme = parse_scheme(place.read_bytes())
    except UserFixable as error:
        raise OurBug(error.code, **error.details) from error
    if scheme.version != version:
        raise OurBug("scheme_malformed", where="version")
    return scheme


def parse_scheme(untrusted_toml: bytes) -> Scheme:
    """Reads a scheme file; raises UserFixable("scheme_malformed", where=<dotted key>).

    Unknown and missing keys, wrong types, unknown codes, bands out of order and factors that could not be
    divided by are all refused: a scheme is used as a whole or not at all.
    """
    try:
        raw = tomllib.loads(untrusted_toml.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UserFixable("scheme_malformed", where="toml") from error
    codes = _take(raw, "codes", dict, "codes")
    raw = {key: value for key, value in raw.items() if key != "codes"} | _prefixed(codes)
    raw["digest"] = ids.sha256_hex(untrusted_toml)
    return _fill(Scheme, raw, "scheme")


def _prefixed(codes: dict[str, Any]) -> dict[str, Any]:
    if set(codes) != {"reasons", "reason_asked", "missing"}:
        raise _malformed("codes")
    return codes


def _malformed(where: str) -> UserFixable:
    return UserFixable("scheme_malformed", where=where)


def _take(table: Mapping[str, Any], key: str, kind: type, where: str) -> Any:
    value = table.get(key)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _malformed(where)
    return value


def _fill(kind: type[_Made], table: object, where: str) -> _Made:
    """Makes a dataclass from a TOML table: exactly its keys, each read by the type it is declared with."""
    if not isinstance(table, dict):
        raise _malformed(where)
    known = {said.name: said for said in fields(kind)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, said in known.items():
        if name in table:
            values[name] = _READ[str(said.type)](table[name], f"{where}.{name}")
        elif said.default is MISSING:
            raise _malformed(f"{where}.{name}")
    for name in table:
        if name not in known:
            raise _malformed(f"{where}.{name}")
    return kind(**values)


def _int(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**53:
        raise _malformed(where)
    return value


def _bool(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise _malformed(where)
    return value


def _str(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise _malformed(where)
    return value


def _texts(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _malformed(where)
    return tuple(_str(item, where) for item in value)


def _code(codes: type[_Code]) -> Callable[[object, str], _Code]:
    def read(value: object, where: str) -> _Code:
        try:
            return codes(_str(value, where))
        except ValueError:
            raise _malformed(where) from None

    return read


def _table(
    key: Callable[[object, str], _Code], read: Callable[[object, str], _Made], needed: tuple[_Code, ...]
) -> Callable[[object, str], Mapping[_Code, _Made]]:
    def read_table(value: object, where: str) -> Mapping[_Code, _Made]:
        if not isinstance(value, dict):
            raise _malformed(where)
        found = {key(name, f"{where}.{name}"): read(item, f"{where}.{name}") for name, item in value.items()}
        if set(found) != set(needed):
            raise _malformed(where)
        return MappingProxyType(found)

    return read_table


def _end_scheme(value: object, where: str) -> EndScheme:
    end = _fill(EndScheme, value, where)
    starts = [band.from_mm for band in end.bands]
    if not starts or starts[0] != 0 or any(a >= b for a, b in pairwise(starts)):
        raise _malformed(f"{where}.bands")
    order = [band.verdict for band in end.bands]
    if order.count(Verdict.WITHIN_PROTOCOL) != 1 or not set(order) <= set(SEVERITY):
        raise _malformed(f"{where}.bands")
    middle = order.index(Verdict.WITHIN_PROTOCOL)
    long_ones = {*LONG, Verdict.EXCEEDS_NOTE}
    if Verdict.WITHIN_TOLERANCE not in order[:middle] or long_ones & set(order[:middle]):
        raise _malformed(f"{where}.bands")
    if SHORT & set(order[middle:]) or starts[middle] != end.target_mm:
        raise _malformed(f"{where}.bands")
    return end


def _state_scheme(value: object, where: str) -> StateScheme:
    state = _fill(StateScheme, value, where)
    factor, spread = state.factor_permille, state.plus_minus_permille
    if factor is not None and not spread < factor <= 1000:
        raise _malformed(f"{where}.factor_permille")
    if state.of_record and (state.ex_vivo or factor is None):
        raise _malformed(f"{where}.of_record")
    return state


def _display(value: object, where: str) -> DisplayRules:
    if not isinstance(value, dict):
        raise _malformed(where)
    tiers = {code.value: value.get(code.value) for code in SEVERITY}
    rest = {name: item for name, item in value.items() if name not in tiers}
    return _fill(DisplayRules, {"tiers": tiers, **rest}, where)


def _of(kind: type[_Made]) -> Callable[[object, str], _Made]:
    return lambda value, where: _fill(kind, value, where)


def _list(read: Callable[[object, str], _Made]) -> Callable[[object, str], tuple[_Made, ...]]:
    def read_list(value: object, where: str) -> tuple[_Made, ...]:
        if not isinstance(value, list):
            raise _malformed(where)
        return tuple(read(item, f"{where}.{number}") for number, item in enumerate(value))

    return read_list


_READ: Final[dict[str, Callable[[object, str], Any]]] = {
    "int": _int,
    "int | None": _int,
    "bool": _bool,
    "str": _str,
    "tuple[str, ...]": _texts,
    "frozenset[str]": lambda value, where: frozenset(_texts(value, where)),
    "frozenset[Verdict]": lambda value, where: frozenset(_list(_code(Verdict))(value, where)),
    "Arm": _code(Arm),
    "End": _code(End),
    "Verdict": _code(Verdict),
    "Tier": _code(Tier),
    "Feedback": _code(Feedback),
    "Tolerance": _of(Tolerance),
    "Midpoint": _of(Midpoint),
    "SafetyLines": _of(SafetyLines),
    "ClockLimits": _of(ClockLimits),
    "EntryLimits": _of(EntryLimits),
    "AgreementLimits": _of(AgreementLimits),
    "PhotoLimits": _of(PhotoLimits),
    "DisplayRules": _display,
    "EndScheme": _end_scheme,
    "tuple[Band, ...]": _list(_of(Band)),
    "tuple[Raised, ...]": _list(_of(Raised)),
    "Mapping[Verdict, Tier]": _table(_code(Verdict), _code(Tier), SEVERITY),
    "Mapping[Arm, ArmScheme]": _table(_code(Arm), _of(ArmScheme), (Arm.CONVENTIONAL, Arm.REDUCED)),
    "Mapping[State, StateScheme]": _table(_code(State), _state_scheme, tuple(State)),
}
