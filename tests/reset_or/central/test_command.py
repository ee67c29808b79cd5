"""The command as an operator uses it: files, exit codes, TLS, several processes, and being killed."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from reset_or.base.errors import UsageError, UserFixable
from reset_or.central import command
from reset_or.central.running import Listening
from reset_or.revisions.signing import public_bytes
from reset_or.wire import messages
from reset_or.wire.messages import Cursor, SyncRequest
from tests.fakes.postgres import Cluster
from tests.fakes.quick_age import seal_with_passphrase
from tests.fakes.server import ChildServer, DeviceClient, running_server
from tests.fakes.trial import SyntheticTrial


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> ChildServer:
    """trial.json and server.age in a folder."""
    child = ChildServer(SyntheticTrial(), tmp_path_factory.mktemp("centre"))
    child.prepare()
    return child


@pytest.fixture
def child(prepared: ChildServer, tmp_path: Path) -> Iterator[ChildServer]:
    made = ChildServer(prepared.trial, prepared.folder, f"sqlite:///{tmp_path / 'central.db'}")
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


def run(child: ChildServer, *said: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        child.command(*said), cwd=child.folder, capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_it_serves_and_stops_in_good_order(child: ChildServer) -> None:
    child.start()
    client = child.client()
    assert client.sync(SyncRequest(cursors=(Cursor("00"),))).outcome == "ok"
    client.close()
    assert child.stop() == 0


def test_it_stops_when_its_parent_is_gone(child: ChildServer) -> None:
    child.start("--until-stdin-closes")
    assert child.process is not None
    assert child.process.stdin is not None
    child.process.stdin.close()
    assert child.process.wait(30) == 0
    child.process.stdout.close()  # type: ignore[union-attr]
    child.process.stderr.close()  # type: ignore[union-attr]


def test_refusals_have_their_exit_codes(prepared: ChildServer, tmp_path: Path) -> None:
    """In this process: no second and a half of start-up each."""
    wrong = tmp_path / "wrong"
    wrong.write_text("open says me\n")
    files = {name: str(prepared.folder / name) for name in ("trial.json", "server.age", "passphrase")}
    base = [
        "serve",
        "--trial",
        files["trial.json"],
        "--key",
        files["server.age"],
        "--data",
        str(tmp_path),
        "--json",
    ]
    good = [*base, "--passphrase-file", files["passphrase"]]
    assert command.main([*base, "--passphrase-file", str(wrong)]) == 1
    assert command.main([*good, "--workers", "2"]) == 2
    assert command.main([*good, "--host", "0.0.0.0"]) == 2
    assert command.main([*good, "--tls-cert", files["trial.json"]]) == 2
    assert command.main([*good, "--database", "oracle://x"]) == 2
    assert command.main([*good, "--key", str(tmp_path / "nowhere")]) == 3
    assert command.main(["serve", "--trial", files["server.age"], *good[3:]]) == 4
    assert command.main(["serve"]) == 2
    assert command.main([]) == 2


def test_errors_are_said_as_one_object(
    prepared: ChildServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["migrate", "--database", "oracle://x", "--json"]) == 2
    assert json.loads(capsys.readouterr().out) == {"error": "database_url"}
    assert command.main(["export-openapi"]) == 0
    assert json.loads(capsys.readouterr().out)["openapi"] == "3.1.0"


def test_the_servers_key_opens_by_its_passphrase_only(prepared: ChildServer) -> None:
    sealed = (prepared.folder / "server.age").read_bytes()
    key = command.read_server_key(sealed, "open sesame")
    assert public_bytes(key) == public_bytes(prepared.trial.server)
    for bad, code in ((b"no age file", "wrong_passphrase"), (sealed[:-1], "wrong_passphrase")):
        with pytest.raises(UserFixable, match=code):
            command.read_server_key(bad, "open sesame")
    with pytest.raises(UserFixable, match="server_key_unreadable"):
        command.read_server_key(seal_with_passphrase(b"no key", "x"), "x")


def test_migrate_makes_tables_and_role_and_the_role_can_serve(
    prepared: ChildServer, postgres: Cluster, tmp_path: Path
) -> None:
    dsn = postgres.empty_database()
    password = tmp_path / "password"
    password.write_text("it's \\ a secret\n")
    said = ["migrate", "--database", dsn, "--app-role", "another_role", "--app-password-file", str(password)]
    assert command.main([*said, "--json"]) == 0
    assert command.main([*said, "--json"]) == 0
    name = dsn.partition("@/")[2].partition("?")[0]
    app = postgres.dsn(name, "another_role")
    with running_server(prepared.trial, app, tmp_path / "blobs") as server:
        assert server.client().sync(SyncRequest()).outcome == "ok"
    files = ["--trial", str(prepared.folder / "trial.json"), "--key", str(prepared.folder / "server.age"),
             "--passphrase-file", str(prepared.folder / "passphrase")]  # fmt: skip
    assert command.main(["restored", *files, "--database", app, "--json"]) == 0


def test_several_processes_share_one_socket(prepared: ChildServer, postgres: Cluster) -> None:
    child = ChildServer(prepared.trial, prepared.folder, postgres.emptied_database().app_dsn)
    child.start("--workers", "2")
    clients = [child.client() for _ in range(6)]
    for client in clients:
        assert client.sync(SyncRequest(cursors=(Cursor("00"),))).outcome == "ok"
        client.close()
    assert child.stop() == 0


def test_plain_http_stays_on_this_machine() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "127.9.9.9"):
        Listening(host).check()
    for host in ("0.0.0.0", "::", "192.168.0.1", "central.example.org", ""):
        with pytest.raises(UsageError, match="plain_http_off_loopback"):
            Listening(host).check()


def test_tls_with_an_own_authority(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    (tmp_path / "cert.pem").write_bytes(b"".join(part.bytes() for part in certificate.cert_chain_pems))
    listening = Listening("127.0.0.1", 0, tmp_path / "cert.pem", tmp_path / "key.pem")
    url, ca = f"sqlite:///{tmp_path / 'central.db'}", str(tmp_path / "ca.pem")
    with running_server(SyntheticTrial(), url, tmp_path / "blobs", listening=listening, ca=ca) as server:
        assert server.url.startswith("https://")
        assert server.client().sync(SyncRequest()).outcome == "ok"
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            httpx.get(server.url + "/status", trust_env=False)
        old = ssl.create_default_context(cafile=ca)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        old.set_ciphers("AES128-SHA:AES256-SHA")
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url + "/status", verify=old, trust_env=False)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_in_the_middle_of_a_push_then_retried_is_exactly_once(
    prepared: ChildServer, tmp_path: Path, kind: str, postgres: Cluster
) -> None:
    """SIGKILL at several moments of one batch; the same bytes again are taken once, none is lost."""
    url = f"sqlite:///{tmp_path / 'central.db'}" if kind == "sqlite" else postgres.emptied_database().app_dsn
    trial = prepared.trial
    code = {"sqlite": "03", "postgresql": "04"}[kind]
    site = trial.add_site(code)
    device, sent = site.devices[0], []
    child = ChildServer(trial, prepared.folder, url)
    child.start()
    client = child.client()
    client.push(statements=site.statements)
    client.close()
    for moment in (0.0, 0.04):
        batch = trial.envelopes(device, 200)
        _kill_during(child, device, batch, moment)
        child.start()
        again = child.client(device)
        answer = again.push(batch)
        assert {item.status for item in answer.items} in ({"stored"}, {"duplicate"})
        sent += batch
        again.close()
    reader = child.client()
    got = [entry for entry in reader.pull(code) if entry.kind == "env"]
    reader.close()
    assert [entry.id for entry in got] == [envelope.env_id for envelope in sent]
    assert [entry.frame.body for entry in got] == [envelope.body for envelope in sent]
    child.stop()


def _kill_during(child: ChildServer, device, batch, moment: float) -> None:  # type: ignore[no-untyped-def]
    """Kills the server `moment` seconds after the last byte of the request has left."""
    from reset_or.base.ids import sha256_hex
    from reset_or.wire import auth
    from reset_or.wire.frames import envelope_frame

    body = messages.encode_request(SyncRequest(envelopes=tuple(envelope_frame(e) for e in batch)))
    gone, nonce = threading.Event(), DeviceClient(child.url, device)
    value = nonce.call("GET", auth.NONCE_PATH, fresh=True).json()["nonce"]
    nonce.close()
    header = auth.sign_request(
        device.key, method="POST", path=messages.PATH, query="", nonce=value, body_sha256=sha256_hex(body)
    )

    def parts() -> Iterator[bytes]:
        yield body[:-1]
        yield body[-1:]
        gone.set()

    def send() -> None:
        try:
            httpx.post(
                child.url + messages.PATH, content=parts(), headers={auth.HEADER: header}, trust_env=False
            )
        except httpx.HTTPError:
            gone.set()

    thread = threading.Thread(target=send)
    thread.start()
    assert gone.wait(30)
    threading.Event().wait(moment)
    child.kill()
    thread.join(30)
