"""Who is let in: every wrong key, nonce, hash and state is turned away by its own number."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.clock import ManualClock
from reset_or.base.ids import sha256_hex
from reset_or.central.door import Nonces
from reset_or.wire import auth, holds, messages
from reset_or.wire.messages import Cursor, SyncRequest
from tests.fakes.server import RunningServer, problem_of
from tests.fakes.trial import TrialDevice
from tests.reset_or.central.conftest import StartServer

EMPTY = messages.encode_request(SyncRequest())


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLite alone: the door asks the same questions of both."""
    return f"sqlite:///{tmp_path / 'central.db'}"


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, problem_of(answer).code) == (status, code)
    assert answer.headers[auth.PROBLEM_HEADER] == code


def send(server: RunningServer, header: str, body: bytes = EMPTY) -> httpx.Response:
    headers = {auth.HEADER: header} if header else {}
    return httpx.post(
        server.url + messages.PATH, content=body, headers=headers, trust_env=False, verify=False
    )


def test_without_a_signature_nobody_comes_in(server: RunningServer) -> None:
    for header in ("", "x", "dev=1, nonce=2, body=3, sig=4"):
        refused(send(server, header), 401, "request_not_signed")


def test_another_key_is_not_this_device(server: RunningServer) -> None:
    client = server.client()
    header = auth.sign_request(
        Ed25519PrivateKey.generate(), method="POST", path=messages.PATH, query="",
        nonce=client.call("GET", "/v1/nonce", fresh=True).json()["nonce"], body_sha256=sha256_hex(EMPTY),
    )  # fmt: skip
    refused(send(server, header), 403, "device_not_admitted")
    mine = f"dev={server.trial.centre_device.dev},"
    refused(send(server, mine + header.partition(",")[2]), 401, "request_not_signed")


def test_a_persons_key_is_no_device(server: RunningServer) -> None:
    refused(
        server.client().call("POST", messages.PATH, body=EMPTY, key=server.trial.admin.key),
        403, "device_not_admitted",
    )  # fmt: skip


def test_the_body_is_held_against_the_signed_hash(server: RunningServer) -> None:
    client = server.client()
    client.call("GET", "/v1/nonce", fresh=True)
    header = auth.sign_request(
        server.trial.centre_device.key, method="POST", path=messages.PATH, query="", nonce=client.nonce,
        body_sha256=sha256_hex(EMPTY),
    )  # fmt: skip
    other = messages.encode_request(SyncRequest(cursors=(Cursor("00"),)))
    refused(send(server, header, other), 401, "request_not_signed")
    assert send(server, header).status_code == 200


@pytest.mark.parametrize("how", ["Content-Length: 65537", "Transfer-Encoding: chunked"])
def test_a_long_body_is_read_only_for_who_was_let_in(server: RunningServer, how: str) -> None:
    where, nonce = urlsplit(server.url), server.client().call("GET", "/v1/nonce", fresh=True).json()["nonce"]
    header = auth.sign_request(
        Ed25519PrivateKey.generate(), method="POST", path=messages.PATH, query="", nonce=nonce,
        body_sha256=sha256_hex(bytes(65537)),
    )  # fmt: skip
    with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
        head = f"POST {messages.PATH} HTTP/1.1\r\nHost: x\r\n{auth.HEADER}: {header}\r\n{how}\r\n\r\n"
        stream.sendall(head.encode())
        assert b" 403 " in stream.recv(4096)[:40]


def test_nothing_of_a_body_is_parsed_before_its_caller_is_known(server: RunningServer) -> None:
    client, broken = server.client(), b"\xff" * 9
    refused(client.call("POST", messages.PATH, body=broken, key=Ed25519PrivateKey.generate()),
            403, "device_not_admitted")  # fmt: skip
    refused(client.call("POST", messages.PATH, body=broken), 400, "request_malformed")


def test_a_signature_for_another_path_does_not_fit(server: RunningServer) -> None:
    client = server.client()
    client.call("GET", "/v1/nonce", fresh=True)
    for part in ({"path": "/v1/other"}, {"method": "PUT"}, {"query": "a=b"}):
        said = {"method": "POST", "path": messages.PATH, "query": ""} | part
        header = auth.sign_request(
            server.trial.centre_device.key, nonce=client.nonce, body_sha256=sha256_hex(EMPTY), **said
        )
        refused(send(server, header), 401, "request_not_signed")


def test_an_old_nonce_brings_a_fresh_one(start: StartServer) -> None:
    clock = ManualClock()
    server = start(clock=clock)
    client = server.client()
    assert client.call("POST", messages.PATH, body=EMPTY).status_code == 200
    clock.advance(24 * 3600 * 1000 - 1)
    assert client.call("POST", messages.PATH, body=EMPTY).status_code == 200
    clock.advance(24 * 3600 * 1000 + 1)
    answer = client.call("POST", messages.PATH, body=EMPTY)
    refused(answer, 401, "nonce")
    client.nonce = problem_of(answer).nonce or ""
    assert client.call("POST", messages.PATH, body=EMPTY).status_code == 200


def test_every_answer_carries_the_next_nonce(server: RunningServer) -> None:
    client = server.client()
    for answer in (
        client.call("POST", messages.PATH, body=EMPTY),
        client.call("HEAD", "/v1/blob/" + "a" * 64),
        client.call("GET", "/status"),
        client.call("GET", "/nowhere"),
    ):
        assert answer.headers[auth.NONCE_HEADER]
    decoded = messages.decode_answer(client.call("POST", messages.PATH, body=EMPTY).content)
    assert decoded.nonce


def test_a_nonce_of_another_secret_or_time_is_unknown() -> None:
    nonces, now = Nonces(b"a" * 32, 1000), 5_000_000
    good = nonces.make(now)
    assert nonces.valid(good, now)
    assert nonces.valid(good, now + 1000)
    assert not nonces.valid(good, now + 1001)
    assert not nonces.valid(nonces.make(now + 3_600_000), now)
    assert not Nonces(b"b" * 32, 1000).valid(good, now)
    for other in ("", ".", "0.", "1.2.3", good + "0", "0" + good, good.upper(), "f" * 90):
        assert not nonces.valid(other, now)


def test_a_replay_changes_nothing(server: RunningServer) -> None:
    site = server.admit()
    device = site.devices[0]
    client = server.client(device)
    body = messages.encode_request(SyncRequest())
    sent = server.trial.envelope(device)
    client.push([sent])
    header = auth.sign_request(
        device.key,
        method="POST",
        path=messages.PATH,
        query="",
        nonce=client.nonce,
        body_sha256=sha256_hex(body),
    )
    answers = [messages.decode_answer(send(server, header, body).content) for _ in range(2)]
    assert answers[0].outcome == answers[1].outcome == "ok"
    assert len([e for e in client.pull("03") if e.kind == "env"]) == 1


@pytest.mark.parametrize("state", ["stranger", "admitted", "revoked", "suspended"])
@pytest.mark.parametrize(("method", "path"), [
    ("POST", messages.PATH), ("HEAD", "/v1/blob/" + "a" * 64), ("GET", "/v1/blob/" + "a" * 64),
    ("PUT", "/v1/blob/" + "a" * 64), ("GET", holds.PATH),
])  # fmt: skip
def test_device_states_at_every_signed_path(
    sqlite_server: RunningServer, state: str, method: str, path: str
) -> None:
    server = sqlite_server
    site = f"{10 + ['stranger', 'admitted', 'revoked', 'suspended'].index(state)}"
    device = TrialDevice(site) if state == "stranger" else _device(server, site, state)
    query = "offset=0&length=1" if method == "PUT" else ""
    body = EMPTY if method == "POST" else b""
    answer = server.client(device).call(method, path, query=query, body=body)
    code = answer.headers.get(auth.PROBLEM_HEADER, "")
    allowed = "blob_not_named" if "blob" in path else ""
    expected = {"stranger": "device_not_admitted", "admitted": allowed, "revoked": "device_revoked",
                "suspended": "device_suspended"}  # fmt: skip
    assert code == expected[state]


def _device(server: RunningServer, site: str, state: str) -> TrialDevice:
    device = TrialDevice(site)
    made = server.trial.add_site(site, devices=0)
    server.client().push(statements=[*made.statements, server.trial.grant_device(device)])
    if state == "revoked":
        server.client().push(statements=[server.trial.revoke_device(device)])
    if state == "suspended":
        first = server.trial.envelope(device)
        server.client(device).push([first, server.trial.envelope(device, place=(1, ""))])
    return device
