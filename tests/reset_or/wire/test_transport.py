"""Every trouble of a network has its own name, and none is taken for a broken signature."""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.base.lanes import Cancelled
from reset_or.base.words import explain
from reset_or.wire.client import Client
from reset_or.wire.problems import CONTENT_TYPE, Problem, encode_problem
from reset_or.wire.transport import CHUNK, Call, FilePart, HttpTransport

Answer = tuple[int, dict[str, str], bytes]
HTML = (200, {"content-type": "text/html"}, b"<html>Sign in to the hotel</html>")


@contextmanager
def site(answer: Callable[[str, str], Answer], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A web server that is not ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            self.rfile.read(length)
            status, headers, body = answer(self.command, self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "content-length" not in headers:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_GET  # noqa: N815 - likewise
        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_said: Any) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_said: Any) -> None:
            """A client that hangs up in the handshake is what these tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sync_at(url: str, *, ca_pem: str = "", timeout_s: float = 5) -> str:
    """The code of what a sync request there comes to."""
    transport = HttpTransport(url, ca_pem=ca_pem, timeout_s=timeout_s)
    try:
        Client(transport, Ed25519PrivateKey.generate()).sync(b"x")
    except ResetOrError as error:
        return error.code + (f":{error.details['reason']}" if error.code == "server_certificate" else "")
    finally:
        transport.close()
    return ""


def problem(code: str, status: int) -> Answer:
    return status, {"content-type": CONTENT_TYPE}, encode_problem(Problem(code))


NONCE = (200, {"content-type": "application/json"}, b'{"nonce":"1.ab"}')


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (HTML, "server_not_ours"),
        ((302, {"location": "https://portal.example/"}, b""), "server_not_ours"),
        ((200, {"content-type": "application/json"}, b"{}"), "server_not_ours"),
        ((200, {"content-type": "application/json"}, b"[[["), "server_not_ours"),
        ((404, {"content-type": "text/plain"}, b"nothing here"), "server_not_ours"),
        (
            (511, {"content-type": "text/html"}, b"<h1>Sign in</h1>"),
            "server_not_ours",
        ),
        ((502, {"content-type": "text/html"}, b"<h1>Bad gateway</h1>"), "server_unavailable"),
        ((407, {}, b""), "proxy_needs_sign_in"),
        ((200, {"content-length": "999"}, b"torn"), "server_unreachable"),
        (problem("server_disk_full", 507), "server_disk_full"),
        (problem("device_revoked", 403), "device_revoked"),
    ],
)
def test_what_a_stranger_answers_is_named(answer: Answer, code: str) -> None:
    with site(lambda _method, _path: answer) as url:
        assert sync_at(url) == code


def test_a_page_in_place_of_an_answer_is_not_ours() -> None:
    with site(lambda _method, path: NONCE if path == "/v1/nonce" else HTML) as url:
        assert sync_at(url) == "server_not_ours"


def test_a_page_in_place_of_a_photo_is_not_ours(tmp_path: Path) -> None:
    got: list[bytes] = []
    file = tmp_path / "photo"
    file.write_bytes(b"123456789")

    def answer(_method: str, path: str) -> Answer:
        return NONCE if path == "/v1/nonce" else (200, {"content-type": "text/html"}, b"x" * 4096)

    with site(answer) as url:
        transport = HttpTransport(url)
        client = Client(transport, Ed25519PrivateKey.generate())
        for call in (
            lambda: client.blob_offset("a" * 64), lambda: client.blob_put("a" * 64, FilePart(file, 0, 9), 9),
            lambda: client.blob_get("a" * 64, 0, 100, got.append), lambda: client.invite_get("a" * 64),
        ):  # fmt: skip
            with pytest.raises(EnvironmentTrouble) as caught:
                call()
            assert caught.value.code == "server_not_ours"
        transport.close()
    assert got == []


@pytest.mark.parametrize(
    ("status", "headers", "body", "code"),
    [
        (206, {"content-range": "bytes 3-8/9"}, b"456789", ""),
        (200, {}, b"123456789", ""),
        (206, {"content-range": "bytes 3-8/9"}, b"45678", "server_not_ours"),
        (206, {"content-range": "bytes 3-8/9"}, b"4567890", "server_not_ours"),
        (206, {"content-range": "bytes 2-8/9"}, b"3456789", "server_not_ours"),
        (206, {}, b"456789", "server_not_ours"),
        (200, {}, b"12", "server_not_ours"),
        (206, {"content-range": "bytes 3-8/9", "content-length": "6"}, b"45", "server_unreachable"),
    ],
)
def test_a_part_of_a_photo_is_taken_as_it_comes(
    status: int, headers: dict[str, str], body: bytes, code: str
) -> None:
    headers = {"content-type": "application/octet-stream"} | headers
    got: list[bytes] = []
    with site(lambda _m, path: NONCE if path == "/v1/nonce" else (status, headers, body)) as url:
        transport = HttpTransport(url)
        try:
            Client(transport, Ed25519PrivateKey.generate()).blob_get("a" * 64, 3, 9, got.append)
            found = ""
        except EnvironmentTrouble as error:
            found = error.code
        transport.close()
    assert found == code
    assert b"456789".startswith(b"".join(got))
    assert code or b"".join(got) == b"456789"


def test_a_file_is_sent_as_it_is_read(tmp_path: Path) -> None:
    """In chunks, each of which is told before it goes; what `pace` raises ends the connection."""
    file = tmp_path / "photo"
    file.write_bytes(os.urandom(3 * CHUNK + 7))
    told: list[int] = []

    def stop(count: int) -> None:
        told.append(count)
        if len(told) == 6:
            raise Cancelled

    got: list[str] = []

    def answer(method: str, path: str) -> Answer:
        got.append(method)
        return (200, {}, b"thanks")

    with site(answer) as url:
        transport = HttpTransport(url)
        call = Call("PUT", "/x", body=FilePart(file, 5, 3 * CHUNK + 7), repeatable=False, pace=stop)
        assert transport.send(call).untrusted_body == b"thanks"
        assert told == [CHUNK, CHUNK, CHUNK, 2]
        with pytest.raises(Cancelled):
            transport.send(call)
        longer = Call("PUT", "/x", body=FilePart(file, 0, 4 * CHUNK), repeatable=False)
        with pytest.raises(EnvironmentTrouble) as caught:
            transport.send(longer)
        transport.close()
    assert (caught.value.code, got[:1]) == ("file_vanished", ["PUT"])


def test_a_server_that_says_nothing_of_a_photo_is_not_ours() -> None:
    with site(lambda _m, path: NONCE if path == "/v1/nonce" else (200, {}, b"")) as url:
        transport = HttpTransport(url)
        client = Client(transport, Ed25519PrivateKey.generate())
        with pytest.raises(EnvironmentTrouble) as caught:
            client.blob_offset("a" * 64)
        transport.close()
    assert caught.value.code == "server_not_ours"


@contextmanager
def proxy_that_asks() -> Iterator[str]:
    """A proxy that wants NTLM before it opens a tunnel."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def serve() -> None:
            line, _from = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\n"
                    b"content-length: 0\r\nconnection: close\r\n\r\n"
                )

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_proxy_that_asks_for_ntlm_is_named_with_what_it_is_to_let_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with proxy_that_asks() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.delenv("NO_PROXY", raising=False)
        transport = HttpTransport("https://trial.example")
        with pytest.raises(EnvironmentTrouble) as caught:
            transport.send(Call("GET", "/v1/nonce"))
        transport.close()
    assert (caught.value.code, caught.value.details["host"]) == ("proxy_needs_sign_in", "trial.example:443")
    assert "trial.example:443" in explain(caught.value, "en")[1]


def test_an_old_nonce_is_replaced_once_and_not_for_ever() -> None:
    asked: list[str] = []

    def answer(_method: str, path: str) -> Answer:
        asked.append(path)
        if path == "/v1/nonce":
            return NONCE
        return 401, {"content-type": CONTENT_TYPE, "RO-Nonce": "2.cd"}, encode_problem(Problem("nonce"))

    with site(answer) as url:
        assert sync_at(url) == "nonce"
    assert asked == ["/v1/nonce", "/v1/sync", "/v1/sync"]


def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert sync_at(f"http://127.0.0.1:{taken.getsockname()[1]}") == "server_unreachable"


def test_a_name_that_nobody_has() -> None:
    assert sync_at("https://reset-or.invalid") == "server_unreachable"


def test_somebody_there_who_says_nothing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert sync_at(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.1) == "server_slow"


def certificate(authority: trustme.CA, **said: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", **said).configure_cert(context)
    return context


def test_tls_with_an_own_authority() -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    pem = authority.cert_pem.bytes().decode()
    with site(lambda _m, _p: HTML, certificate(authority)) as url:
        assert sync_at(url, ca_pem=pem) == "server_not_ours"  # TLS itself was accepted
        assert sync_at(url) == "server_certificate:other"
    with site(lambda _m, _p: HTML, certificate(stranger)) as url:
        assert sync_at(url, ca_pem=pem) == "server_certificate:other"


def test_a_certificate_of_another_time_names_the_clock() -> None:
    authority = trustme.CA()
    pem, now, day = authority.cert_pem.bytes().decode(), datetime.datetime.now(datetime.UTC), 86_400
    later = now + datetime.timedelta(seconds=day)
    old = certificate(
        authority, not_before=now - datetime.timedelta(days=9), not_after=now - datetime.timedelta(days=1)
    )
    with site(lambda _m, _p: HTML, old) as url:
        assert sync_at(url, ca_pem=pem) == "clock_wrong"
    with site(lambda _m, _p: HTML, certificate(authority, not_before=later)) as url:
        assert sync_at(url, ca_pem=pem) == "clock_wrong"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://server.example", "server_needs_tls"),
        ("ftp://127.0.0.1", "server_url_wrong"),
        ("", "server_url_wrong"),
        ("https://", "server_url_wrong"),
    ],
)
def test_addresses_that_are_refused_before_anything_is_sent(url: str, code: str) -> None:
    with pytest.raises(UserFixable) as caught:
        HttpTransport(url)
    assert caught.value.code == code


def test_a_wrong_authority_file_is_refused() -> None:
    transport = HttpTransport("https://127.0.0.1:1", ca_pem="-----BEGIN nonsense")
    with pytest.raises(UserFixable) as caught:
        transport.send(Call("GET", "/"))
    assert caught.value.code == "ca_file_wrong"


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with site(lambda _m, _p: (200, {"content-type": "text/plain"}, b"x" * 200_000)) as url:
        transport = HttpTransport(url)
        with pytest.raises(EnvironmentTrouble) as caught:
            transport.send(Call("GET", "/", most=1000))
        transport.close()
    assert caught.value.code == "server_not_ours"
