"""What those who run the server see of it, from where, and that it is right with several processes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from reset_or.base.errors import UsageError
from reset_or.base.words import Language
from reset_or.central.callers import read_networks
from reset_or.central.meter import Board, Meter, exposition
from reset_or.central.monitoring import Facts
from reset_or.central.options import Options
from reset_or.central.status_page import page
from reset_or.revisions.envelope import Envelope
from tests.fakes.postgres import Cluster
from tests.fakes.server import ChildServer, RunningServer, running_server
from tests.fakes.trial import SyntheticTrial
from tests.reset_or.central.conftest import StartServer
from tests.reset_or.central.exposition import parse, value_of

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def get(server: RunningServer | ChildServer, path: str, **headers: str) -> httpx.Response:
    return httpx.get(server.url + path, headers=headers, trust_env=False, verify=False)


def test_metrics_say_what_happened_and_nothing_of_whom(server: RunningServer) -> None:
    site = server.admit("03")
    device = site.devices[0]
    client = server.client(device)
    batch = server.trial.envelopes(device, 3)
    client.push(batch)
    client.push(batch)
    fork = server.trial.envelopes(device, 5)[4:]
    assert client.push(fork).items[0].status == "need"
    assert client.call("GET", "/v1/blob/" + "a" * 64).status_code == 404
    client.pull("03")
    text = get(server, "/metrics").text
    found = parse(text)
    items = "reset_or_pushed_items_total"
    assert value_of(found, items, status="duplicate", process="1") == 3
    assert value_of(found, items, status="need") == 1
    assert value_of(found, items, status="stored") == 3 + len(site.statements)
    problem = {"route": "blob", "status": "404", "problem": "blob_not_named"}
    assert value_of(found, "reset_or_requests_total", **problem) == 1
    assert value_of(found, "reset_or_pulled_entries_total") >= 3
    assert value_of(found, "reset_or_site_record_bytes", site="03") == weight(batch)
    assert value_of(found, "reset_or_site_newest_entry_age_seconds", site="03") < 3600
    seq = client.pull("03")[-1].seq
    assert value_of(found, "reset_or_site_entries", site="03") == seq
    assert value_of(found, "reset_or_received_bytes_total", route="sync") > weight(batch) * 2
    assert value_of(found, "reset_or_database_up") == 1
    assert value_of(found, "reset_or_photo_store_free_bytes") > 0
    for secret in (device.dev, server.trial.study, batch[0].env_id, "127.0.0.1"):
        assert secret not in text


def weight(batch: list[Envelope]) -> int:
    return sum(len(e.hdr) + len(e.body or b"") for e in batch)


def test_a_photo_counts_once_it_is_whole(start: StartServer) -> None:
    server = start()
    device = server.admit("03").devices[0]
    client, photo = server.client(device), b"age" * 1000
    name = hashlib.sha256(photo).hexdigest()
    client.push([server.trial.envelope(device, blobs=(name,))])
    for _ in range(2):
        query = f"offset=0&length={len(photo)}"
        assert client.call("PUT", f"/v1/blob/{name}", query=query, body=photo).status_code == 200
    found = parse(get(server, "/metrics").text)
    assert value_of(found, "reset_or_photos_finished_total") == 1
    assert value_of(found, "reset_or_site_photos", site="03") == 1
    assert value_of(found, "reset_or_site_photo_bytes", site="03") == len(photo)
    assert value_of(found, "reset_or_received_bytes_total", route="blob") >= len(photo)


def test_one_scrape_tells_the_counts_of_every_process(postgres: Cluster, tmp_path: Path) -> None:
    child = ChildServer(SyntheticTrial(), tmp_path, postgres.emptied_database().app_dsn)
    child.prepare()
    child.start("--workers", "2")
    try:
        for _ in range(20):
            assert get(child, "/v1/nonce").status_code == 200  # each on a connection of its own

        def scraped() -> Iterator[float]:
            while True:
                yield value_of(parse(get(child, "/metrics").text), "reset_or_requests_total", route="nonce")

        assert next(total for total in scraped() if total >= 20) == 20
        found = parse(get(child, "/metrics").text)
        both = {labels["process"] for _, labels, _ in found["reset_or_up_seconds"].samples}
        assert both == {"1", "2"}
        assert len(found["reset_or_database_up"].samples) == 1
        assert get(child, "/status").json()["facts"]["processes"] == 2
    finally:
        assert child.stop() == 0


def test_without_its_database_the_server_still_tells_its_counts(postgres: Cluster, tmp_path: Path) -> None:
    child = ChildServer(SyntheticTrial(), tmp_path, postgres.emptied_database().app_dsn)
    child.prepare()
    child.start()
    try:
        postgres.stop()
        found = parse(get(child, "/metrics").text)
        assert value_of(found, "reset_or_database_up") == 0
        assert "reset_or_site_entries" not in found
        assert get(child, "/status").status_code == 503
        page = get(child, "/status", **BROWSER)
        assert (page.status_code, "Nothing is lost" in page.text) == (503, True)
    finally:
        postgres.start()
        child.stop()


def test_status_says_how_it_does_to_this_machine(server: RunningServer) -> None:
    said = get(server, "/status").json()
    assert (said["v"], said["study"]) == (1, server.trial.study)
    facts = said["facts"]
    kind = server.service.database.engine.dialect.name
    assert (facts["database"], facts["photos"], facts["processes"]) == (kind, "folder", 1)
    assert (facts["in_recovery"], facts["synchronous"], facts["standbys"]) == (False, "", 0)
    assert facts["schema"]
    assert facts["newest_entry_at"] is None
    server.admit("03")
    assert get(server, "/status").json()["facts"]["newest_entry_at"] <= said["at"] + 3_600_000


def test_others_learn_only_that_it_is_there(start: StartServer) -> None:
    server = start(options=Options(monitor_from=read_networks("192.0.2.0/24")))
    assert set(get(server, "/status").json()) == {"v", "study", "version", "at", "grants"}
    assert "PostgreSQL" not in get(server, "/status", **BROWSER).text
    refused = get(server, "/metrics")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("trusted", "cases"),
    [
        ("", [("", True), ("203.0.113.9", False), ("127.0.0.1", False)]),  # a proxy that nobody named
        ("192.0.2.1", [("", True), ("127.0.0.1", False)]),
        (
            "127.0.0.1",
            [
                ("", True),  # somebody on this machine, past the proxy
                ("203.0.113.9", False),
                ("127.0.0.1, 203.0.113.9", False),  # what stands before the proxy's own word is a claim
                ("203.0.113.9, 127.0.0.1", True),
                ("203.0.113.9, ::ffff:127.0.0.1", True),
                ("127.0.0.1, unknown", False),
                ("127.0.0.1,", False),
            ],
        ),
    ],
)
def test_who_comes_through_a_proxy(tmp_path: Path, trusted: str, cases: Sequence[tuple[str, bool]]) -> None:
    options = Options(trust_proxy=read_networks(trusted))
    url = f"sqlite:///{tmp_path / 'central.db'}"
    with running_server(SyntheticTrial(), url, tmp_path / "blobs", options=options) as server:
        for forwarded, sees in cases:
            headers = {"x-forwarded-for": forwarded} if forwarded else {}
            assert get(server, "/metrics", **headers).status_code == (200 if sees else 404), forwarded
            assert ("facts" in get(server, "/status", **headers).json()) is sees, forwarded


def test_of_several_headers_the_last_is_the_proxys(start: StartServer) -> None:
    server = start(options=Options(trust_proxy=read_networks("127.0.0.1"), unsigned_requests_per_minute=2))
    for _ in range(3):  # who claims another address each time is still one caller
        headers = [("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "203.0.113.9")]
        last = httpx.get(server.url + "/v1/nonce", headers=headers, trust_env=False)
    assert last.json()["code"] == "too_many_requests"
    assert get(server, "/v1/nonce", **{"x-forwarded-for": "203.0.113.10"}).status_code == 200
    server.service.ledger.flush()
    with server.service.database.reading() as connection:
        seen = set(connection.exec_driver_sql("SELECT address FROM access_log").scalars())
    assert seen == {"203.0.113.9", "203.0.113.10"}


def test_networks_are_read_or_refused() -> None:
    assert [str(n) for n in read_networks(" 10.0.0.5, 192.168.7.0/24,fd00::/8 ")] == [
        "10.0.0.5/32", "192.168.7.0/24", "fd00::/8",
    ]  # fmt: skip
    assert read_networks("") == ()
    for bad in ("hospital", "10.0.0.5/24", "10.0.0.0-10.0.0.9", "*"):
        with pytest.raises(UsageError, match="address_list"):
            read_networks(bad)


@pytest.mark.parametrize(
    ("said", "tag", "words"),
    [
        ("", "en", "The server is working"),
        ("fr", "en", "The server is working"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "服务器运行正常"),
        ("en;q=0.9,zh;q=0.5", "en", "The server is working"),
        ("zh;q=x", "en", "The server is working"),
    ],
)
def test_a_browser_gets_a_page_in_its_language(
    sqlite_server: RunningServer, said: str, tag: str, words: str
) -> None:
    answer = get(sqlite_server, "/status", **BROWSER, **{"accept-language": said})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == tag
    assert words in answer.text
    assert not re.search(r"<script|<link|<img|https?:|url\(", answer.text)
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'"


def test_a_slot_that_is_being_written_is_told_as_it_was() -> None:
    board = Board(2)
    one, two = Meter(board, 0), Meter(board, 1)
    two.count("pushed_items_total", "stored", by=7)
    two.publish()
    assert value_of(parse(one.text({})), "reset_or_pushed_items_total") == 7
    torn = bytearray(board.get(1))
    torn[-3] ^= 1
    board._memory[(1 << 18) + 8 : (1 << 18) + 8 + len(torn)] = bytes(torn)
    assert board.get(1) == b""
    assert value_of(parse(one.text({})), "reset_or_pushed_items_total") == 7
    board.put(1, b" " * (1 << 18))
    assert board.get(1) == b""
    board.put(1, json.dumps({}).encode())
    assert board.get(1) == b"{}"


def test_labels_are_escaped() -> None:
    ugly = 'a"b\\c\nd'
    found = parse(exposition({}, {"build_info": {(ugly, "1"): 1}}))
    assert found["reset_or_build_info"].samples[0][1] == {"version": ugly, "schema": "1"}


@pytest.mark.parametrize(("language", "words"), [("en", "cannot store anything"), ("zh", "无法保存数据")])
def test_the_page_over_a_standby_does_not_say_that_all_is_well(language: Language, words: str) -> None:
    facts = Facts("0002", "postgresql", True, "", 0, "s3", None, None, 1, 2, 90_061)
    said = page(language, study="A<b>", version="1", now=0, facts=facts).body
    assert isinstance(said, bytes)
    assert words in said.decode().partition("</h1>")[0]
    assert b"A&lt;b&gt;" in said
