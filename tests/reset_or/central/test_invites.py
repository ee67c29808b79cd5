"""Invites: anybody may leave and read one, first come stays, and all ends after 72 hours."""

from __future__ import annotations

import httpx

from reset_or.base.clock import ManualClock
from reset_or.central.options import Options
from reset_or.revisions import signing
from reset_or.wire import invites
from tests.fakes.server import RunningServer, problem_of
from tests.fakes.trial import TrialDevice, TrialPerson
from tests.reset_or.central.conftest import StartServer


def code_of(answer: httpx.Response) -> str:
    return problem_of(answer).code


def caller(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, trust_env=False, verify=False)


def test_a_device_is_enrolled_by_code(server: RunningServer) -> None:
    """The whole way: invite, answer, six words on both sides, admission, first sync."""
    site = server.admit("03", devices=0)
    code = invites.new_code()
    path = f"/v1/invite/{invites.invite_id(code)}"
    people = (invites.Invited("zhang", "surgeon"),)
    content = invites.InviteContent(server.trial.file(), "03", people, 2_000_000_000_000)
    device, person = TrialDevice("03"), TrialPerson("zhang", "surgeon", "03")
    with caller(server) as http:
        assert http.post(path, content=invites.seal_content(code, content)).status_code == 204
        heard = invites.open_content(code, http.get(path).content)
        assert heard == content
        assert code_of(http.get(f"{path}/answer")) == "invite_not_answered"
        keys = invites.AnswerKeys(
            invites.invite_id(code), heard.trial.study, heard.site, signing.public_bytes(device.key),
            str(device.box.to_public()), (("zhang", signing.public_bytes(person.key)),),
        )  # fmt: skip
        assert http.post(f"{path}/answer", content=invites.seal_answer(code, keys)).status_code == 204
        answered = invites.open_answer(code, http.get(f"{path}/answer").content)
    assert invites.six_words(answered) == invites.six_words(keys)
    server.client().push(statements=[server.trial.grant_device(device), server.trial.grant_person(person)])
    assert len(server.client(device).pull("03")) == len(site.statements) + 2


def test_the_first_one_stays(server: RunningServer) -> None:
    path = f"/v1/invite/{'a' * 64}"
    with caller(server) as http:
        for place in (path, f"{path}/answer"):
            taken = {path: "invite_taken"}.get(place, "invite_answered")
            assert http.post(place, content=b"one").status_code == 204
            assert http.post(place, content=b"one").status_code == 204
            other = http.post(place, content=b"two")
            assert (other.status_code, code_of(other)) == (409, taken)
            assert [http.get(place).content for _ in range(3)] == [b"one"] * 3


def test_everything_ends_at_72_hours(start: StartServer) -> None:
    clock = ManualClock()
    server = start(clock=clock)
    path = f"/v1/invite/{'a' * 64}"
    with caller(server) as http:
        http.post(path, content=b"one")
        http.post(f"{path}/answer", content=b"two")
        clock.advance(invites.LIFETIME_MS - 1)
        assert http.get(path).content == b"one"
        clock.advance(1)
        for answer in (
            http.get(path),
            http.get(f"{path}/answer"),
            http.post(f"{path}/answer", content=b"two"),
        ):
            assert (answer.status_code, code_of(answer)) == (410, "invite_expired")


def test_limits(start: StartServer) -> None:
    server = start(options=Options(live_invites=2))
    with caller(server) as http:
        unknown = f"/v1/invite/{'f' * 64}"
        assert code_of(http.get(unknown)) == "invite_unknown"
        assert code_of(http.get(f"{unknown}/answer")) == "invite_unknown"
        assert code_of(http.post(f"{unknown}/answer", content=b"x")) == "invite_unknown"
        assert code_of(http.post("/v1/invite/short", content=b"x")) == "invite_unknown"
        assert code_of(http.post(unknown, content=b"")) == "request_malformed"
        assert code_of(http.post(unknown, content=bytes(invites.MAX_SEALED + 1))) == "request_too_large"
        for number in range(2):
            assert http.post(f"/v1/invite/{number:064x}", content=b"x").status_code == 204
        assert code_of(http.post(f"/v1/invite/{7:064x}", content=b"x")) == "too_many_requests"
