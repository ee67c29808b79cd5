"""What an installation knows of its trial, read from and written into its own store.

Meta: study, site, root, server_url, roles, demo, ca. Secrets: `device/sign`, `device/box`, and one
`epoch/<site>/<number>` for each age identity that opens the site's records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions.context import DeviceKeys
from reset_or.base.errors import EnvironmentTrouble, TrustBroken, UserFixable
from reset_or.base.ids import SITE
from reset_or.base.lanes import Lanes, on_store
from reset_or.revisions import signing
from reset_or.revisions.directory import Directory
from reset_or.revisions.statements import Statement, read_statement
from reset_or.sync import epochs
from reset_or.sync.outbox import UNSENT_STATEMENTS, unsent_statements
from reset_or.wire.feed import CENTRE

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit
    from reset_or.wire.transport import Transport
    from reset_or.wire.trial_file import TrialFile

_SIGN: Final = "device/sign"
_BOX: Final = "device/box"
SERVER_URL: Final = "server_url"
CA: Final = "ca"


@dataclass(frozen=True)
class Installation:
    """`root`: the 32-byte key everything hangs on. `roles`: user -> role as the invitation said.

    `ca_pem`: certificates of an own authority, "" where the system's are used.
    """

    study: str
    site: str
    root: bytes
    server_url: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    demo: bool = False
    ca_pem: str = ""


def read_installation(store: Store) -> Installation:
    """Raises EnvironmentTrouble("not_enrolled") where the store was made and never filled."""
    study, site, root = (store.meta(name) for name in ("study", "site", "root"))
    if not study or not site or not root:
        raise EnvironmentTrouble("not_enrolled")
    roles: dict[str, str] = json.loads(store.meta("roles") or "{}")
    return Installation(
        study=study,
        site=site,
        root=signing.unb64(root, length=32),
        server_url=store.meta(SERVER_URL) or "",
        roles=roles,
        demo=store.meta("demo") == "1",
        ca_pem=store.meta(CA) or "",
    )


def write_installation(unit: Unit, said: Installation, trial: TrialFile, device: DeviceKeys) -> None:
    """Everything a fresh store starts from: names, the root, first statements, the device's keys."""
    meta: Mapping[str, str] = {
        "study": said.study,
        "site": said.site,
        "root": signing.b64(said.root),
        SERVER_URL: said.server_url,
        "roles": json.dumps(said.roles, sort_keys=True),
        "demo": "1" if said.demo else "",
        CA: said.ca_pem,
    }
    for name, value in meta.items():
        unit.put_meta(name, value)
    for statement in trial.statements:
        unit.put_statement(statement)
    put_device(unit, device)


def put_device(unit: Unit, device: DeviceKeys) -> None:
    """The device's own keys, in the place of those before."""
    unit.put_secret(_SIGN, device.sign.private_bytes_raw())
    unit.put_secret(_BOX, device.box_secret.encode("ascii"))


def load_directory(store: Store) -> Directory:
    """The directory of all statements held, each verified again from the root.

    Order matters: a grant stands after its issuer's, and the store keeps them as they came.
    """
    said = read_installation(store)
    directory = Directory(said.study, said.root)
    for row in store.statements():
        statement = read_statement(row.data, row.sig)
        try:
            for site, seq, at in row.places:
                directory.add(statement, site=site, seq=seq, at=at)
        except TrustBroken as error:
            # What was kept was accepted once; an older version that arrived later is no longer of use.
            if error.code != "statement_older":
                raise
    return directory


def new_device() -> DeviceKeys:
    """Fresh keys of a device; both stay in its store."""
    import pyrage

    box = pyrage.x25519.Identity.generate()
    return DeviceKeys(Ed25519PrivateKey.generate(), str(box), str(box.to_public()))


def load_device(store: Store) -> DeviceKeys:
    """Raises EnvironmentTrouble("not_enrolled") where the store holds no device keys."""
    import pyrage

    sign, box = store.secret(_SIGN), store.secret(_BOX)
    if sign is None or box is None:
        raise EnvironmentTrouble("not_enrolled")
    identity = pyrage.x25519.Identity.from_str(box.decode("ascii"))
    return DeviceKeys(Ed25519PrivateKey.from_private_bytes(sign), str(identity), str(identity.to_public()))


def put_epoch(unit: Unit, site: str, epoch: int, identity: str) -> None:
    """Keeps the age identity that opens what was sealed to the site in this epoch."""
    unit.put_secret(epochs.EpochKey(site, epoch, identity).name, identity.encode("ascii"))


def identities(store: Store, site: str) -> list[str]:
    """The age identities that open what was sealed to `site`, the newest first; [] before admission."""
    return [key.identity for key in epochs.keys_in(store.secrets(epochs.prefix(site)))]


def check_site(store: Store, site: str) -> None:
    """Raises UserFixable `site_pattern`; `site_not_begun` where this computer holds no key of that site."""
    if not SITE.fullmatch(site) or site == CENTRE:
        raise UserFixable("site_pattern", site=site)
    if not identities(store, site):
        raise UserFixable("site_not_begun", site=site)


def queue_statements(store: Store, unit: Unit, statements: Sequence[Statement]) -> None:
    """Keeps statements made here and marks them for the next sync."""
    waiting = [*unsent_statements(store), *(each.stmt_id for each in statements)]
    for each in statements:
        unit.put_statement(each)
    unit.put_meta(UNSENT_STATEMENTS, json.dumps(waiting))


@contextmanager
def server_of(store: Store, lanes: Lanes | None = None) -> Iterator[Transport]:
    """The way to this installation's server while the block lasts; with `lanes` from another lane than the
    store's. Raises as `transport_of`."""
    transport = on_store(lanes, lambda: transport_of(store))
    try:
        yield transport
    finally:
        transport.close()


def transport_of(store: Store) -> Transport:
    """The way to this installation's server. Raises UserFixable("server_url_wrong") where none is set."""
    from reset_or.wire.transport import HttpTransport

    said = read_installation(store)
    return HttpTransport(said.server_url, ca_pem=said.ca_pem)
