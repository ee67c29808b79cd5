"""A site's computer without a network: a real encrypted store, real keys, certified by a synthetic trial.

For tests of actions and screens. What enrolment and sync do is not simulated; tests of those start the
real server instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reset_or.actions.context import DeviceKeys, Person
from reset_or.actions.installation import Installation, new_device, write_installation
from reset_or.actions.people import set_printed_name
from reset_or.base.clock import ManualClock
from reset_or.base.lanes import InlineLanes, Lanes
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.revisions.statements import Statement
from reset_or.store.opening import create_installation
from reset_or.sync.epochs import EpochKey
from reset_or.wire.trial_file import TrialFile
from reset_or.workspace import Settings, Tile, Workspace
from reset_or.workspace.settings import save_settings
from tests.fakes.trial import SyntheticTrial

PASSWORD = "plum-rain over the {user} bridge"
PEOPLE = {
    "zhang": Person("zhang", "surgeon", "Zhang San"),
    "wang": Person("wang", "or_nurse", "Wang Min"),
    "chen": Person("chen", "or_nurse", "Chen Min"),
    "li": Person("li", "pathologist", "Li Wei"),
}


def password_of(user: str) -> str:
    return PASSWORD.format(user=user)


def make_workspace(
    place: Path,
    *,
    people: Mapping[str, Person] = PEOPLE,
    site: str = "03",
    scheme: str = "demo-1",
    clock: ManualClock | None = None,
    lanes: Lanes | None = None,
    trial: SyntheticTrial | None = None,
    key_store: MemoryKeyStore | None = None,
) -> Workspace:
    """A locked workspace whose people are certified; `unlock(user, password_of(user))` opens it.

    `MemoryKeyStore(trouble="none")` makes one without a keyring, as commands with `--no-keyring` open it.
    """
    home, clock = Home(place), clock or ManualClock()
    key_store = key_store or MemoryKeyStore()
    trial = trial or SyntheticTrial()
    made = trial.add_site(site, devices=1, people={})
    first, *others = people
    opened = create_installation(
        home, user=first, password=password_of(first), key_store=key_store, clock=clock, cost=QUICK_COST
    )
    assert opened.person is not None
    keys = [opened.person, *(opened.add_person(user, password_of(user)) for user in others)]
    device = new_device()
    grants = [trial.grant(trial.admin.key, "person", site, key.user, key.public, people[key.user].role)
              for key in keys]  # fmt: skip
    statements = [*trial.statements, made.statements[0], _of_device(trial, site, device), *grants]
    root = signing.public_bytes(trial.root)
    said = Installation(trial.study, site, root, "", {u: p.role for u, p in people.items()})
    with opened.store.transaction() as unit:
        write_installation(unit, said, TrialFile(trial.study, root, "", tuple(statements)), device)
        key = EpochKey(site, 1, made.identity)
        unit.put_secret(key.name, key.identity.encode("ascii"))
    opened.close()
    _remember(home, trial.study, site, people, scheme)
    workspace = Workspace(home, lanes=lanes or InlineLanes(), clock=clock, key_store=key_store)
    _name(workspace, people)
    return workspace


def _of_device(trial: SyntheticTrial, site: str, device: DeviceKeys) -> Statement:
    sign = signing.public_bytes(device.sign)
    return trial.grant(trial.admin.key, "device", site, device.dev, sign, box=device.box_public)


def _name(workspace: Workspace, people: Mapping[str, Person]) -> None:
    """Everybody's printed name, written by themselves; locked afterwards."""
    for user, person in people.items():
        workspace.unlock(user, password_of(user))
        workspace.do(set_printed_name, user=user, name=person.name)
    workspace.lock()


def _remember(home: Home, study: str, site: str, people: Mapping[str, Person], scheme: str) -> None:
    tiles = tuple(Tile(person.user, person.role, person.name) for person in people.values())
    save_settings(home, Settings(study=study, site=site, people=tiles, scheme=scheme))
