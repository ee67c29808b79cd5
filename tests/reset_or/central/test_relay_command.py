"""`reset-or-central relay` as a hospital's IT starts it: what it needs, and how it says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reset_or.base.words import LANGUAGES
from reset_or.central import command
from reset_or.central.monitoring import Facts, RelayFacts
from reset_or.central.relay import RelayKeys
from reset_or.central.status_page import page
from reset_or.wire.server_status import decode_status, vouched
from reset_or.wire.trial_file import encode_trial
from tests.fakes.quick_age import seal_with_passphrase
from tests.fakes.server import ChildServer, RunningServer
from tests.fakes.trial import SyntheticTrial, TrialDevice, TrialSite
from tests.reset_or.central.exposition import parse, value_of

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
Fails = Callable[..., tuple[int, str]]


def write_files(folder: Path, trial: SyntheticTrial, site: TrialSite, keys: RelayKeys) -> None:
    """What `reset-or centre add-relay` gives to the hospital."""
    folder.mkdir(parents=True, exist_ok=True)
    said = replace(trial.file(), statements=(*trial.file().statements, *site.statements))
    (folder / "trial.json").write_bytes(encode_trial(said))
    pem = b"".join(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        for key in (keys.server, keys.device)
    )
    (folder / "relay.age").write_bytes(seal_with_passphrase(pem, "open sesame"))
    (folder / "passphrase").write_text("open sesame\n", encoding="utf-8")


def site_with_relay(server: RunningServer, code: str = "03") -> tuple[TrialSite, RelayKeys]:
    site = server.trial.add_site(code, devices=1)
    keys, said = server.trial.add_relay(code)
    site = replace(site, statements=(*site.statements, *said))
    server.client().push(statements=site.statements)
    return site, keys


def words(folder: Path, upstream: str, *more: str) -> list[str]:
    said = {
        "--trial": "trial.json",
        "--key": "relay.age",
        "--passphrase-file": "passphrase",
        "--data": "data",
    }
    files = [part for name, file in said.items() for part in (name, str(folder / file))]
    return ["relay", *files, "--upstream", upstream, "--port", "0", "--every", "3600", "--json", *more]


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Fails:
    """(exit code, error) of a relay that does not start."""

    def run(*said: str) -> tuple[int, str]:
        code = command.main(list(said))
        return code, str(json.loads(capsys.readouterr().out)["error"])

    return run


class ChildRelay(ChildServer):
    """A relay in a process of its own."""

    def command(self, *said: str) -> list[str]:
        return [*super().command(), *words(self.folder, self.database_url)]


def status(child: ChildServer) -> dict[str, object]:
    found = httpx.get(f"{child.url}/status", trust_env=False).json()["facts"]["relay"]
    assert isinstance(found, dict)
    return found


def test_a_relay_starts_from_an_empty_folder_forwards_at_once_and_goes_on_without_the_centre(
    sqlite_server: RunningServer, tmp_path: Path
) -> None:
    """By itself it would come once an hour: what is brought wakes it."""
    server = sqlite_server
    site, keys = site_with_relay(server)
    write_files(tmp_path, server.trial, site, keys)
    child = ChildRelay(server.trial, tmp_path, server.url)
    child.start()
    try:
        device, sent = site.devices[0], server.trial.envelopes(site.devices[0], 3)
        child.client(device).push(sent)
        while status(child)["records_waiting"]:
            pass
        assert [e.id for e in server.client(device).pull("03") if e.kind == "env"] == [e.env_id for e in sent]
        who = decode_status(httpx.get(f"{child.url}/status", trust_env=False).content)
        new = vouched(who, server.trial.file().directory(), "03")
        assert [grant.body["subj_id"] for grant in new] == ["relay"]
        stranger = child.client(server.trial.centre_device)
        assert stranger.call("POST", "/v1/sync").status_code in (401, 403)
    finally:
        assert child.stop() == 0
    away = ChildRelay(server.trial, tmp_path, "http://127.0.0.1:9")
    away.start()
    try:
        late = server.trial.envelopes(device, 2)
        away.client(device).push(late)
        while not status(away)["problem"]:
            pass
        said = status(away)
        assert (said["problem"], said["records_waiting"]) == ("server_unreachable", 2)
        assert isinstance(said["oldest_waiting_at"], int)
        found = parse(httpx.get(f"{away.url}/metrics", trust_env=False).text)
        assert value_of(found, "reset_or_relay_records_waiting") == 2
        assert value_of(found, "reset_or_relay_problem", problem="server_unreachable") == 1
        assert value_of(found, "reset_or_relay_contact_age_seconds") >= 0
        assert "does not answer it" in httpx.get(f"{away.url}/status", headers=BROWSER, trust_env=False).text
    finally:
        assert away.stop() == 0


def test_what_keeps_a_relay_from_starting_is_named(
    sqlite_server: RunningServer, tmp_path: Path, fails: Fails
) -> None:
    server, stranger = sqlite_server, SyntheticTrial()
    site, keys = site_with_relay(server)
    other, other_keys = site_with_relay(server, "04")
    write_files(tmp_path, server.trial, site, keys)
    write_files(tmp_path / "other", server.trial, other, other_keys)
    good = words(tmp_path, server.url)
    nowhere = words(tmp_path, "http://127.0.0.1:9")
    assert fails(*nowhere) == (3, "relay_needs_centre")
    assert fails(*good, "--key", str(tmp_path / "other" / "relay.age")) == (3, "relay_key_unknown")
    child = ChildServer(server.trial, tmp_path / "central")
    child.prepare()
    assert fails(*good, "--key", str(tmp_path / "central" / "server.age")) == (1, "relay_key_unreadable")
    assert fails(*good, "--workers", "2") == (2, "relay_one_process")
    assert fails(*good, "--host", "0.0.0.0") == (2, "plain_http_off_loopback")
    assert fails(*words(tmp_path, "http://centre.example")) == (1, "server_needs_tls")
    unknown, said = stranger.add_relay("03")
    missing = stranger.add_site("03")
    missing = replace(missing, statements=(*missing.statements, *said))
    write_files(tmp_path / "stranger", stranger, missing, unknown)
    assert fails(*words(tmp_path / "stranger", server.url)) == (3, "relay_not_known")


def test_a_relay_keeps_to_its_hospital_and_ends_when_its_keys_are_taken_back(
    sqlite_server: RunningServer, tmp_path: Path, fails: Fails
) -> None:
    server = sqlite_server
    site, keys = site_with_relay(server)
    other, other_keys = site_with_relay(server, "04")
    write_files(tmp_path, server.trial, site, keys)
    write_files(tmp_path / "other", server.trial, other, other_keys)
    child = ChildRelay(server.trial, tmp_path, server.url)
    child.start()
    assert child.stop() == 0
    taken = words(tmp_path / "other", server.url, "--data", str(tmp_path / "data"))
    assert fails(*taken) == (3, "relay_other_site")
    server.client().push(statements=[server.trial.revoke_device(TrialDevice("03", keys.device))])
    assert fails(*words(tmp_path, server.url)) == (1, "relay_revoked")
    fresh = words(tmp_path, server.url, "--data", str(tmp_path / "fresh"))
    assert fails(*fresh) == (1, "relay_revoked")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("problem", ["", "server_unreachable", "device_not_admitted", "relay_revoked"])
def test_the_page_of_a_relay_says_how_far_it_is_behind(language: str, problem: str) -> None:
    relay = RelayFacts("03", 2, 1, 1_770_000_000_000, 1_770_000_100_000, problem)
    facts = Facts("0003", "sqlite", False, "", 0, "folder", None, None, 1, 1, 60, relay)
    text = bytes(
        page(
            "zh" if language == "zh" else "en", study="RESET", version="1", now=1_770_000_200_000, facts=facts
        ).body
    ).decode("utf-8")
    assert "2026-02-02 02:40:00 UTC" in text
    alone = {"en": "the centre does not answer it", "zh": "未得到数据中心应答"}[language]
    withdrawn = {"en": "took this relay&#x27;s keys back", "zh": "已撤销该中转服务器的密钥"}[language]
    assert (alone in text) == (problem not in ("", "relay_revoked"))
    assert (withdrawn in text) == (problem == "relay_revoked")
