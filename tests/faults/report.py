"""The one page that says what the fault campaigns did, so that an auditor can check the claim.

A campaign calls `note` once, before it asserts: what it ran, what faults hit, which seed. Under
`make faults` (see conftest.py) the page is printed at the end and left as `faults-report.md` in the current
folder. Round n alone is run again with `--seed` seed + n and `--count 1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.machine import this_run

NAME = "faults-report.md"
_SHOWN = 5
_MOST = 50
_AGAIN = (
    "To repeat all: `make faults SEED=<seed>`. To repeat round n of a campaign alone: "
    "`make faults SEED=<seed + n> COUNT=1`."
)


@dataclass(frozen=True)
class Line:
    """One campaign; `failures` are said in words, with the seed of the round."""

    campaign: str
    rounds: int
    faults: int
    seed: int
    failures: list[str]
    seconds: float
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        figures = "".join(f", {name.replace('_', ' ')} {value}" for name, value in self.figures.items())
        return (f"{self.campaign}: {self.rounds} runs, {self.faults} faults, seed {self.seed}{figures}, "
                f"{self.seconds:.0f} s, {len(self.failures)} failures")  # fmt: skip


_noted: list[Line] = []


def note(
    campaign: str,
    rounds: int,
    faults: int,
    seed: int,
    failures: Sequence[str],
    seconds: float,
    **figures: Any,
) -> None:
    """Keeps the campaign's line for the page, and prints it with its first failures."""
    line = Line(campaign, rounds, faults, seed, [str(each) for each in failures], seconds, figures)
    _noted.append(line)
    print(f"\n{line.sentence}", *(f"  {each}" for each in line.failures[:_SHOWN]), sep="\n")


def taken() -> list[Line]:
    """What was noted since the last call: the lines of the test that has just ended."""
    lines = list(_noted)
    _noted.clear()
    return lines


@dataclass
class Page:
    """All that a run noted; `broken` are tests that failed, `left_out` those that could not run here."""

    lines: list[Line] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def text(self) -> str:
        runs, faults = (sum(getattr(line, name) for line in self.lines) for name in ("rounds", "faults"))
        failures = [f"{line.campaign}: {each}" for line in self.lines for each in line.failures]
        summary = (
            f"{len(self.lines)} campaigns, {runs} runs, {faults} faults, {len(failures)} failures, "
            f"{len(self.broken)} tests failed, {len(self.left_out)} left out."
        )
        head = ["| Campaign | Runs | Faults | Failures | Seed | Seconds | Reached |",
                "|---|--:|--:|--:|--:|--:|---|"]  # fmt: skip
        parts = _part("Failures", failures[:_MOST]) + _part("Tests that failed", self.broken)
        parts += _part("Left out here", self.left_out)
        rows = [_row(line) for line in self.lines]
        return "\n".join(
            [
                "# Fault campaigns of RESET-OR",
                "",
                *this_run(),
                "",
                summary,
                "",
                *head,
                *rows,
                *parts,
                "",
                _AGAIN,
                "",
            ]
        )


def _row(line: Line) -> str:
    reached = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in line.figures.items())
    return (f"| {line.campaign} | {line.rounds} | {line.faults} | {len(line.failures)} | {line.seed} | "
            f"{line.seconds:.0f} | {reached} |")  # fmt: skip


def _part(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {line}" for line in lines)] if lines else []
