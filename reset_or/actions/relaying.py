"""The centre's part of a hospital's relay: its two keys, what the centre says of them, and taking it back.

What a relay does with them is the server's (`reset_or.central.relay`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions.centre import PASSPHRASE, admin_key, send_all, trial_for
from reset_or.actions.context import Context
from reset_or.actions.installation import check_site, queue_statements
from reset_or.base.errors import UserFixable
from reset_or.base.files import write_atomic
from reset_or.revisions import signing
from reset_or.revisions.directory import KeyGrant
from reset_or.revisions.statements import Statement, sign_statement
from reset_or.wire.trial_file import TrialFile, encode_trial

if TYPE_CHECKING:
    from reset_or.wire.transport import Transport

_SERVER: Final = "relay"
_REASON: Final = "relay_withdrawn"


@dataclass(frozen=True)
class RelayAdded:
    """The two files that the hospital's IT gets; the passphrase goes another way. `dev`: the key that the
    relay signs its requests with."""

    site: str
    trial: Path
    key: Path
    dev: str


@dataclass(frozen=True)
class RelayRevoked:
    """`keys`: how many were taken back; a relay has two."""

    site: str
    keys: int


def add_relay(ctx: Context, *, transport: Transport, site: str, folder: Path, passphrase: str) -> RelayAdded:
    """Makes the keys of a relay for `site` and says so to all; `relay.age` and `trial.json` in `folder`.

    Raises UserFixable `role_may_not`, `site_pattern`, `site_not_begun`, `relay_exists`, `password_too_short`,
    and what sending raises: the files are good then, and the next sync tells the server.
    """
    from reset_or.keys import custody

    issuer, paths = admin_key(ctx), (folder / "trial.json", folder / "relay.age")
    check_site(ctx.store, site)
    if any(path.exists() for path in paths):
        raise UserFixable("relay_exists")
    if len(passphrase) < PASSPHRASE:
        raise UserFixable("password_too_short", least=PASSPHRASE, enough=PASSPHRASE)
    sealed, server, device = custody.make_relay_file(passphrase)
    public = signing.public_bytes(device)
    grants = (
        _say(ctx, issuer, "grant", site, "server", _SERVER, signing.public_bytes(server)),
        _say(ctx, issuer, "grant", site, "device", signing.key_id(public), public),
    )
    for grant in grants:
        ctx.directory.add(grant)
    known = trial_for(ctx, site)
    trial = TrialFile(known.study, known.root, known.server_url, (*known.statements, *grants))
    write_atomic(paths[0], encode_trial(trial))
    write_atomic(paths[1], sealed)
    paths[1].chmod(0o600)
    with ctx.store.transaction() as unit:
        queue_statements(ctx.store, unit, grants)
    send_all(ctx, transport)
    return RelayAdded(site, *paths, signing.key_id(public))


def revoke_relay(ctx: Context, *, transport: Transport, site: str) -> RelayRevoked:
    """Takes back every relay key of `site`: the centre then takes nothing from it, and gives it nothing.

    Raises UserFixable `role_may_not`, `site_pattern`, `site_not_begun`, `relay_not_there`, and what sending
    raises.
    """
    issuer = admin_key(ctx, "revoke")
    check_site(ctx.store, site)
    found = [grant for grant in ctx.directory.relays(site) if ctx.directory.valid_at(grant.key_id, None)]
    if not found:
        raise UserFixable("relay_not_there", site=site)
    said = [_revoke(ctx, issuer, grant) for grant in found]
    for statement in said:
        ctx.directory.add(statement, seq=None)
    with ctx.store.transaction() as unit:
        queue_statements(ctx.store, unit, said)
    send_all(ctx, transport)
    return RelayRevoked(site, len(said))


def _revoke(ctx: Context, issuer: Ed25519PrivateKey, grant: KeyGrant) -> Statement:
    return _say(
        ctx, issuer, "revoke", grant.site, grant.kind, grant.subj_id, grant.public, ver=grant.ver + 1,
        reason_code=_REASON,
    )  # fmt: skip


def _say(
    ctx: Context, issuer: Ed25519PrivateKey, act: str, site: str, kind: str, name: str, public: bytes, *,
    ver: int = 1, **more: Any,
) -> Statement:  # fmt: skip
    return sign_statement(
        issuer, kind_of=act, study=ctx.study, site=site, ver=ver, at=ctx.clock.now_at(), kind=kind,
        subj_id=name, subj_keys={"sign": signing.b64(public)}, **more,
    )  # fmt: skip
