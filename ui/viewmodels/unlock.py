"""The unlock page in words: who may sign in, what state the device is in, how long to wait. No Qt.

Every open state has its own title and advice (errors.open_*); a state in which nobody can sign in shows no
password line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reset_or.base import words
from reset_or.base.errors import ResetOrError, UserFixable
from reset_or.base.words import Language, say
from reset_or.record import codebook

if TYPE_CHECKING:
    from reset_or.workspace import Probe

NCT: Final = "NCT07038122"
# In these the password is asked; in all others the page explains and offers to look again.
_ASKS: Final = frozenset({"ok", "locked", "wrong-password", "head-missing", "rolled-back"})


@dataclass(frozen=True)
class PersonTile:
    """One person who has a slot on this device. `hint` is the demo's password line, else ""."""

    user: str
    name: str
    role: str
    hint: str


@dataclass(frozen=True)
class Trouble:
    """A state or a refusal in words."""

    title: str
    advice: str
    code: str


@dataclass(frozen=True)
class UnlockView:
    """The whole page. `mark` is "" for real data, else the words of demo or practice.

    `protection` says that the passwords alone protect the data, where no keyring takes part.
    """

    study: str
    mark: str
    people: tuple[PersonTile, ...]
    trouble: Trouble | None
    asks: bool
    empty: bool
    protection: str = ""


def unlock_view(probe: Probe, language: Language) -> UnlockView:
    """What can be shown without a password."""
    asks = probe.state in _ASKS
    trouble = (
        None
        if probe.state in ("ok", "locked")
        else state_trouble(probe.state, language, pid=probe.in_use_pid)
    )
    site = say("ui_shell.site", language, site=probe.site) if probe.site else ""
    return UnlockView(
        study="   ·   ".join(part for part in (probe.study, site, NCT) if part),
        mark=mark(probe.demo, probe.practice, language),
        people=tiles(probe.people, probe.demo_passwords if probe.demo else {}, language),
        trouble=trouble,
        asks=asks and bool(probe.people),
        empty=not probe.people and trouble is None,
        # The demo never asks for a keyring, so it says nothing about this computer.
        protection=say("unlock.reduced", language) if probe.reduced and not probe.demo else "",
    )


def mark(demo: bool, practice: bool, language: Language) -> str:
    """The words that stand on every page of a demo or in practice mode."""
    if demo:
        return say("ui_shell.demo", language)
    return say("ui_shell.practice", language) if practice else ""


def tiles(
    people: Sequence[object], passwords: Mapping[str, str], language: Language
) -> tuple[PersonTile, ...]:
    """One tile a person, in the order of the installation."""
    found = []
    for person in people:
        user, role = str(getattr(person, "user", "")), str(getattr(person, "role", ""))
        name = str(getattr(person, "name", "")) or user
        password = passwords.get(user, "")
        hint = say("unlock.demo_password", language, password=password) if password else ""
        found.append(PersonTile(user, name, codebook.label("role", role, language), hint))
    return tuple(found)


def state_trouble(state: str, language: Language, *, pid: int | None = None) -> Trouble:
    """Title and advice of an open state by its name; `pid` is the process that holds the data, if known."""
    error = UserFixable(f"open_{state.replace('-', '_')}", pid="?" if pid is None else pid)
    return trouble(error, language)


def trouble(error: ResetOrError, language: Language) -> Trouble:
    title, advice = words.explain(error, language)
    return Trouble(title, advice, error.code)


def seconds_to_wait(error: ResetOrError) -> int:
    """How long the next try waits after misses; 0 for any other refusal."""
    seconds = error.details.get("seconds") if error.code == "sign_in_wait" else 0
    return seconds if isinstance(seconds, int) else 0


def wait_text(seconds: int, language: Language) -> str:
    """Seconds up to a minute and a half, then whole minutes."""
    if seconds <= 90:
        return say("unlock.wait", language, s=seconds)
    return say("unlock.wait_min", language, m=-(-seconds // 60))
