"""The one word catalogue: every text a person reads, in English and Simplified Chinese.

Texts live in `resources/translations/<area>.toml`, one table per key with `en` and `zh`, optionally
`en_one` for a count of one. Placeholders are `str.format` names. Terms that were reviewed once for
both languages stand in `glossary.toml`, with the forms to avoid; a test holds all areas against it.

Screens, command line, PDF and errors all read here, so a word is changed in one place and a switch
of language needs no restart (decision 0003).
"""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

from reset_or.base import resources
from reset_or.base.errors import OurBug, ResetOrError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@cache
def _area(area: str) -> dict[str, dict[str, str]]:
    # One file at a time: a screen or command reads only the words it says, which keeps the start short.
    place = resources.resource("translations", f"{area}.toml")
    return resources.read_toml("translations", f"{area}.toml") if place.is_file() else {}


def _entry(key: str) -> dict[str, str] | None:
    area, _, name = key.partition(".")
    return _area(area).get(name)


def keys() -> frozenset[str]:
    """Every key of the catalogue as `area.key`."""
    names = [place.name for place in resources.resource("translations").iterdir()]
    areas = [name.removesuffix(".toml") for name in names if name.endswith(".toml")]
    return frozenset(f"{area}.{name}" for area in areas for name in _area(area))


def say(key: str, language: Language, /, **values: object) -> str:
    """The text of `area.key` in one language, its placeholders filled.

    A value named `n` equal to 1 picks `en_one` where the entry has it. Raises OurBug("unknown_word").
    """
    entry = _entry(key)
    if entry is None:
        raise OurBug("unknown_word", key=key)
    one = language == "en" and values.get("n") == 1
    text = entry.get("en_one", entry["en"]) if one else entry[language]
    return text.format(**values) if values else text


def explain(error: ResetOrError, language: Language) -> tuple[str, str]:
    """(title, advice) of an error; one without words of its own is explained by its kind."""
    names = [error.code, *(f"kind_{kind.__name__.lower()}" for kind in type(error).__mro__)]
    key = next(f"errors.{name}" for name in names if _entry(f"errors.{name}") is not None)
    return _fill(say(key, language), error), _fill(say(f"{key}__advice", language), error)


def _fill(text: str, error: ResetOrError) -> str:
    try:
        return text.format(**error.details)
    except (KeyError, IndexError):
        return text
