"""Enrolment by code: what a new device makes, what it refuses, and what a network may do to it."""

from __future__ import annotations

import random

import pytest

from reset_or.actions.enrolment import Enrolled, enrol, invited
from reset_or.actions.installation import identities, load_device, load_directory, read_installation
from reset_or.base.clock import ManualClock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.store.states import probe
from reset_or.wire import invites
from reset_or.wire.transport import Call, HttpTransport, Reply, Transport
from tests.fakes.faulty import FaultyTransport
from tests.fakes.workstations import Ground, password_of


def enrol_at(
    ground: Ground, code: str, *, home: str = "new", passwords: dict[str, str] | None = None,
    transport: Transport | None = None, clock: ManualClock | None = None,
) -> Enrolled:  # fmt: skip
    way = transport or HttpTransport(ground.url)
    try:
        return enrol(
            Home(ground.folder / home), code=code, transport=way, server_url=ground.url,
            passwords={"zhang": password_of("zhang")} if passwords is None else passwords,
            names={"zhang": "Zhang San"}, key_store=MemoryKeyStore(), clock=clock or ground.clock,
            cost=QUICK_COST,
        )  # fmt: skip
    finally:
        way.close()


def test_a_code_leads_to_its_people_in_any_writing(ground: Ground) -> None:
    (code,) = ground.codes()
    transport = HttpTransport(ground.url)
    for typed in (code, code.lower(), code.replace("-", " "), f" {code} "):
        found = invited(transport, typed)
        assert (found.study, found.site) == ("RESET-TEST", "03")
        assert [(p.user, p.role) for p in found.people] == [
            ("zhang", "surgeon"), ("wang", "or_nurse"), ("li", "pathologist"),
        ]  # fmt: skip
    transport.close()


def test_everybody_has_an_own_key_and_the_device_starts_with_the_trial(ground: Ground) -> None:
    (code,) = ground.codes()
    station = ground.enrol(code, ["zhang", "wang"], "a")
    ctx = station.ctx
    said = read_installation(ctx.store)
    assert (said.study, said.site, said.server_url) == ("RESET-TEST", "03", ground.url)
    assert said.root == ground.centre.trial.root
    keys = {signing.public_bytes(ctx.people.signing_key(user)) for user in ("zhang", "wang")}
    assert len(keys) == 2
    assert load_device(ctx.store).dev == ctx.device.dev
    assert identities(ctx.store, "03") == []
    recipients = load_directory(ctx.store).recipients("03")
    assert recipients.centre == ground.centre.trial.directory().recipients("00").centre
    assert {row.standing for row in ctx.store.audit(0, 100)} == {"uncertified"}
    assert {row.form for row in ctx.store.audit(0, 2)} == {"person"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"passwords": {}}, "nobody_named"),
        ({"passwords": {"mallory": "plum-rain over the bridge"}}, "person_not_invited"),
        ({"passwords": {"zhang": "short"}}, "password_too_short"),
        ({"passwords": {"zhang": password_of("zhang"), "li": "1111111111111111"}}, "password_is_known"),
    ],
)
def test_what_is_refused_leaves_no_trace(ground: Ground, said: dict[str, dict[str, str]], code: str) -> None:
    (invite,) = ground.codes()
    with pytest.raises(ResetOrError) as caught:
        enrol_at(ground, invite, **said)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert probe(Home(ground.folder / "new")).state == "no-data"
    assert enrol_at(ground, invite).posted


@pytest.mark.parametrize(
    ("code", "error"),
    [("ABCDE", "code_not_understood"), ("A" * 26, "invite_unknown"), ("U" * 26, "code_not_understood")],
)
def test_a_wrong_code(ground: Ground, code: str, error: str) -> None:
    with pytest.raises(ResetOrError) as caught:
        enrol_at(ground, code)
    assert caught.value.code == error


def test_a_code_is_good_once_and_for_three_days(ground: Ground) -> None:
    first, second = ground.codes(devices=2)
    enrol_at(ground, first)
    with pytest.raises(ResetOrError) as caught:
        enrol_at(ground, first, home="again")
    assert caught.value.code == "invite_answered"
    assert probe(Home(ground.folder / "again")).state == "no-data"
    late = ManualClock(at=ground.clock.at + invites.LIFETIME_MS)
    with pytest.raises(ResetOrError) as caught:
        enrol_at(ground, second, home="late", clock=late)
    assert caught.value.code == "invite_expired"


def test_nothing_is_made_over_an_installation(ground: Ground) -> None:
    first, second = ground.codes(devices=2)
    enrol_at(ground, first)
    with pytest.raises(ResetOrError) as caught:
        enrol_at(ground, second)
    assert caught.value.code.startswith("open_")
    transport = HttpTransport(ground.url)
    assert invited(transport, second).site == "03"
    transport.close()


def test_an_invite_that_the_server_changed_is_not_believed(ground: Ground) -> None:
    (code,) = ground.codes()

    class Liar(FaultyTransport):
        def send(self, call: Call) -> Reply:
            reply = super().send(call)
            body = bytearray(reply.untrusted_body)
            if call.method == "GET" and reply.status == 200:
                body[len(body) // 2] ^= 1
            return Reply(reply.status, reply.headers, bytes(body))

    with pytest.raises(ResetOrError) as caught:
        enrol_at(ground, code, transport=Liar(HttpTransport(ground.url), random.Random(1)))
    assert caught.value.code == "invite_not_ours"


def test_a_network_that_goes_while_posting_is_made_up_by_the_first_sync(ground: Ground) -> None:
    (code,) = ground.codes()

    class Gone(FaultyTransport):
        def send(self, call: Call) -> Reply:
            if call.method == "POST":
                raise EnvironmentTrouble("server_unreachable", reason="connect")
            return super().send(call)

    keys = MemoryKeyStore()
    way = Gone(HttpTransport(ground.url), random.Random(1))
    done = enrol(
        Home(ground.folder / "a"), code=code, passwords={"zhang": password_of("zhang")}, names={},
        transport=way, server_url=ground.url, key_store=keys, clock=ground.clock, cost=QUICK_COST,
    )  # fmt: skip
    way.close()
    assert not done.posted
    station = ground.station(Home(ground.folder / "a"), keys)
    station.unlock("zhang", password_of("zhang"))
    assert [each.state for each in ground.admit()] == ["waiting"]
    assert station.sync().problem == "device_not_admitted"
    (asking,) = ground.admit()
    assert (asking.state, asking.words) == ("admitted", done.words)
    station.good_sync()
