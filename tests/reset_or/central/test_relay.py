"""A hospital's relay between its computers and the centre: all arrives, once, with the centre's receipt."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.ids import labelled_hash
from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.monitoring import RelayFacts
from reset_or.central.pieces import FolderStore
from reset_or.central.relay import Relay, RelayKeys, open_relay, wait_s
from reset_or.central.service import Service
from reset_or.revisions import signing
from reset_or.revisions.receipts import Signed, read_blob_receipt, read_receipt
from reset_or.revisions.statements import Statement
from reset_or.wire import blobs, messages
from reset_or.wire.messages import Entry
from reset_or.wire.transport import Call, HttpTransport, Reply
from tests.fakes.server import DeviceClient, ProblemAnswer, RunningServer, problem_of, serving
from tests.fakes.trial import SyntheticTrial, TrialDevice, TrialSite
from tests.reset_or.central.conftest import StartServer


class Line:
    """The way to the centre, which can be down."""

    def __init__(self, url: str) -> None:
        self.nonce = ""
        self.down = False
        self.lose_answers = 0
        self._real = HttpTransport(url)

    def send(self, call: Call) -> Reply:
        if self.down:
            raise EnvironmentTrouble("server_unreachable", reason="connect")
        self._real.nonce = self.nonce
        reply = self._real.send(call)
        self.nonce = self._real.nonce
        if self.lose_answers and call.path == "/v1/sync":
            self.lose_answers -= 1
            raise EnvironmentTrouble("server_unreachable", reason="cut")
        return reply

    def close(self) -> None:
        self._real.close()


@dataclass
class Hospital:
    """One relay and who talks to it. `forward` is one run of what its thread does."""

    trial: SyntheticTrial
    site: TrialSite
    service: Service
    url: str
    line: Line
    clients: list[DeviceClient] = field(default_factory=list)

    def client(self, device: TrialDevice | None = None) -> DeviceClient:
        self.clients.append(DeviceClient(self.url, device or self.site.devices[0]))
        return self.clients[-1]

    def forward(self) -> str:
        assert isinstance(self.service.relay, Relay)
        return self.service.relay.once()

    def facts(self) -> RelayFacts:
        assert self.service.relay is not None
        return self.service.relay.facts()


@contextlib.contextmanager
def relay(
    folder: Path,
    central: RunningServer,
    site: TrialSite,
    keys: RelayKeys,
    *,
    database_url: str = "",
    **said: object,
) -> Iterator[Hospital]:
    """A relay whose thread does not run by itself: the test says when."""
    trial = central.trial.file()
    trial = replace(trial, statements=(*trial.statements, *site.statements))
    line = Line(central.url)
    url = f"sqlite:///{folder / 'relay.db'}"
    service = open_relay(trial, keys, Database(url), FolderStore(folder / "relay-blobs"), line)
    with contextlib.closing(service), serving(replace(service, relay=None)) as address:
        hospital = Hospital(central.trial, site, service, address, line)
        yield hospital
        for client in hospital.clients:
            client.close()


def begun(server: RunningServer, devices: int = 2) -> tuple[TrialSite, RelayKeys]:
    """A site with its relay, both known to the centre."""
    site = server.trial.add_site("03", devices=devices)
    keys, said = server.trial.add_relay("03")
    site = replace(site, statements=(*site.statements, *said))
    assert {i.status for i in server.client().push(statements=site.statements).items} == {"stored"}
    return site, keys


def ids_of(entries: list[Entry], kind: str = "env") -> list[str]:
    return [entry.id for entry in entries if entry.kind == kind]


def centre_has(server: RunningServer) -> dict[str, list[str]]:
    """env_ids in the centre's feed of site 03, by device, in order."""
    found: dict[str, list[str]] = {}
    with server.service.database.reading() as connection:
        rows = connection.execute(
            sa.select(tables.envelope.c.dev, tables.envelope.c.env_id)
            .join(tables.entry, tables.entry.c.id == tables.envelope.c.env_id)
            .order_by(tables.entry.c.seq)
        )
        for row in rows:
            found.setdefault(row.dev, []).append(row.env_id)
    return found


def test_what_the_relay_took_reaches_the_centre_once_and_its_receipts_come_back(
    server: RunningServer, tmp_path: Path
) -> None:
    site, keys = begun(server)
    one, two = site.devices
    with relay(tmp_path, server, site, keys) as hospital:
        hospital.line.down = True
        first, second = server.trial.envelopes(one, 7), server.trial.envelopes(two, 5)
        hospital.client(one).push(first)
        hospital.client(two).push(second)
        assert hospital.forward() == "server_unreachable"
        assert hospital.facts().records_waiting == 12
        assert ids_of(hospital.client(one).pull("03"), "rcpt") == []
        hospital.line.down = False
        hospital.line.lose_answers = 2
        while hospital.forward():
            pass
        assert centre_has(server) == {
            one.dev: [e.env_id for e in first], two.dev: [e.env_id for e in second],
        }  # fmt: skip
        assert replace(hospital.facts(), contact_at=None) == RelayFacts("03", 0, 0, None, None, "")
        named = set()
        for entry in hospital.client(one).pull("03"):
            if entry.kind == "rcpt":
                assert entry.id == labelled_hash(signing.RCPT, entry.frame.hdr)
                receipt = read_receipt(
                    Signed(entry.frame.hdr, entry.frame.sig), [signing.public_bytes(server.trial.server)]
                )
                named |= {name for name, _at in receipt.items}
        assert {e.env_id for e in (*first, *second)} <= named
        before = ids_of(hospital.client(one).pull("03"), "rcpt")
        assert hospital.forward() == ""
        assert ids_of(hospital.client(one).pull("03"), "rcpt") == before  # each once


def test_the_centre_s_word_comes_down(server: RunningServer, tmp_path: Path) -> None:
    """Other computers' envelopes with the centre's receipt as proof; grants and revocations take effect."""
    site, keys = begun(server)
    one, two = site.devices
    with relay(tmp_path, server, site, keys) as hospital:
        direct = server.trial.envelopes(two, 3)
        server.client(two).push(direct)
        newcomer = TrialDevice("03")
        assert hospital.forward() == ""
        pulled = [e for e in hospital.client(one).pull("03") if e.kind == "env"]
        assert [e.id for e in pulled] == [e.env_id for e in direct]
        assert all(e.proof is not None and e.has_body for e in pulled)
        with pytest.raises(ProblemAnswer):
            hospital.client(newcomer).push()
        server.client().push(
            statements=[server.trial.grant_device(newcomer), server.trial.revoke_device(two)]
        )
        assert hospital.forward() == ""
        hospital.client(newcomer).push(server.trial.envelopes(newcomer, 1))
        with pytest.raises(ProblemAnswer) as refused:
            hospital.client(two).push(server.trial.envelopes(two, 1))
        assert refused.value.problem.code == "device_revoked"
        with pytest.raises(ProblemAnswer):  # the centre's computers talk to the centre
            hospital.client(server.trial.centre_device).push()


def test_what_a_device_had_sent_before_it_was_revoked_still_arrives(
    server: RunningServer, tmp_path: Path
) -> None:
    site, keys = begun(server)
    one = site.devices[0]
    with relay(tmp_path, server, site, keys) as hospital:
        hospital.forward()
        early = server.trial.envelopes(one, 2)
        hospital.client(one).push(early)
        server.client().push(statements=[server.trial.revoke_device(one)])
        assert hospital.forward() == ""
        assert centre_has(server) == {one.dev: [e.env_id for e in early]}


def revoked(server: RunningServer, site: TrialSite, keys: RelayKeys, which: str) -> Statement:
    if which == "device":
        return server.trial.revoke_device(TrialDevice(site.code, keys.device))
    public = signing.public_bytes(keys.server)
    return server.trial.statement(
        "revoke", site.code, kind="server", subj_id="relay", subj_keys={"sign": signing.b64(public)},
        reason_code="relay_withdrawn",
    )  # fmt: skip


@pytest.mark.parametrize("which", ["device", "server"])
def test_a_relay_whose_key_was_taken_back_says_so_to_all_and_keeps_what_it_took(
    server: RunningServer, tmp_path: Path, which: str
) -> None:
    """By the centre's refusal, or by the word in its feed."""
    site, keys = begun(server)
    one = site.devices[0]
    early, late = server.trial.envelopes(one, 3), server.trial.envelopes(one, 2)
    with relay(tmp_path, server, site, keys) as hospital:
        assert hospital.forward() == ""
        hospital.client(one).push(early)
        server.client().push(statements=[revoked(server, site, keys, which)])
        hospital.line.down = True
        assert hospital.forward() == "server_unreachable"
        hospital.client(one).pull("03")
        hospital.line.down = False
        assert hospital.forward() == "relay_revoked"
        with pytest.raises(ProblemAnswer, match="relay_withdrawn"):
            hospital.client(one).push(late)
        for said in (
            hospital.client(one).call("POST", messages.PATH),
            hospital.client(one).call("GET", blobs.blob_path("0" * 64)),
        ):
            assert problem_of(said).code == "relay_withdrawn"
        hospital.line.down = True
        hospital.forward()
        assert hospital.facts().problem == "relay_revoked", "a line that breaks afterwards takes nothing back"
        with pytest.raises(ProblemAnswer, match="relay_withdrawn"):
            hospital.client(one).push(late)
    new, said = server.trial.add_relay("03")
    server.client().push(statements=said)
    site = replace(site, statements=(*site.statements, *said))
    with relay(tmp_path, server, site, new) as hospital:
        assert hospital.forward() == ""
        hospital.client(one).push(late)
        assert hospital.forward() == ""
        assert centre_has(server) == {one.dev: [e.env_id for e in (*early, *late)]}


def test_photos_go_both_ways(server: RunningServer, tmp_path: Path) -> None:
    site, keys = begun(server)
    one, two = site.devices
    up, down = secrets.token_bytes((2 << 20) + 17), secrets.token_bytes(1000)
    names = [hashlib.sha256(body).hexdigest() for body in (up, down)]
    with relay(tmp_path, server, site, keys) as hospital:
        hospital.client(one).push([server.trial.envelope(one, blobs=[names[0]])])
        server.client(two).push([server.trial.envelope(two, blobs=[names[1]])])
        for client, name, body in (
            (hospital.client(one), names[0], up),
            (server.client(two), names[1], down),
        ):
            query = blobs.put_query(0, len(body))
            client.call("PUT", blobs.blob_path(name), query=query, body=body)
        assert hospital.forward() == ""
        assert server.client(two).call("GET", blobs.blob_path(names[0])).content == up
        assert hospital.client(one).call("GET", blobs.blob_path(names[1])).content == down
        rows = [e for e in hospital.client(one).pull("03") if e.kind == "rcpt"]
        said = set()
        for entry in rows:
            with contextlib.suppress(Exception):
                said.add(read_blob_receipt(
                    Signed(entry.frame.hdr, entry.frame.sig), [signing.public_bytes(server.trial.server)]
                )[0])  # fmt: skip
        assert said == set(names)
        assert hospital.facts().photos_waiting == 0


def test_a_relay_from_an_old_backup_gets_back_what_the_centre_has(
    server: RunningServer, tmp_path: Path
) -> None:
    site, keys = begun(server)
    one = site.devices[0]
    sent = server.trial.envelopes(one, 4)
    with relay(tmp_path, server, site, keys) as hospital:
        hospital.client(one).push(sent)
        assert hospital.forward() == ""
    (tmp_path / "anew").mkdir()
    with relay(tmp_path / "anew", server, site, keys) as hospital:
        assert hospital.forward() == ""
        pulled = [e for e in hospital.client(one).pull("03", own_bodies=True) if e.kind == "env"]
        assert [(e.id, e.has_body) for e in pulled] == [(e.env_id, True) for e in sent]
        assert centre_has(server) == {one.dev: [e.env_id for e in sent]}


def test_a_centre_that_lost_its_feed_is_told_again(start: StartServer, tmp_path: Path) -> None:
    from reset_or.central.feed import restart_feed

    server = start()
    site, keys = begun(server)
    one = site.devices[0]
    with relay(tmp_path, server, site, keys) as hospital:
        sent = server.trial.envelopes(one, 4)
        hospital.client(one).push(sent)
        assert hospital.forward() == ""
        by = signing.key_id(signing.public_bytes(server.trial.server))
        restart_feed(server.service.database, server.trial.server, 1_770_000_100_000, by, ["00", "03"])
        more = server.trial.envelopes(one, 2)
        hospital.client(one).push(more)
        assert hospital.forward() == ""
        assert hospital.facts().records_waiting == 0
        held = centre_has(server)[one.dev]
        assert set(held) == {e.env_id for e in (*sent, *more)}


def test_invites_pass_through_and_say_so_where_they_cannot(
    sqlite_server: RunningServer, tmp_path: Path
) -> None:
    site, keys = begun(sqlite_server)
    with relay(tmp_path, sqlite_server, site, keys) as hospital:
        quiet, name = hospital.client(), secrets.token_hex(32)
        sqlite_server.client().call("POST", f"/v1/invite/{name}", body=b"sealed")
        assert quiet.call("GET", f"/v1/invite/{name}").content == b"sealed"
        assert problem_of(quiet.call("GET", f"/v1/invite/{name}/answer")).code == "invite_not_answered"
        assert quiet.call("POST", f"/v1/invite/{name}/answer", body=b"keys").status_code == 204
        assert sqlite_server.client().call("GET", f"/v1/invite/{name}/answer").content == b"keys"
        hospital.line.down = True
        assert problem_of(quiet.call("GET", f"/v1/invite/{name}")).code == "centre_not_reached"


def test_waits_grow_and_differ() -> None:
    assert [wait_s(n, 15, 1.0) for n in (0, 1, 2, 3, 20)] == [18.75, 5.0, 10.0, 20.0, 600.0]
    assert wait_s(3, 15, 0.0) < wait_s(3, 15, 1.0)
