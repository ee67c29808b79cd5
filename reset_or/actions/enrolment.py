"""A new device of a site, by the code that the coordinating centre printed.

The device makes its own keys and those of its people, keeps them in a new encrypted store, and posts the
public ones under the code's MAC. It may save at once; what it saves is shown as "not yet certified" until
the centre has admitted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions import restart
from reset_or.actions.context import Context, DeviceKeys, Person, Secret
from reset_or.actions.installation import (
    Installation,
    load_directory,
    new_device,
    write_installation,
)
from reset_or.base.boot import Boot
from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble, TrustBroken, UserFixable
from reset_or.base.lanes import Lanes, on_store
from reset_or.base.paths import Home
from reset_or.revisions import signing
from reset_or.wire import invites
from reset_or.wire.client import Client
from reset_or.wire.invites import AnswerKeys, InviteContent
from reset_or.wire.server_status import vouched

if TYPE_CHECKING:
    from reset_or.keys.pepper import KeyStore
    from reset_or.keys.slots import Argon2Cost, PersonKey
    from reset_or.store.opened import Opened
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit
    from reset_or.wire.transport import Transport
    from reset_or.wire.trial_file import TrialFile

WORDS = "words"
"""Meta: the six words, for the page that waits for admission."""
_ANSWER = "enrol/answer"


@dataclass(frozen=True)
class Invitation:
    """What a code leads to: whose passwords will be asked."""

    study: str
    site: str
    people: tuple[Person, ...]
    server_url: str


@dataclass(frozen=True)
class Enrolled:
    """`words`: six words that the centre reads back before it admits the device. `posted` False: the
    network went away, the next sync posts the keys."""

    study: str
    site: str
    people: tuple[Person, ...]
    words: str
    posted: bool


@dataclass
class PeopleHere:
    """Keys that are open anyway while an installation is made; the first one is at the keyboard."""

    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)

    @property
    def active(self) -> str:
        return next(iter(self.keys), "")

    def signing_key(self, user: str) -> Ed25519PrivateKey:
        if user not in self.keys:
            raise UserFixable("not_signed_in")
        return self.keys[user]

    def verify(self, user: str, secret: Secret) -> Ed25519PrivateKey:
        return self.signing_key(user)


def invited(transport: Transport, code: str) -> Invitation:
    """Looks at an invitation. Raises UserFixable `code_not_understood`, `invite_unknown`,
    `invite_expired`; TrustBroken("invite_not_ours")."""
    plain = invites.read_code(code)
    content = invites.open_content(plain, Client(transport, None).invite_get(invites.invite_id(plain)))
    people = tuple(Person(each.user, each.role) for each in content.people)
    return Invitation(content.trial.study, content.site, people, content.trial.server_url)


def enrol(
    home: Home, *, code: str, passwords: Mapping[str, str], names: Mapping[str, str], transport: Transport,
    server_url: str = "", key_store: KeyStore | None, clock: Clock, cost: Argon2Cost | None = None,
    app: str = "", demo: bool = False, boot: Boot | None = None, ca_pem: str = "",
) -> Enrolled:  # fmt: skip
    """Makes this computer a device of the site. `passwords`: of those invited people who use it.
    `boot`: real records wait for a restart of this computer (actions.restart); None: they do not.
    `ca_pem`: root certificates for the server named, instead of those of the invitation.

    Raises what `invited` raises, UserFixable `person_not_invited`, `nobody_named`, a password's code, or the
    error of the state where something lies in `home` already; TrustBroken("invite_answered") where somebody
    else used the code first, and what `server_status.vouched` raises for a server that is not the trial's.
    """
    plain = invites.read_code(code)
    client, invite = Client(transport, None), invites.invite_id(plain)
    content = unanswered(client, plain)
    _check(content, passwords, clock)
    trial = _with_server(content, client)
    device, roles = new_device(), {each.user: each.role for each in content.people}
    opened, keys = make_store(home, passwords, key_store=key_store, clock=clock, cost=cost)
    try:
        answer = AnswerKeys(
            invite, content.trial.study, content.site, signing.public_bytes(device.sign), device.box_public,
            tuple((person.user, person.public) for person in keys),
        )  # fmt: skip
        url = server_url or content.trial.server_url
        said = Installation(trial.study, content.site, trial.root, url, roles, demo, ca_pem or content.ca_pem)
        with opened.store.transaction() as unit:
            write_installation(unit, said, trial, device)
            put_answer(unit, plain, answer)
            restart.mark(unit, home, None if demo else boot)
        sign_names(opened, said, device, keys, names, clock=clock, app=app)
        posted = post(opened.store, client)
    finally:
        opened.close()
    people = tuple(Person(p.user, roles[p.user], names.get(p.user, p.user)) for p in keys)
    return Enrolled(said.study, said.site, people, invites.six_words(answer), posted)


def unanswered(client: Client, plain: str) -> InviteContent:
    """What a code leads to that nobody has used. Raises what `invited` raises, and
    TrustBroken("invite_answered")."""
    invite = invites.invite_id(plain)
    content = invites.open_content(plain, client.invite_get(invite))
    if client.answer_get(invite) is not None:
        raise TrustBroken("invite_answered")
    return content


def put_answer(unit: Unit, plain: str, answer: AnswerKeys) -> None:
    """Keeps the six words, and the public keys until they are posted."""
    unit.put_meta(WORDS, invites.six_words(answer))
    unit.put_secret(_ANSWER, answer.invite_id.encode("ascii") + invites.seal_answer(plain, answer))


def waiting_answer(store: Store) -> tuple[str, bytes] | None:
    """(invite id, sealed public keys) that are still to be posted."""
    kept = store.secret(_ANSWER) if store.has_secret(_ANSWER) else None
    return None if kept is None else (kept[:64].decode("ascii"), kept[64:])


def forget_answer(store: Store) -> None:
    with store.transaction() as unit:
        unit.drop_secret(_ANSWER)


def post(store: Store, client: Client, lanes: Lanes | None = None) -> bool:
    """Posts the public keys, if they still wait; False while the server cannot be reached."""
    waiting = on_store(lanes, lambda: waiting_answer(store))
    if waiting is None:
        return True
    try:
        client.answer_post(*waiting)
    except EnvironmentTrouble:
        return False
    on_store(lanes, lambda: forget_answer(store))
    return True


def make_store(
    home: Home, passwords: Mapping[str, str], *, key_store: KeyStore | None, clock: Clock,
    cost: Argon2Cost | None,
) -> tuple[Opened, list[PersonKey]]:  # fmt: skip
    """A new installation with a slot and a signing key for everybody in `passwords`."""
    from reset_or.keys.slots import Argon2Cost as Cost
    from reset_or.store.opening import create_installation

    (first, password), *others = passwords.items()
    opened = create_installation(
        home, user=first, password=password, key_store=key_store, clock=clock, cost=cost or Cost()
    )
    try:
        assert opened.person is not None
        return opened, [opened.person, *(opened.add_person(user, secret) for user, secret in others)]
    except BaseException:
        opened.close()
        raise


def sign_names(
    opened: Opened, said: Installation, device: DeviceKeys, keys: list[PersonKey], names: Mapping[str, str],
    *, clock: Clock, app: str,
) -> None:  # fmt: skip
    """The first revisions of a device: the printed name of everybody on it."""
    from reset_or.actions.people import set_printed_name

    store = opened.store
    ctx = Context(
        study=said.study, site=said.site, home=opened.home, clock=clock, store=store,
        directory=load_directory(store), device=device,
        people=PeopleHere({person.user: person.key for person in keys}), roles=said.roles, app=app,
        demo=said.demo,
    )  # fmt: skip
    for person in keys:
        set_printed_name(ctx, user=person.user, name=names.get(person.user, person.user))


def _with_server(content: InviteContent, client: Client) -> TrialFile:
    """The trial, with who certified the server where the invitation is older than a hospital's relay."""
    grants = vouched(client.status(), content.trial.directory(), content.site)
    return replace(content.trial, statements=(*content.trial.statements, *grants))


def _check(content: InviteContent, passwords: Mapping[str, str], clock: Clock) -> None:
    """Everything that can be refused before a key is made."""
    from reset_or.keys.passwords import check_password

    if content.expires_at <= clock.now_at():
        raise UserFixable("invite_expired")
    if not passwords:
        raise UserFixable("nobody_named")
    known = {each.user for each in content.people}
    for user, password in passwords.items():
        if user not in known:
            raise UserFixable("person_not_invited", user=user)
        check_password(password, user)
    content.trial.directory().recipients(content.site)
