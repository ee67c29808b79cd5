"""The server's address: one place, and changed only for a server that the study vouches for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from reset_or.actions import relaying
from reset_or.actions.installation import read_installation
from reset_or.actions.servers import set_server
from reset_or.base.errors import ResetOrError
from reset_or.central import command
from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.central.relay import RelayKeys, open_relay
from reset_or.cli import shared
from reset_or.cli.main import main
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import read_trial
from reset_or.workspace.settings import load_settings
from tests.fakes.server import running_server, serving
from tests.fakes.trial import SyntheticTrial
from tests.fakes.workstations import STUDY, Ground, Station, measure, register

PASSPHRASE = "eight quiet rivers of the hospital"


def refused(station: Station, url: str) -> str:
    """The error's code; the old address is still there."""
    before = station.ctx.server_url
    with pytest.raises(ResetOrError) as caught:
        set_server(station.ctx, url=url)
    assert station.ctx.server_url == read_installation(station.ctx.store).server_url == before
    return caught.value.code


@contextmanager
def relay_of(ground: Ground, folder: Path) -> Iterator[str]:
    """The relay that `centre add-relay` made the keys of, forwarding by itself."""
    trial = read_trial((folder / "trial.json").read_bytes())
    keys = RelayKeys(
        *command.read_keys((folder / "relay.age").read_bytes(), PASSPHRASE, 2, "relay_key_unreadable")
    )
    service = open_relay(
        trial, keys, Database(f"sqlite:///{folder / 'relay.db'}"), FolderStore(folder / "photos"),
        HttpTransport(ground.url), every_s=0.2, clock=ground.clock,
    )  # fmt: skip
    assert service.relay is not None
    service.relay.greet()
    with serving(service) as url:
        yield url


def add_relay(ground: Ground, folder: Path) -> None:
    admin = ground.admin()
    relaying.add_relay(admin.ctx, transport=admin.transport, site="03", folder=folder, passphrase=PASSPHRASE)


def test_the_same_server_by_another_name_is_taken_and_syncs_go_there(ground: Ground) -> None:
    (station,) = ground.workstations(["zhang"])
    again = ground.url.replace("127.0.0.1", "localhost")
    set_server(station.ctx, url=again)
    assert station.workspace.server_url == read_installation(station.ctx.store).server_url == again
    register(station, "03-0001")
    assert station.workspace.sync_now().complete
    station.reopen()
    assert station.workspace.server_url == again


def test_a_server_that_is_not_the_study_s_is_named_and_the_old_one_stays(
    ground: Ground, tmp_path: Path
) -> None:
    (station,) = ground.workstations(["zhang"])
    for study, code in (("OTHER", "server_other_study"), (STUDY, "server_not_vouched")):
        trial, url = SyntheticTrial(study=study), f"sqlite:///{tmp_path / study}.db"
        with running_server(trial, url, tmp_path / f"{study}-blobs") as server:
            assert refused(station, server.url) == code
    assert refused(station, "http://127.0.0.1:9") == "server_unreachable"
    assert refused(station, "http://server.example") == "server_needs_tls"
    assert refused(station, "nonsense") == "server_url_wrong"


class Portal(BaseHTTPRequestHandler):
    """Says what the study's own server would say to anybody, and holds no key."""

    said: bytes = b""

    def do_GET(self) -> None:
        body = self.said if self.path == "/status" else b'{"nonce":"1a.2b","at":1}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


def test_a_stranger_that_repeats_the_server_s_words_is_not_taken(ground: Ground) -> None:
    (station,) = ground.workstations(["zhang"])
    said = HttpTransport(ground.url)
    from reset_or.wire.transport import Call

    Portal.said = said.send(Call("GET", "/status")).untrusted_body
    said.close()
    portal = HTTPServer(("127.0.0.1", 0), Portal)
    thread = threading.Thread(target=portal.serve_forever)
    thread.start()
    try:
        assert refused(station, f"http://127.0.0.1:{portal.server_port}") == "server_not_ours"
    finally:
        portal.shutdown()
        thread.join(30)
        portal.server_close()


def test_a_computer_goes_over_to_its_hospital_s_relay_without_asking_the_centre_first(
    ground: Ground, tmp_path: Path
) -> None:
    """It has heard nothing of the relay: who vouches for it comes from the relay, judged from the root."""
    (station,) = ground.workstations(["zhang"])
    (away,) = ground.workstations(["li"], site="04")
    add_relay(ground, tmp_path / "relay")
    with relay_of(ground, tmp_path / "relay") as url:
        assert refused(away, url) == "server_not_vouched"
        set_server(station.ctx, url=url)
        case = register(station, "03-0001")
        measure(station, case, "distal", 41)
        admin, store = ground.admin(), station.ctx.store
        own = {row.env_id for row in store.held("03", station.ctx.device.dev, 0, 100)}
        while not own <= set(ground.on_server()):  # the relay forwards by itself
            assert station.workspace.sync_now().problem == ""
        admin.good_sync()
        assert admin.ctx.store.record(case) is not None
        revoked = relaying.revoke_relay(admin.ctx, transport=admin.transport, site="03")
        assert revoked.keys == 2
        set_server(station.ctx, url=ground.url)
        assert station.workspace.sync_now().problem == ""
        assert refused(station, url) == "server_key_revoked"


def test_a_computer_whose_invitation_is_older_than_the_relay_enrols_through_it(
    ground: Ground, tmp_path: Path
) -> None:
    (code,) = ground.codes("03")
    add_relay(ground, tmp_path / "relay")
    direct = ground.url
    with relay_of(ground, tmp_path / "relay") as url:
        ground.url = url
        station = ground.enrol(code, ["zhang"], "03-zhang")
        ground.url = direct
        assert {asking.state for asking in ground.admit("03")} == {"admitted"}
        while station.workspace.sync_now().waiting_for_admission:
            pass  # the relay asks the centre by itself
        register(station, "03-0001")
        assert station.workspace.sync_now().problem == ""


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"site": "00"}, "site_pattern"),
        ({"site": "07"}, "site_not_begun"),
        ({"passphrase": "short"}, "password_too_short"),
        ({"folder": "taken"}, "relay_exists"),
    ],
)
def test_a_relay_that_cannot_be_is_refused(
    ground: Ground, tmp_path: Path, said: dict[str, str], code: str
) -> None:
    admin = ground.admin()
    ground.codes("03")
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "relay.age").touch()
    asked = {"site": "03", "passphrase": PASSPHRASE, "folder": "new"} | said
    with pytest.raises(ResetOrError) as caught:
        relaying.add_relay(
            admin.ctx, transport=admin.transport, site=asked["site"], folder=tmp_path / asked["folder"],
            passphrase=asked["passphrase"],
        )  # fmt: skip
    assert caught.value.code == code
    assert not (tmp_path / "new").exists()
    with pytest.raises(ResetOrError) as caught:
        relaying.revoke_relay(admin.ctx, transport=admin.transport, site="03")
    assert caught.value.code == "relay_not_there"


def test_settings_by_command(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (station,) = ground.workstations(["zhang"])
    station.workspace.lock()
    monkeypatch.setattr(shared, "key_store_of", lambda _args: station.keys)
    secret = tmp_path / "zhang.pw"
    secret.write_text(station.password, encoding="utf-8")

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        person = ("--home", str(station.home.root), "--user", "zhang", "--password-file", str(secret))
        code = main(["settings", *words, "--json", *person])
        found = json.loads(capsys.readouterr().out)
        assert isinstance(found, dict)
        return code, found

    code, found = run()
    assert (code, found.pop("tower")["on"]) == (0, False)
    assert found == {
        "study": STUDY, "site": "03", "site_name": "", "server": ground.url, "photo_kbit_s": 0, "camera": "",
    }  # fmt: skip
    again = ground.url.replace("127.0.0.1", "localhost")
    code, found = run("--server", again, "--photo-kbit-s", "500")
    assert (code, found["server"], found["photo_kbit_s"]) == (0, again, 500)
    assert load_settings(station.home).photo_kbit_s == 500
    code, found = run("--server", "http://127.0.0.1:9")
    assert (code, found["error"]) == (3, "server_unreachable")
    assert run()[1]["server"] == again
    assert run("--ca", "x.pem")[1]["error"] == "ca_without_server"
    assert run("--photo-kbit-s", "-1")[1]["error"] == "photo_speed_negative"
    station.unlock("zhang", station.password)
