"""A strict reader of the Prometheus text format 0.0.4, written from its description and nothing else."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}

Labels = frozenset[tuple[str, str]]


@dataclass
class Family:
    """One name with its kind and every sample below it, in the order they came."""

    kind: str
    samples: list[tuple[str, dict[str, str], float]] = field(default_factory=list)


def parse(text: str) -> dict[str, Family]:
    """Families by name; raises AssertionError for anything the format does not allow."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    helped, current, seen = "", "", set[tuple[str, Labels]]()
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped, _, words = line.removeprefix("# HELP ").partition(" ")
            assert NAME.fullmatch(helped), line
            assert words, line
            assert helped not in families, line
        elif line.startswith("# TYPE "):
            current, _, kind = line.removeprefix("# TYPE ").partition(" ")
            assert current == helped, line
            assert kind in PARTS, line
            families[current] = Family(kind)
        else:
            name, labels, value = _sample(line)
            family = families[current]
            assert name in {current + part for part in PARTS[family.kind]}, line
            key = (name, frozenset(labels.items()))
            assert key not in seen, line
            seen.add(key)
            family.samples.append((name, labels, value))
    for name, family in families.items():
        assert family.samples, name
        assert family.kind != "counter" or name.endswith("_total"), name
        if family.kind == "histogram":
            _check_histogram(name, family)
    return families


def value_of(families: dict[str, Family], name: str, **labels: str) -> float:
    """The sum of all samples of a name that carry these labels."""
    found = [v for n, said, v in families[name].samples if n == name and labels.items() <= said.items()]
    return sum(found)


def _sample(line: str) -> tuple[str, dict[str, str], float]:
    found = SAMPLE.fullmatch(line)
    assert found, line
    labels, rest = dict[str, str](), found[2] or ""
    while rest:
        one = LABEL.match(rest)
        assert one, line
        assert one[1] not in labels, line
        assert not one[1].startswith("__"), line
        labels[one[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], one[2])
        rest = rest[one.end() :]
        assert not rest or (rest.startswith(",") and rest != ","), line
        rest = rest.removeprefix(",")
    value = float(found[3])
    assert not math.isnan(value), line
    return found[1], labels, value


def _check_histogram(name: str, family: Family) -> None:
    rows: dict[Labels, list[tuple[float, float]]] = {}
    counts: dict[Labels, float] = {}
    for sample, labels, value in family.samples:
        rest = frozenset((k, v) for k, v in labels.items() if k != "le")
        if sample == f"{name}_bucket":
            rows.setdefault(rest, []).append((float(labels["le"]), value))
        elif sample == f"{name}_count":
            counts[rest] = value
    assert set(rows) == set(counts)
    for rest, row in rows.items():
        assert row == sorted(row), rest
        assert [value for _, value in row] == sorted(value for _, value in row), rest
        assert row[-1] == (math.inf, counts[rest]), rest
