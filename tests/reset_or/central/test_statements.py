"""Statements in the feeds: who may push them, which feeds they stand in, and that they hold at once."""

from __future__ import annotations

import pytest

from reset_or.revisions.statements import Statement
from reset_or.wire.frames import read_statement_frame
from reset_or.wire.messages import Cursor, SyncRequest
from tests.fakes.server import ProblemAnswer, RunningServer
from tests.fakes.trial import TrialDevice, TrialPerson
from tests.reset_or.central.conftest import StartServer


def statements_of(server: RunningServer, site: str) -> list[Statement]:
    entries = server.client().pull(site)
    return [read_statement_frame(entry.frame) for entry in entries if entry.kind == "stmt"]


def test_a_granted_device_is_admitted_at_once(start: StartServer) -> None:
    server = start()
    site = server.trial.add_site("03")
    client = server.client(site.devices[0])
    with pytest.raises(ProblemAnswer, match="device_not_admitted") as refused:
        client.sync(SyncRequest(cursors=(Cursor("03"),)))
    assert refused.value.status == 403
    answer = server.client().push(statements=site.statements)
    assert [item.status for item in answer.items] == ["stored"] * 3
    assert client.sync(SyncRequest(cursors=(Cursor("03"),))).outcome == "ok"


def test_a_sites_feed_holds_what_concerns_it(server: RunningServer) -> None:
    early = server.trial.grant_person(TrialPerson("dm", "data_manager", "00"))
    server.client().push(statements=[early])
    site = server.admit("03")
    late = server.trial.statement(
        "policy", "*", ver=2, centre=str(server.trial.centre.to_public()),
        escrow=str(server.trial.escrow.to_public()), min_v=1,
    )  # fmt: skip
    server.client().push(statements=[late])
    other = server.admit("04")
    assert statements_of(server, "03") == [early, *site.statements, late]
    assert statements_of(server, "04") == [early, late, *other.statements]
    assert statements_of(server, "00") == [early, late]


def test_a_whole_site_arrives_in_one_request(server: RunningServer) -> None:
    early = server.trial.grant_person(TrialPerson("dm", "data_manager", "00"))
    site = server.trial.add_site("03", devices=2)
    answer = server.client().push(statements=[early, *site.statements])
    assert {item.status for item in answer.items} == {"stored"}
    assert statements_of(server, "03") == [early, *site.statements]


def test_a_repeated_statement_is_a_duplicate(server: RunningServer) -> None:
    site = server.admit("03")
    answer = server.client().push(statements=[*site.statements, *server.trial.statements])
    assert {item.status for item in answer.items} == {"duplicate"}
    places = [item.receipt for item in answer.items]
    assert places[: len(site.statements)] == [0] * len(site.statements)
    assert places[len(site.statements) :] == [None] * len(server.trial.statements)
    assert statements_of(server, "03") == list(site.statements)


def test_statements_that_may_not_be_said_are_refused(server: RunningServer) -> None:
    trial = server.trial
    site = server.admit("03")
    surgeon = site.people["zhang"]
    unsigned = trial.grant_person(TrialPerson("wang", "or_nurse", "03"))
    refused = {
        "statement_not_allowed": trial.grant(trial.admin.key, "server", "00", "server", b"k" * 32),
        "statement_unknown_issuer": trial.grant(TrialDevice("03").key, "device", "03", "a" * 64, b"k" * 32),
        "bad_signature": Statement(**(vars(unsigned) | {"sig": bytes(64)})),
        "statement_older": trial.statement("epoch", "03", epoch=1, pub=str(trial.centre.to_public())),
    }
    answer = server.client().push(statements=list(refused.values()))
    assert [(item.status, item.problem) for item in answer.items] == [("refused", "statement_refused")] * len(
        refused
    )
    assert [item.why for item in answer.items] == list(refused)
    by_surgeon = trial.grant(surgeon.key, "person", "03", "li", b"k" * 32, "surgeon")
    answer = server.client().push(statements=[by_surgeon])
    assert (answer.items[0].status, answer.items[0].why) == ("refused", "statement_not_allowed")
    assert statements_of(server, "03") == list(site.statements)


def test_a_good_statement_after_a_bad_one_is_taken(server: RunningServer) -> None:
    site = server.trial.add_site("03")
    bad = server.trial.statement("epoch", "00", epoch=1, pub=str(server.trial.centre.to_public()))
    answer = server.client().push(statements=[bad, *site.statements])
    assert [item.status for item in answer.items] == ["refused"] + ["stored"] * len(site.statements)


def test_a_revoked_device_is_shown_the_door(server: RunningServer) -> None:
    site = server.admit("03")
    server.client().push(statements=[server.trial.revoke_device(site.devices[0])])
    with pytest.raises(ProblemAnswer, match="device_revoked"):
        server.client(site.devices[0]).sync(SyncRequest())


def test_statements_come_before_the_envelopes_of_the_same_request(server: RunningServer) -> None:
    site = server.trial.add_site("03")
    keys = server.trial.envelope(server.trial.centre_device, site="03")
    answer = server.client().push([keys], statements=site.statements)
    assert [item.status for item in answer.items] == ["stored"] * 4
