"""Every word a person can meet exists in both languages, keeps its placeholders, and fits the glossary."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from reset_or.base import errors, resources, words
from reset_or.base.errors import (
    EnvironmentTrouble,
    OurBug,
    ResetOrError,
    TrustBroken,
    UsageError,
    UserFixable,
)
from reset_or.store.states import OPEN_STATES, error_code
from reset_or.wire.problems import PROBLEMS

pytestmark = pytest.mark.text

ROOT = Path(__file__).resolve().parents[1]
KNOWN = words.keys()
HAN = re.compile(r"[\u4e00-\u9fff]")
TREE = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ResetOrError)
}
# What stands as it is in both languages: units, symbols, names of things that are written in Latin letters.
SAME_IN_BOTH = re.compile(
    r"(\{[^}]*\}|abc|cm|mm|min|MB|GB|KB|MP|px|PDF|CSV|JSON|JPEG|PNG|DICOM|USB|QR|PIN|NCT[0-9]+|RESET-OR(-DEMO)?|RESET|"
    r"PI|CRC|UTC|SHA-?256|Ed25519|TNM|ypTNM|English|OK|Enter|Esc|Ctrl|Shift|Tab|Alt|F[0-9]+|[A-Z]|[^A-Za-z\u4e00-\u9fff])*"
)


@dataclass(frozen=True)
class Entry:
    """One text of the catalogue: `area.key` and one language."""

    key: str
    language: str
    text: str


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every entry of `resources/translations`, with the helper forms (`en_one`) as they stand."""
    found: dict[str, dict[str, str]] = {}
    for place in resources.resource("translations").iterdir():
        if place.name.endswith(".toml"):
            area = place.name.removesuffix(".toml")
            for key, entry in resources.read_toml("translations", place.name).items():
                found[f"{area}.{key}"] = entry
    return found


def texts() -> list[Entry]:
    """All texts of the catalogue, and the labels of the codebook beside them."""
    found = [
        Entry(key, form[:2], text)
        for key, entry in catalogue().items()
        for form, text in entry.items()
        if form in ("en", "en_one", "zh")
    ]
    return [*found, *_labels("codebook", resources.read_toml("codebook.toml"))]


def _labels(path: str, node: object) -> Iterator[Entry]:
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        if isinstance(value, str) and re.fullmatch(r"(\w+_)?(en|zh)(_\w+)?", name):
            yield Entry(f"{path}.{name}", "zh" if "zh" in name else "en", value)
        else:
            yield from _labels(f"{path}.{name}", value)


@cache
def calls() -> tuple[tuple[str, str, ast.Call], ...]:
    """(where, called name, call) of every call in the source."""
    found = []
    for top in ("reset_or", "ui"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    where = f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
                    found.append((where, _name(node.func), node))
    return tuple(found)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _raising() -> set[str]:
    """The classes of the error tree, and those that the packages derive from them."""
    names = set(TREE)
    for top in ("reset_or", "ui"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and any(_name(base) in names for base in node.bases):
                    names.add(node.name)
    return names


def _said(node: ast.expr) -> set[str]:
    """The texts that an argument can be: a literal, or both sides of `a if b else c`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _said(node.body) | _said(node.orelse)
    return set()


def raised() -> list[tuple[str, str, ast.Call]]:
    """(where, code, call) of every error raised with a literal code."""
    raising = _raising()
    return [
        (where, code, call)
        for where, name, call in calls()
        if name in raising and call.args
        for code in _said(call.args[0])
    ]


def listed(found: Iterable[object]) -> str:
    """Each on a line of its own: pytest would cut a long list short."""
    return "\n" + "\n".join(str(one) for one in found)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _names(call: ast.Call) -> set[str] | None:
    """The keyword names of a call; None where `**more` hides them."""
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else {name for name in names if name}


def test_every_entry_has_both_languages() -> None:
    bad = {key: entry for key, entry in catalogue().items() if not (entry.get("en") and entry.get("zh"))}
    assert not bad, listed(bad)


def test_placeholders_are_equal_in_both_languages() -> None:
    different = {}
    for key, entry in catalogue().items():
        allowed = placeholders(entry["en"])
        if placeholders(entry["zh"]) != allowed or not placeholders(entry.get("en_one", "")) <= allowed:
            different[key] = entry
    assert not different, listed(different)


def test_every_error_has_title_and_advice() -> None:
    kinds = {f"kind_{kind.__name__.lower()}" for kind in (UserFixable, UsageError, EnvironmentTrouble)}
    kinds |= {f"kind_{kind.__name__.lower()}" for kind in (TrustBroken, OurBug, ResetOrError)} | {"cancelled"}
    codes = {code: where for where, code, _ in raised()} | dict.fromkeys(kinds, "the tree")
    missing = {
        code: where
        for code, where in sorted(codes.items())
        if f"errors.{code}" not in KNOWN or f"errors.{code}__advice" not in KNOWN
    }
    assert not missing, listed(f"{code}  {where}" for code, where in missing.items())


def test_every_refusal_of_the_server_has_words() -> None:
    """They arrive as numbers, with no details to fill in."""
    bad = [code for code in PROBLEMS if not {f"errors.{code}", f"errors.{code}__advice"} <= KNOWN]
    bad += [code for code in PROBLEMS if placeholders(words.say(f"errors.{code}__advice", "en"))]
    assert not bad, listed(bad)


def test_every_state_in_which_a_store_is_found_has_words() -> None:
    codes = [error_code(state) for state in OPEN_STATES if state != "ok"]
    bad = [code for code in codes if not {f"errors.{code}", f"errors.{code}__advice"} <= KNOWN]
    assert not bad, listed(bad)


def test_every_error_gets_the_details_that_its_words_name() -> None:
    """Otherwise a person reads `{limit}`."""
    bare = []
    for where, code, call in raised():
        given = _names(call)
        wanted = {
            name
            for key in (f"errors.{code}", f"errors.{code}__advice")
            if key in catalogue()
            for name in placeholders(catalogue()[key]["en"])
        }
        if given is not None and not wanted <= given:
            bare.append(f"{where} {code} lacks {sorted(wanted - given)}")
    assert not bare, listed(bare)


def test_titles_and_advice_come_in_pairs() -> None:
    keys = {key.removeprefix("errors.") for key in KNOWN if key.startswith("errors.")}
    assert [key for key in keys if not key.endswith("__advice") and f"{key}__advice" not in keys] == []
    assert [
        key for key in keys if key.endswith("__advice") and key.removesuffix("__advice") not in keys
    ] == []


def test_every_key_that_is_said_exists() -> None:
    unknown = []
    for where, name, call in calls():
        if name != "say" or not call.args:
            continue
        for key in _said(call.args[0]):
            if key not in KNOWN:
                unknown.append(f"{where} {key}")
        if isinstance(call.args[0], ast.JoinedStr) and isinstance(call.args[0].values[0], ast.Constant):
            start = str(call.args[0].values[0].value)
            if "." in start and not any(key.startswith(start) for key in KNOWN):
                unknown.append(f"{where} {start}...")
    assert not unknown, listed(unknown)


def _is_or_begins_a_key(text: str) -> bool:
    """A key, or the constant start of an f-string that ends in `_` and is completed by a code."""
    return text in KNOWN or (text.endswith("_") and any(key.startswith(text) for key in KNOWN))


def test_every_literal_that_looks_like_a_key_exists() -> None:
    """Keys also travel as plain strings (a table of labels); `area.key` with a known area must be known."""
    areas = {key.split(".")[0] for key in KNOWN}
    shape = re.compile(rf"({'|'.join(sorted(areas))})\.(?!(toml|py|png|pdf|csv|json|db|age|log)$)[a-z0-9_]+")
    unknown = []
    for top in ("reset_or", "ui"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and shape.fullmatch(node.value)
                    and not _is_or_begins_a_key(node.value)
                ):
                    unknown.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.value}")
    assert not unknown, listed(unknown)


def test_every_text_gets_the_values_it_names() -> None:
    bare = []
    for where, name, call in calls():
        if name != "say" or not call.args:
            continue
        given = _names(call)
        for key in _said(call.args[0]):
            wanted = placeholders(catalogue().get(key, {}).get("en", ""))
            if given is not None and not wanted <= given:
                bare.append(f"{where} {key} lacks {sorted(wanted - given)}")
    assert not bare, listed(bare)


def test_no_text_uses_a_form_that_the_glossary_avoids() -> None:
    glossary = resources.read_toml("translations", "glossary.toml")
    slips = []
    for entry in texts():
        if entry.key.startswith("glossary."):
            continue
        for term, rule in glossary.items():
            flags = re.IGNORECASE if entry.language == "en" else 0
            for form in rule.get(f"avoid_{entry.language}", ()):
                if re.search(form, entry.text, flags):
                    slips.append(
                        f"{entry.key}: {entry.text!r} holds {form!r} ({term}: {rule[entry.language]})"
                    )
    assert not slips, listed(slips)


def test_the_glossary_obeys_itself() -> None:
    glossary = resources.read_toml("translations", "glossary.toml")
    for term, rule in glossary.items():
        assert set(rule) <= {"en", "zh", "avoid_en", "avoid_zh", "note"}, term
        for other, avoiding in glossary.items():
            for language in ("en", "zh"):
                for form in avoiding.get(f"avoid_{language}", ()):
                    assert not re.search(form, rule[language]), f"{term} uses what {other} avoids: {form}"


def test_chinese_texts_are_chinese() -> None:
    left = [
        entry.key for entry in texts() if entry.language == "zh" and not HAN.search(entry.text)
        and not SAME_IN_BOTH.fullmatch(entry.text)
    ]  # fmt: skip
    assert not left, listed(left)


def test_english_texts_hold_no_chinese() -> None:
    # The name of a language is written in that language.
    names = ("中文", "简体中文")
    assert [
        e for e in texts() if e.language == "en" and HAN.search(e.text) and e.text.strip() not in names
    ] == []


def test_chinese_punctuation_is_full_width() -> None:
    """Beside a Chinese character stands a Chinese comma, stop, colon, question mark or bracket."""
    slip = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;?!()][\u4e00-\u9fff]|[\u4e00-\u9fff]\.(?![A-Za-z0-9])")
    bad = []
    for entry in texts():
        plain = re.sub(r"\{[^}]*\}", "0", entry.text)
        if entry.language == "zh" and slip.search(plain):
            bad.append(f"{entry.key}: {entry.text}")
    assert not bad, listed(bad)


def test_explain_never_shows_a_code() -> None:
    """An error that has no words of its own speaks in the words of its kind."""
    for kind in (UserFixable, UsageError, EnvironmentTrouble, TrustBroken, OurBug):
        for language in words.LANGUAGES:
            title, advice = words.explain(kind("no_such_code_exists", id="1"), language)
            assert "no_such_code" not in title + advice
            assert title != advice
