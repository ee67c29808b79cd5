"""Whatever is sent, the server answers with a number of ours, keeps running, and says nothing of itself."""

from __future__ import annotations

import contextlib
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reset_or.central.options import Options
from reset_or.wire import invites, messages
from reset_or.wire.frames import Frame, with_head
from reset_or.wire.problems import PROBLEMS, Problem, decode_problem
from tests.fakes.server import RunningServer, problem_of
from tests.reset_or.central.conftest import StartServer

PATHS = st.sampled_from([
    "/v1/sync", "/v1/nonce", "/v1/holds", "/v1/blob/" + "a" * 64, "/v1/blob/x", "/v1/invite/" + "b" * 64,
    "/v1/invite/" + "b" * 64 + "/answer", "/v1/invite/%00", "/status", "/metrics", "/openapi.json", "/",
    "/v1/sync/",     "/v1/blob/..%2f..%2fetc%2fpasswd", "/v1//sync", "/v1/blob/" + "A" * 64, "/%ff%fe",
])  # fmt: skip
METHODS = st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
QUERIES = st.sampled_from(
    ["", "offset=0&length=1", "offset=-1", "offset=9999999999999", "%00", "a=b&a=c", "'--"]
)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)


def harmless(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.content[:200]
    assert b"Traceback" not in answer.content
    assert "server" not in answer.headers
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert problem_of(answer).code in PROBLEMS


@settings(max_examples=40)
@given(method=METHODS, path=PATHS, query=QUERIES, body=st.binary(max_size=300), auth=VALUES, more=VALUES)
def test_any_request_gets_a_number(
    sqlite_server: RunningServer, method: str, path: str, query: str, body: bytes, auth: str, more: str
) -> None:
    headers = {"ro-auth": auth.strip().encode("latin-1"), "range": more.strip().encode("latin-1")}
    client = _plain(sqlite_server)
    harmless(client.request(method, f"{path}?{query}", content=body, headers=headers))


@settings(max_examples=40)
@given(body=st.binary(max_size=400) | st.binary(max_size=200).map(lambda b: with_head(b, ())))
def test_any_signed_body_gets_a_number(sqlite_server: RunningServer, body: bytes) -> None:
    harmless(sqlite_server.client().call("POST", messages.PATH, body=body))


@settings(max_examples=30)
@given(
    hdr=st.binary(max_size=200)
    | st.sampled_from([b"{}", b"[" * 5000, b'{"a":1e9}', b'{"v":1}', b"\xed\xa0\x80"]),
    sig=st.binary(min_size=64, max_size=64), body=st.binary(max_size=80),
    count=st.integers(1, 3), kind=st.sampled_from(["statements", "envelopes"]),
)  # fmt: skip
def test_any_frames_are_refused_one_by_one(
    sqlite_server: RunningServer, hdr: bytes, sig: bytes, body: bytes, count: int, kind: str
) -> None:
    request = messages.SyncRequest(**{kind: (Frame(hdr, sig, body),) * count})
    answer = sqlite_server.client().sync(request)
    assert {item.status for item in answer.items} == {"refused"}


@settings(max_examples=20)
@given(query=st.text(max_size=40), body=st.binary(max_size=64), range_=VALUES)
def test_any_photo_request_gets_a_number(
    sqlite_server: RunningServer, query: str, body: bytes, range_: str
) -> None:
    said = "".join(c for c in query if (c.isalnum() and c.isascii()) or c in "=&-%")
    client, path = sqlite_server.client(), "/v1/blob/" + "a" * 64
    harmless(client.call("PUT", path, query=said, body=body))
    harmless(client.call("GET", path, headers={"range": range_.strip().encode("ascii", "ignore").decode()}))


@pytest.mark.parametrize("raw", [
    b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /status HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n",
    b"GET /v1/nonce HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
])  # fmt: skip
def test_broken_http_does_not_break_the_server(sqlite_server: RunningServer, raw: bytes) -> None:
    where = urlsplit(sqlite_server.url)
    answer = b""
    with (
        socket.create_connection((where.hostname, where.port), timeout=10) as stream,
        contextlib.suppress(OSError),  # it may hang up before it has heard everything
    ):
        stream.sendall(raw)
        stream.shutdown(socket.SHUT_WR)
        while chunk := stream.recv(4096):
            answer += chunk
    if b" 200 " not in answer[:40] and answer:  # a line that says nothing is told nothing
        problem = decode_problem(*_content_of(answer))
        assert problem is not None
        assert problem.code in ("request_malformed", "not_found")
    assert b"Traceback" not in answer
    assert _plain(sqlite_server).get("/status").status_code == 200


def test_a_broken_body_under_head_is_refused_without_one(sqlite_server: RunningServer) -> None:
    where = urlsplit(sqlite_server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
        stream.sendall(b"HEAD /status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
        head, _, body = _all_of(stream).partition(b"\r\n\r\n")
    assert (head[:12], body) == (b"HTTP/1.1 400", b"")


def test_what_is_too_large_is_refused_before_it_is_read(sqlite_server: RunningServer) -> None:
    where = urlsplit(sqlite_server.url)
    for path, most in (
        (f"/v1/invite/{'c' * 64}", invites.MAX_SEALED),
        (f"/v1/invite/{'c' * 64}/answer", 1 << 40),
    ):
        with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {most + 1}\r\n\r\n"
            stream.sendall(head.encode())
            assert b" 413 " in stream.recv(4096)[:40]


def test_a_body_that_grows_too_large_is_cut_off(sqlite_server: RunningServer) -> None:
    where = urlsplit(sqlite_server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
        stream.sendall(
            f"POST /v1/invite/{'c' * 64} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        piece = b"10000\r\n" + bytes(65536) + b"\r\n"
        stream.sendall(piece + piece)
        assert b" 413 " in stream.recv(4096)[:40]


def test_a_body_that_never_comes_is_given_up(start: StartServer) -> None:
    server = start(options=Options(body_timeout_s=0.05))
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
        stream.sendall(
            f"POST /v1/invite/{'c' * 64} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n".encode()
        )
        assert b" 408 " in stream.recv(4096)[:40]


def test_a_body_that_drips_in_is_given_up(start: StartServer) -> None:
    server = start(options=Options(body_timeout_s=0.2, body_bytes_per_s=1000))
    where = urlsplit(server.url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
        stream.sendall(
            f"POST /v1/invite/{'c' * 64} HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n".encode()
        )
        assert b" 408 " in _while_dripping(stream, b"x")


def test_a_head_that_never_ends_is_given_up(start: StartServer) -> None:
    """Said at once or later, whole or not: nobody keeps a connection without asking for anything."""
    server = start(options=Options(head_timeout_s=0.2))
    where = urlsplit(server.url)
    for first in (b"", b"GET /status HT", b"GET /status HTTP/1.1\r\nHost: x\r\n\r\nGET /sta"):
        with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
            stream.sendall(first)
            heard = _all_of(stream)
            last = heard[heard.rindex(b"HTTP/1.1 ") :]
            assert last.startswith(b"HTTP/1.1 408 ")
            assert decode_problem(*_content_of(last)) == Problem("request_timeout", why="head")
    with socket.create_connection((where.hostname, where.port), timeout=10) as stream:
        stream.sendall(b"GET /status HTTP/1.1\r\nHost: x\r\n")
        assert b" 408 " in _while_dripping(stream, b"a: b\r\n")


def test_a_line_may_rest_between_two_requests(start: StartServer) -> None:
    server = start(options=Options(head_timeout_s=0.5))
    where = urlsplit(server.url)
    with (
        contextlib.closing(HTTPConnection(str(where.hostname), where.port, timeout=10)) as resting,
        socket.create_connection((where.hostname, where.port), timeout=10) as silent,
    ):
        resting.request("GET", "/status")
        assert resting.getresponse().read()
        line = resting.sock
        assert b" 408 " in _all_of(silent)  # by then the time of a head is over
        resting.request("GET", "/status")
        assert resting.getresponse().read()
        assert resting.sock is line


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("OPTIONS", "/v1/sync", "POST"), ("DELETE", "/v1/blob/" + "a" * 64, "GET, HEAD, PUT"),
    ("PUT", "/v1/invite/" + "a" * 64, "GET, HEAD, POST"), ("POST", "/status", "GET, HEAD"),
])  # fmt: skip
def test_another_method_is_told_which_there_are(
    sqlite_server: RunningServer, method: str, path: str, allowed: str
) -> None:
    answer = _plain(sqlite_server).request(method, path)
    assert (answer.status_code, problem_of(answer).code) == (405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


def test_who_must_sign_is_told_how(sqlite_server: RunningServer) -> None:
    assert _plain(sqlite_server).post(messages.PATH).headers["www-authenticate"] == "RO-Auth"


def test_strangers_are_slowed_down(start: StartServer) -> None:
    server = start(options=Options(unsigned_requests_per_minute=3))
    answers = [httpx.get(server.url + "/v1/nonce", trust_env=False, verify=False) for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert problem_of(answers[-1]).retry_s == int(answers[-1].headers["retry-after"])


def test_an_unexpected_error_says_nothing_of_itself(
    start: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    server = start()
    object.__setattr__(server.service.sync, "verifier", None)
    site = server.admit()
    with caplog.at_level("INFO", logger="reset_or"):
        request = messages.SyncRequest(envelopes=(Frame(b"secret words", bytes(64)),))
        answer = server.client(site.devices[0]).call(
            "POST", messages.PATH, body=messages.encode_request(request)
        )
    assert (answer.status_code, problem_of(answer).code) == (500, "server_trouble")
    assert b"verifier" not in answer.content
    assert "server_error kind=attributeerror" in caplog.text
    assert "secret" not in caplog.text
    object.__setattr__(server.service.sync, "verifier", _NoVerifier())


class _NoVerifier:
    def close(self) -> None:
        """Nothing to close: the test took the real one away."""


def _plain(server: RunningServer) -> httpx.Client:
    client = server.client()
    client.call("GET", "/status")
    assert client._http is not None
    return client._http


def _all_of(stream: socket.socket) -> bytes:
    return b"".join(iter(lambda: stream.recv(4096), b""))


def _while_dripping(stream: socket.socket, drop: bytes) -> bytes:
    """What is answered to a line on which something comes all the time."""
    stream.settimeout(0.02)
    for _ in range(500):
        with contextlib.suppress(TimeoutError):
            return stream.recv(4096)
        stream.sendall(drop)
    return b"nothing"


def _content_of(answer: bytes) -> tuple[str, bytes]:
    """(type, body) of an answer as it came."""
    head, _, body = answer.partition(b"\r\n\r\n")
    kind = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-type: "))
    return kind.removeprefix(b"content-type: ").decode(), body
