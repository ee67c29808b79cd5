"""A device that costs its machine next to nothing: what it sends was sealed beforehand, what comes is only
counted. For what the server does, where the client's own work would hide it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from reset_or.revisions.envelope import Envelope, seal, sign_envelope
from reset_or.wire.frames import envelope_frame
from reset_or.wire.messages import Cursor, SyncAnswer, SyncRequest
from tests.bench.device import timed
from tests.fakes.server import DeviceClient, cursor_after
from tests.fakes.trial import SyntheticTrial, TrialDevice

BODY = 2048
"""Bytes of plaintext; sealed with its header about what a revision of the other topics has."""


def sealed(trial: SyntheticTrial, device: TrialDevice, count: int) -> list[Envelope]:
    """The next envelopes of a device; one body for all, for a server cannot read it."""
    body = seal(secrets.token_bytes(BODY), trial.recipients[device.site])
    found = []
    for _ in range(count):
        n, prev = device.place(device.site)
        made = sign_envelope(
            device.key,
            study=trial.study,
            site=device.site,
            kind="rev",
            n=n + 1,
            prev=prev,
            epoch=1,
            body=body,
        )
        device.chain[device.site] = (n + 1, made.env_id)
        found.append(made)
    return found


@dataclass
class Caller:
    """`cursor`: the place in its site's feed; None asks for nothing back. `times`: seconds each."""

    client: DeviceClient
    cursor: Cursor | None = None
    times: list[float] = field(default_factory=list)

    def look(self) -> SyncAnswer:
        """A sync with nothing to send."""
        return self._send(SyncRequest(cursors=(self.cursor,) if self.cursor else ()))

    def push(self, envelopes: list[Envelope], batch: int) -> None:
        """All of them in batches; every one must be stored."""
        for start in range(0, len(envelopes), batch):
            frames = tuple(envelope_frame(each) for each in envelopes[start : start + batch])
            answer = self._send(SyncRequest(envelopes=frames))
            assert {item.status for item in answer.items} == {"stored"}

    def pull(self) -> int:
        """How many entries came; the cursor goes on."""
        assert self.cursor is not None
        answer = self.look()
        if answer.sites[0].entries:
            self.cursor = cursor_after(answer, self.cursor.site)
        return len(answer.sites[0].entries)

    def catch_up(self) -> None:
        while self.pull():
            pass

    def _send(self, request: SyncRequest) -> SyncAnswer:
        answers: list[SyncAnswer] = []
        self.times.append(timed(lambda: answers.append(self.client.sync(request))))
        return answers[0]
