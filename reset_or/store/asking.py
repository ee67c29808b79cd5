"""How values stand in a question so that SQLite prepares it once and not at every asking.

A limit that is bound, and a list of ever another length, make it a new statement each time: with the wiped
memory of an encrypted database that costs twenty to forty times as much as the answer itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Integer, Text, bindparam, func, select


def at_most(number: int) -> BindParameter[int]:
    """For `limit`: the number as text of the statement."""
    return bindparam(None, number, type_=Integer, literal_execute=True)


def among(column: Column[Any], values: Iterable[str | int]) -> ColumnElement[bool]:
    """Whether the column is one of these, whatever their number: a list is one value."""
    return _within(column, as_list(values))


def among_bound(column: Column[Any], name: str = "among") -> ColumnElement[bool]:
    """`among` for a statement that is put together once: bind `name` to `as_list(values)`."""
    return _within(column, bindparam(name, type_=Text))


def as_list(values: Iterable[str | int]) -> str:
    return json.dumps(list(values))


def _within(column: Column[Any], listed: Any) -> ColumnElement[bool]:
    table: Any = func.json_each(listed).table_valued("value")
    return column.in_(select(table.c.value))
