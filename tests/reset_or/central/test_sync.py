"""Pushing and fetching over real sockets, on both databases: order, receipts, retries, forks, rights."""

from __future__ import annotations

from reset_or.wire.frames import read_envelope_frame
from reset_or.wire.messages import Cursor
from tests.fakes.server import RunningServer


def test_what_one_device_pushes_another_fetches(server: RunningServer) -> None:
    site = server.admit(devices=2)
    first, second = (server.client(device) for device in site.devices)
    sent = server.trial.envelopes(site.devices[0], 3)
    answer = first.push(sent, cursors=[Cursor("03")])
    assert [item.status for item in answer.items] == ["stored"] * 3
    assert {item.receipt for item in answer.items} == {answer.items[0].receipt}
    got = [entry for entry in second.pull("03") if entry.kind == "env"]
    assert [entry.id for entry in got] == [envelope.env_id for envelope in sent]
    assert [read_envelope_frame(entry.frame) for entry in got] == sent
