"""The coordinating centre: makes the trial, adds sites, admits devices, and reads what has arrived.

Everything the centre says is a signed statement that travels by sync like everything else; the server is
only told. Passphrases and the four key files are of `keys.custody`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions.centre_reading import open_identity, read, read_raw
from reset_or.actions.context import Context, DeviceKeys, Person
from reset_or.actions.events import note
from reset_or.actions.installation import (
    Installation,
    identities,
    new_device,
    put_epoch,
    queue_statements,
    read_installation,
    write_installation,
)
from reset_or.actions.invitations import INVITE, Kept, invitations
from reset_or.base.clock import Clock
from reset_or.base.errors import ResetOrError, TrustBroken, UserFixable
from reset_or.base.files import write_atomic
from reset_or.base.ids import SITE, USER
from reset_or.base.paths import Home
from reset_or.revisions import signing
from reset_or.revisions.envelope import sign_envelope
from reset_or.revisions.statements import SITE_ROLES, Statement, sign_statement
from reset_or.sync import epochs
from reset_or.wire import invites
from reset_or.wire.client import Client
from reset_or.wire.invites import AnswerKeys, InviteContent, Invited
from reset_or.wire.trial_file import TrialFile, encode_trial

if TYPE_CHECKING:
    from reset_or.keys.pepper import KeyStore
    from reset_or.keys.slots import Argon2Cost
    from reset_or.wire.transport import Transport

__all__ = [
    "Asking", "Initialised", "SiteAdded", "add_site", "admit", "init", "open_identity", "read", "read_raw",
]  # fmt: skip
CENTRE: Final = "00"
PASSPHRASE: Final = 15
"""Letters of a passphrase at the least."""


@dataclass(frozen=True)
class Initialised:
    """Where the parts of a new trial lie. `secrets`: root, escrow, centre-data, server -> file; four places
    are meant, not one."""

    study: str
    trial: Path
    secrets: dict[str, Path]
    admin: str


@dataclass(frozen=True)
class SiteAdded:
    """One code a device, each to be handed over by another way than the server."""

    site: str
    codes: tuple[str, ...]
    expires_at: int


@dataclass(frozen=True)
class Asking:
    """One invitation. `state`: waiting | asking | admitted | refused | expired.

    `again`: of `people` those who are certified with another key already: on one more computer, or on one
    that forgot everything. Nobody at all: an installation of the site that takes a new device id.
    """

    site: str
    invite_id: str
    words: str = ""
    people: tuple[Person, ...] = ()
    state: str = "waiting"
    again: tuple[str, ...] = ()


# --- the beginning -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Custody:
    """The four keys of a trial, with their files."""

    files: Mapping[str, bytes]
    root: Ed25519PrivateKey
    server: Ed25519PrivateKey
    escrow: str
    centre: str

    @classmethod
    def make(cls, passphrase: str) -> _Custody:
        from reset_or.keys import custody

        root_file, root = custody.make_signing_file(passphrase)
        server_file, server = custody.make_signing_file(passphrase)
        escrow_file, escrow, _secret = custody.make_identity_file(passphrase)
        centre_file, centre, _secret = custody.make_identity_file(passphrase)
        files = {"root": root_file, "escrow": escrow_file, "centre-data": centre_file, "server": server_file}
        return cls(files, root, server, escrow, centre)


def init(
    folder: Path, home: Home, *, study: str, server_url: str, passphrase: str, admin: str, admin_name: str,
    password: str, key_store: KeyStore | None, clock: Clock, cost: Argon2Cost | None = None, app: str = "",
    demo: bool = False, ca_pem: str = "",
) -> Initialised:  # fmt: skip
    """A new trial in `folder` and the centre's own installation in `home`.

    Raises UserFixable("centre_exists") where `folder` holds a trial, the password's codes, and the error of
    the state where something lies in `home`.
    """
    from reset_or.actions.enrolment import make_store, sign_names

    trial_path = folder / "public" / "trial.json"
    paths = {name: folder / "secret" / f"{name}.age" for name in ("root", "escrow", "centre-data", "server")}
    if any(path.exists() for path in (trial_path, *paths.values())):
        raise UserFixable("centre_exists")
    _check_secrets(admin, password, passphrase)
    custody = _Custody.make(passphrase)
    opened, keys = make_store(home, {admin: password}, key_store=key_store, clock=clock, cost=cost)
    try:
        device, (epoch, epoch_public) = new_device(), _new_epoch()
        trial = _first_statements(
            custody, keys[0].key, admin, device, epoch_public, study, server_url, clock.now_at()
        )
        roles = {admin: "centre_admin"}
        said = Installation(study, CENTRE, trial.root, server_url, roles, demo, ca_pem)
        with opened.store.transaction() as unit:
            write_installation(unit, said, trial, device)
            put_epoch(unit, CENTRE, 1, epoch)
        sign_names(opened, said, device, keys, {admin: admin_name}, clock=clock, app=app)
    finally:
        opened.close()
    for name, path in paths.items():
        write_atomic(path, custody.files[name])
        path.chmod(0o600)
    write_atomic(trial_path, encode_trial(trial))
    return Initialised(study, trial_path, paths, admin)


def _check_secrets(admin: str, password: str, passphrase: str) -> None:
    from reset_or.keys.passwords import check_password

    if not USER.fullmatch(admin):
        raise UserFixable("user_pattern", user=admin)
    check_password(password, admin)
    if len(passphrase) < PASSPHRASE:
        raise UserFixable("password_too_short", least=PASSPHRASE, enough=PASSPHRASE)


def _first_statements(
    custody: _Custody, admin_key: Ed25519PrivateKey, admin: str, device: DeviceKeys, epoch_public: str,
    study: str, server_url: str, now_at: int,
) -> TrialFile:  # fmt: skip
    """The root certifies the administrator, the first device and the server; the administrator says the
    recipients of every record. The result verifies from the root alone."""
    root_public, server_public = signing.public_bytes(custody.root), signing.public_bytes(custody.server)

    def say(key: Ed25519PrivateKey, kind_of: str, site: str, **body: Any) -> Statement:
        return sign_statement(key, kind_of=kind_of, study=study, site=site, ver=1, at=now_at, **body)

    statements = (
        say(custody.root, "grant", CENTRE, kind="person", subj_id=admin, role="centre_admin",
            subj_keys={"sign": signing.b64(signing.public_bytes(admin_key))}),
        say(custody.root, "grant", CENTRE, kind="server", subj_id="server",
            subj_keys={"sign": signing.b64(server_public)}),
        _device_grant(
            custody.root, study, CENTRE, signing.public_bytes(device.sign), device.box_public, now_at
        ),
        say(admin_key, "policy", "*", centre=custody.centre, escrow=custody.escrow, min_v=1),
        say(admin_key, "epoch", CENTRE, epoch=1, pub=epoch_public),
    )  # fmt: skip
    trial = TrialFile(study, root_public, server_url, statements)
    trial.directory()
    return trial


def _device_grant(
    issuer: Ed25519PrivateKey, study: str, site: str, public: bytes, box: str, now_at: int
) -> Statement:
    return sign_statement(
        issuer, kind_of="grant", study=study, site=site, ver=1, at=now_at, kind="device",
        subj_id=signing.key_id(public), subj_keys={"sign": signing.b64(public), "box": box},
    )  # fmt: skip


def _new_epoch() -> tuple[str, str]:
    """(identity, recipient) of a site's key."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


# --- sites -------------------------------------------------------------------------------------------------


def add_site(
    ctx: Context, *, transport: Transport, site: str, people: Sequence[tuple[str, str]], devices: int = 1
) -> SiteAdded:
    """A site with its key, and one code a device; for a site that exists already only the codes.

    Raises UserFixable `role_may_not`, `site_pattern`, `user_pattern`, `role_unknown`, `devices_count`.
    """
    key = admin_key(ctx)
    _check_site(site, people, devices)
    if not identities(ctx.store, site):
        _begin_site(ctx, key, site)
    invited = tuple(Invited(user, role) for user, role in people)
    expires_at = ctx.clock.now_at() + invites.LIFETIME_MS
    said = read_installation(ctx.store)
    content = InviteContent(trial_for(ctx, site), site, invited, expires_at, said.ca_pem)
    codes = tuple(invites.new_code() for _ in range(devices))
    with ctx.store.transaction() as unit:
        for code in codes:
            kept = Kept(code, site, tuple(people), expires_at)
            unit.put_secret(INVITE + invites.invite_id(code), kept.data())
    client = Client(transport, None)
    for code in codes:
        client.invite_post(invites.invite_id(code), invites.seal_content(code, content))
    send_all(ctx, transport)
    return SiteAdded(site, tuple(invites.show_code(code) for code in codes), expires_at)


def admit(
    ctx: Context, *, transport: Transport, site: str, accept: Callable[[Asking], bool] | None = None
) -> tuple[Asking, ...]:
    """Certifies the devices and people of `site` that answered; `accept` is asked with their six words.

    The MAC under the code is verified before anybody is asked. A wrong one is `refused`, never shown.
    """
    key = admin_key(ctx)
    send_all(ctx, transport)
    client, found = Client(transport, None), []
    for invite_id, kept in invitations(ctx, site):
        asking, keys = _look(client, invite_id, kept, ctx)
        if keys is not None and accept is not None and not accept(asking):
            keys = None
        if keys is not None:
            _certify(ctx, key, kept, keys)
            asking = replace(asking, state="admitted")
            if asking.again:
                note(ctx, what="enrolled_again", count=len(asking.again))
        elif asking.state == "expired":
            _close(ctx, invite_id, kept)
        found.append(asking)
    send_all(ctx, transport)
    return tuple(found)


def _look(client: Client, invite_id: str, kept: Kept, ctx: Context) -> tuple[Asking, AnswerKeys | None]:
    """Who answered an invitation, and the keys once their MAC is verified."""
    if kept.expires_at <= ctx.clock.now_at():
        return Asking(kept.site, invite_id, state="expired"), None
    try:
        sealed = client.answer_get(invite_id)
    except UserFixable as error:
        state = "expired" if error.code == "invite_expired" else "waiting"
        return Asking(kept.site, invite_id, state=state), None
    if sealed is None:
        return Asking(kept.site, invite_id), None
    try:
        keys = invites.open_answer(kept.code, sealed)
        roles = dict(kept.people)
        people = tuple(Person(user, roles[user]) for user, _public in keys.people if user in roles)
        if (keys.study, keys.site) != (ctx.study, kept.site) or len(people) != len(keys.people):
            raise TrustBroken("invite_not_ours")
    except TrustBroken:
        return Asking(kept.site, invite_id, state="refused"), None
    known = ctx.directory.people(kept.site)
    again = tuple(
        user for user, public in keys.people
        if user in known and ctx.directory.grant(signing.key_id(public)) is None
    )  # fmt: skip
    return Asking(kept.site, invite_id, invites.six_words(keys), people, "asking", again), keys


def _certify(ctx: Context, key: Ed25519PrivateKey, kept: Kept, keys: AnswerKeys) -> None:
    """Grants for the device and its people, and the site's keys sealed to the device, in one transaction."""
    now_at, roles = ctx.clock.now_at(), dict(kept.people)
    statements = [_device_grant(key, ctx.study, kept.site, keys.device_sign, keys.device_box, now_at)]
    for user, public in keys.people:
        statements.append(
            sign_statement(
                key, kind_of="grant", study=ctx.study, site=kept.site, ver=1, at=now_at, kind="person",
                subj_id=user, role=roles[user], subj_keys={"sign": signing.b64(public)},
            )
        )  # fmt: skip
    site_keys = epochs.keys_in(ctx.store.secrets(epochs.prefix(kept.site)))
    body = epochs.seal_grant(kept.site, signing.key_id(keys.device_sign), keys.device_box, site_keys)
    head = ctx.store.chain_head(kept.site, ctx.device.dev)
    grant = sign_envelope(
        ctx.device.sign, study=ctx.study, site=kept.site, kind="grant", n=head.n + 1, prev=head.env_id,
        epoch=0, body=body,
    )  # fmt: skip
    for statement in statements:
        ctx.directory.add(statement)
    with ctx.store.transaction() as unit:
        queue_statements(ctx.store, unit, statements)
        unit.append(grant)
        unit.put_secret(INVITE + invites.invite_id(kept.code), replace(kept, done=True).data())


def _close(ctx: Context, invite_id: str, kept: Kept) -> None:
    """An invitation that is over is not shown again."""
    with ctx.store.transaction() as unit:
        unit.put_secret(INVITE + invite_id, replace(kept, done=True).data())


def _begin_site(ctx: Context, key: Ed25519PrivateKey, site: str) -> None:
    identity, public = _new_epoch()
    statement = sign_statement(
        key, kind_of="epoch", study=ctx.study, site=site, ver=1, at=ctx.clock.now_at(), epoch=1, pub=public
    )
    ctx.directory.add(statement)
    with ctx.store.transaction() as unit:
        queue_statements(ctx.store, unit, [statement])
        put_epoch(unit, site, 1, identity)


def trial_for(ctx: Context, site: str) -> TrialFile:
    """What a new device starts from: the root's word, the recipients, the keys of its site and its relay."""
    from reset_or.revisions.statements import read_statement

    said = read_installation(ctx.store)
    held = [read_statement(row.data, row.sig) for row in ctx.store.statements()]
    wanted = [s for s in held if s.type == "policy" or s.issuer == signing.key_id(said.root)]
    wanted += [s for s in held if s.type == "epoch" and s.site in (CENTRE, site)]
    wanted += [s for s in held if s.site == site and ctx.directory.names_relay(s)]
    return TrialFile(said.study, said.root, said.server_url, tuple(wanted))


def admin_key(ctx: Context, act: str = "grant") -> Ed25519PrivateKey:
    """The key of the administrator at the keyboard; UserFixable("role_may_not") for anybody else."""
    if ctx.site != CENTRE or ctx.role_of(ctx.user) != "centre_admin":
        raise UserFixable("role_may_not", role=ctx.role_of(ctx.user) or "none", form="statement", act=act)
    return ctx.people.signing_key(ctx.user)


def _check_site(site: str, people: Sequence[tuple[str, str]], devices: int) -> None:
    if not SITE.fullmatch(site) or site == CENTRE:
        raise UserFixable("site_pattern", site=site)
    if not 1 <= devices <= 20:
        raise UserFixable("devices_count", devices=devices)
    if not people or len({user for user, _role in people}) != len(people):
        raise UserFixable("nobody_named")
    for user, role in people:
        if not USER.fullmatch(user):
            raise UserFixable("user_pattern", user=user)
        if role not in SITE_ROLES - {"site_admin"}:
            raise UserFixable("role_unknown", role=role)


def send_all(ctx: Context, transport: Transport) -> None:
    """Statements are of use only once they are at the server; raises what went wrong."""
    from reset_or.actions.syncing import sync_once
    from reset_or.base.errors import EnvironmentTrouble

    result = sync_once(ctx, transport=transport, photos=False)
    if result.alarm:
        raise TrustBroken(result.alarm)
    if result.problem:
        trouble: ResetOrError = EnvironmentTrouble(result.problem)
        raise trouble
