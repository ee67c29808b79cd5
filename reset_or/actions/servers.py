"""Which server this installation talks to. The store alone knows it, and it changes only after a look at the
new one: of this study, with a key that the study vouches for, and holding that key."""

from __future__ import annotations

import copy

from reset_or.actions.context import Context
from reset_or.actions.installation import CA, SERVER_URL, read_installation
from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.lanes import Lanes, on_store
from reset_or.revisions.directory import Directory
from reset_or.revisions.statements import Statement
from reset_or.wire import messages
from reset_or.wire.client import Client
from reset_or.wire.feed import read_head_of
from reset_or.wire.messages import Cursor, SyncRequest
from reset_or.wire.server_status import vouched


def set_server(ctx: Context, *, url: str, ca_pem: str | None = None, lanes: Lanes | None = None) -> None:
    """Looks at the server at `url` and keeps the address. `ca_pem`: its root certificates, None: as before.

    With `lanes` it is called on the net lane. Raises UserFixable `server_url_wrong`, `server_needs_tls`,
    `ca_file_wrong`, `server_other_study`, `server_key_revoked`, what the server refuses this device with,
    TrustBroken("server_not_vouched"), and EnvironmentTrouble as a sync does. The old address stays then.
    """
    from reset_or.wire.transport import HttpTransport

    known = on_store(lanes, lambda: read_installation(ctx.store))
    directory = on_store(lanes, lambda: copy.deepcopy(ctx.directory))
    transport = HttpTransport(url, ca_pem=known.ca_pem if ca_pem is None else ca_pem)
    try:
        new = _look(ctx, Client(transport, ctx.device.sign), directory)
    finally:
        transport.close()
    on_store(lanes, lambda: keep_server(ctx, url=url, ca_pem=ca_pem, grants=new))


def keep_server(
    ctx: Context, *, url: str, ca_pem: str | None = None, grants: tuple[Statement, ...] = ()
) -> None:
    """Writes the address down; "" for no server. `grants`: new statements that certify its key."""
    for grant in grants:
        ctx.directory.add(grant)
    with ctx.store.transaction() as unit:
        unit.put_meta(SERVER_URL, url)
        if ca_pem is not None:
            unit.put_meta(CA, ca_pem)
        for grant in grants:
            unit.put_statement(grant)
    ctx.server_url, ctx.sync.nonce = url, ""


def _look(ctx: Context, client: Client, directory: Directory) -> tuple[Statement, ...]:
    """What is new of who vouches for the server, once it has shown that it holds the key.

    A device that waits for its admission is answered by nobody: its first sync finds out.
    """
    new = vouched(client.status(), directory, ctx.site)
    if directory.grant(ctx.device.dev) is None:
        return new
    for grant in new:
        directory.add(grant)
    request = SyncRequest(cursors=(Cursor(ctx.site),), limit=1)
    reply = client.sync(messages.encode_request(request))
    try:
        answer = messages.decode_answer(reply)
    except TrustBroken as error:
        raise EnvironmentTrouble("server_not_ours", reason=error.code) from error
    try:
        heads = [read_head_of(said, answer.feed, directory) for said in answer.sites]
    except TrustBroken as error:
        raise TrustBroken("server_not_vouched") from error
    if [head.site for head, _central in heads] != [ctx.site]:
        raise TrustBroken("server_not_vouched")
    return new
