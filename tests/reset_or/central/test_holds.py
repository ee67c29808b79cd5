"""Devices on hold are named to those who can do something about it, and to nobody else."""

from __future__ import annotations

import json
from contextlib import suppress

import httpx
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.clock import DAY_MS, ManualClock
from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.words import LANGUAGES
from reset_or.central import tables
from reset_or.wire import auth, holds
from reset_or.wire.holds import LOOK_BACK_DAYS, Hold, decode_holds, encode_holds
from tests.fakes.server import RunningServer
from tests.fakes.trial import TrialDevice
from tests.reset_or.central.conftest import StartServer
from tests.reset_or.central.exposition import parse, value_of

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def told(server: RunningServer, device: TrialDevice | None = None) -> tuple[Hold, ...]:
    answer = server.client(device).call("GET", holds.PATH)
    assert answer.status_code == 200
    return decode_holds(answer.content)


def fork(server: RunningServer, device: TrialDevice) -> None:
    client = server.client(device)
    client.push(server.trial.envelopes(device, 1))
    assert client.push([server.trial.envelope(device, place=(1, ""))]).items[0].problem == "fork"


def logged(server: RunningServer, device: TrialDevice, at: int, count: int) -> None:
    """Waits until so many visits of that moment are in the log, which is written behind."""
    log = tables.access_log
    asked = sa.select(sa.func.count()).where(log.c.dev == device.dev, log.c.at == at)
    found = -1
    while found < count:
        server.service.ledger.flush()
        with server.service.database.reading() as connection:
            found = connection.scalar(asked) or 0
    assert found == count


def seen(server: RunningServer, **headers: str) -> httpx.Response:
    return httpx.get(server.url + "/status", headers=headers, trust_env=False, verify=False)


def test_the_site_and_the_centre_learn_of_it_and_no_other_site(start: StartServer) -> None:
    clock = ManualClock()
    server = start(clock=clock)
    site, other = server.admit("03", devices=2), server.admit("04")
    bad, good = site.devices
    assert told(server, good) == ()
    assert seen(server).json()["facts"]["holds"] == []
    since_at = clock.now_at()
    fork(server, bad)
    logged(server, bad, since_at, 2)
    clock.advance(60_000)
    assert told(server, good) == told(server) == (Hold(bad.dev, "03", "fork", since_at, since_at),)
    assert told(server, other.devices[0]) == ()
    assert server.client(bad).call("GET", holds.PATH).status_code == 403
    logged(server, bad, clock.now_at(), 1)
    (held,) = told(server, good)
    assert held.called_at == clock.now_at(), "when it was refused at the door"
    clock.advance(60_000)
    lie = {auth.HEADER: f"dev={bad.dev}, nonce=1.2, body={'0' * 64}, sig=x"}
    httpx.get(server.url + "/v1/nonce", headers=lie, trust_env=False, verify=False)
    httpx.get(server.url + holds.PATH, headers=lie, trust_env=False, verify=False)
    logged(server, bad, clock.now_at(), 2)
    assert told(server, good) == (held,), "who only claims the id is not believed"
    clock.advance((LOOK_BACK_DAYS + 1) * DAY_MS)
    (held,) = told(server, good)
    assert held.called_at is None, "its computer is silent"
    server.client().push(statements=[server.trial.revoke_device(bad)])
    assert told(server, good) == (), "taken out of the trial: nothing is left to do"


def test_who_runs_the_server_sees_it_too(start: StartServer) -> None:
    server = start()
    site = server.admit("03", devices=1)
    found = parse(httpx.get(server.url + "/metrics", trust_env=False, verify=False).text)
    assert value_of(found, "reset_or_devices_on_hold", site="03") == 0
    fork(server, site.devices[0])
    text = httpx.get(server.url + "/metrics", trust_env=False, verify=False).text
    assert value_of(parse(text), "reset_or_devices_on_hold", site="03") == 1
    assert site.devices[0].dev not in text
    (held,) = seen(server).json()["facts"]["holds"]
    assert held["dev"] == site.devices[0].dev
    what = {"en": "New device id", "zh": "新设备身份"}
    for language in LANGUAGES:
        page = seen(server, accept=BROWSER, **{"accept-language": language}).text
        assert site.devices[0].dev[:16] in page
        assert what[language] in page


FIELDS = ("v", "at", "holds", "dev", "site", "why", "since_at", "called_at")
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70)
SPOILT = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=12,
)


@given(SPOILT, SPOILT)
def test_whatever_a_server_says_it_is_read_or_refused(row: object, value: object) -> None:
    for said in (value, {"v": 1, "at": 1, "holds": [row]}, {"v": 1, "at": 1, "holds": row}):
        with suppress(EnvironmentTrouble):
            found = decode_holds(json.dumps(said).encode("utf-8"))
            assert decode_holds(encode_holds(found, 1)) == found


@pytest.mark.parametrize(
    "spoilt", [{"dev": "x"}, {"site": "003"}, {"why": 1}, {"since_at": -1}, {"called_at": "1"}]
)
def test_one_wrong_field_refuses_the_answer(spoilt: dict[str, object]) -> None:
    row = {"dev": "a" * 64, "site": "03", "why": "fork", "since_at": 1, "called_at": None}
    assert decode_holds(json.dumps({"v": 1, "at": 1, "holds": [row]}).encode())
    with pytest.raises(EnvironmentTrouble, match="server_not_ours"):
        decode_holds(json.dumps({"v": 1, "at": 1, "holds": [row | spoilt]}).encode())
