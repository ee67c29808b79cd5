"""Networks that fail: what each fault is called, and what sessions through all of them leave behind (R12)."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx
import pytest

from reset_or.base.errors import EnvironmentTrouble
from reset_or.wire.transport import Call, HttpTransport
from tests.fakes import proxy as network
from tests.fakes.proxy import Fault, Proxy, faulty_proxy, proxy_process, tls_pair
from tests.fakes.server import RunningServer, running_server
from tests.fakes.trial import SyntheticTrial

TIMEOUT_S = 5.0
NONCE = Call("GET", "/v1/nonce", repeatable=False)
BODY = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def tls() -> tuple[ssl.SSLContext, ssl.SSLContext, str]:
    return tls_pair()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("central")
    with running_server(SyntheticTrial(), f"sqlite:///{folder / 'c.db'}", folder / "blobs") as running:
        yield running


def named(proxy: Proxy, call: Call = NONCE, *, ca_pem: str = "", timeout_s: float = TIMEOUT_S) -> str:
    """The code that one request through the proxy comes to, or its status."""
    transport = HttpTransport(proxy.url, ca_pem=ca_pem, timeout_s=timeout_s)
    try:
        return str(transport.send(call).status)
    except EnvironmentTrouble as trouble:
        return trouble.code
    finally:
        transport.close()


@pytest.mark.parametrize(("kind", "said"), [
    ("cut_before", "server_unreachable"), ("cut_after", "server_unreachable"),
    ("cut_answer", "server_unreachable"), ("cut_request", "server_unreachable"),
    ("refuse", "server_unreachable"), ("duplicate", "200"), ("race", "200"), ("portal", "200"),
    ("login", "302"), ("gateway", "502"),
])  # fmt: skip
def test_each_fault_has_its_name(server: RunningServer, kind: str, said: str) -> None:
    with faulty_proxy(server.url) as proxy:
        proxy.next(Fault(kind))
        assert named(proxy) == said
        assert [fault for fault, _ in proxy.done] == [kind]
        assert named(proxy) == "200"  # and one is one


def test_each_fault_of_tls_has_its_name(
    server: RunningServer, tls: tuple[ssl.SSLContext, ssl.SSLContext, str]
) -> None:
    right, wrong, ca_pem = tls
    with faulty_proxy(server.url, tls=right, wrong_tls=wrong) as proxy:
        for kind, said in (
            ("", "200"), ("wrong_certificate", "server_certificate"), ("plain_text", "server_certificate"),
            ("refuse", "server_unreachable"), ("", "200"),
        ):  # fmt: skip
            proxy.next(*([Fault(kind)] if kind else []))
            assert named(proxy, ca_pem=ca_pem) == said, kind
    assert _code("https" + network.NOWHERE[4:]) == "server_unreachable"


def test_slow_is_slower_than_the_patience_of_a_client(server: RunningServer) -> None:
    with faulty_proxy(server.url, scale=0.1) as proxy:
        proxy.next(Fault("slow"))
        assert named(proxy, timeout_s=0.1) == "server_slow"
        proxy.next(Fault("slow"))
        assert named(proxy) == "200"


def test_the_server_gets_what_passed_before_the_cut(server: RunningServer) -> None:
    """`at` is a byte of the body; a fault waits for its request; what the server took is counted."""
    site = server.admit()
    with faulty_proxy(server.url) as proxy:
        client = server.client(site.devices[0])
        client.url = proxy.url
        proxy.next(Fault("cut_request", at=1000, when="PUT"), Fault("cut_request", at=-3, when="PUT"))
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                client.call("PUT", "/v1/blob/" + "a" * 64, query="offset=0&length=10240", body=BODY)
        assert client.call("PUT", "/v1/blob/" + "a" * 64, body=BODY).status_code == 400
        client.close()
        assert [line.split(" ")[0] for _, line in proxy.done] == ["PUT", "PUT"]
        assert proxy.bytes_up == 1000 + len(BODY)


def test_a_proxy_of_its_own_process_only_delays(server: RunningServer) -> None:
    with proxy_process(server.url, round_trip_ms=1) as url:
        assert httpx.get(url + "/status", trust_env=False, verify=False).json()["v"] == 1


def _code(url: str) -> str:
    transport = HttpTransport(url, timeout_s=TIMEOUT_S)
    with pytest.raises(EnvironmentTrouble) as caught:
        transport.send(NONCE)
    transport.close()
    return caught.value.code
