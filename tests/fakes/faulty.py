"""A transport that fails as networks do, by a seeded plan, around the real one."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from reset_or.base.errors import EnvironmentTrouble
from reset_or.wire.transport import Call, Reply, Transport

Into = Callable[[Reply], Callable[[bytes], None] | None]
PORTAL = b"<html><body>Welcome to Hospital Wi-Fi</body></html>"
FAULTS = ("before", "after", "torn", "portal", "gateway", "wrong_nonce")


@dataclass
class Around:
    """Passes on whatever the real way to the server says; a base for those that listen or fail."""

    inner: Transport

    @property
    def nonce(self) -> str:
        return self.inner.nonce

    @nonce.setter
    def nonce(self, value: str) -> None:
        self.inner.nonce = value

    def send(self, call: Call) -> Reply:
        return self.inner.send(call)

    def close(self) -> None:
        self.inner.close()


@dataclass
class FaultyTransport(Around):
    """`rate`: of 100 calls, how many fail. `spoil` may change a reply's body. `seen`: bytes both ways."""

    random: random.Random
    rate: int = 0
    spoil: Callable[[bytes], bytes] | None = None
    stop_after: int | None = None
    calls: list[Call] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)

    def send(self, call: Call) -> Reply:
        self.calls.append(call)
        if self.stop_after is not None and len(self.calls) > self.stop_after:
            raise EnvironmentTrouble("server_unreachable", reason="connect")
        fault = self.random.choice(FAULTS) if self.random.randrange(100) < self.rate else ""
        if fault == "before":
            raise EnvironmentTrouble("server_unreachable", reason="connect")
        if fault == "portal":
            return Reply(200, {"content-type": "text/html"}, PORTAL)
        if fault == "gateway":
            return Reply(502, {"content-type": "text/html"}, PORTAL)
        if fault == "wrong_nonce":
            self.inner.nonce = "1.00"
        reply = self.inner.send(replace(call, into=self._watched(call.into)) if call.into else call)
        self.seen += [sent_by(call), reply.untrusted_body]
        if fault == "after":
            raise EnvironmentTrouble("server_unreachable", reason="cut")
        if fault == "torn":
            return replace(reply, untrusted_body=reply.untrusted_body[: len(reply.untrusted_body) // 2])
        return replace(reply, untrusted_body=self.spoil(reply.untrusted_body)) if self.spoil else reply

    def _watched(self, into: Into) -> Into:
        """A reply that is taken as it comes is seen as well."""

        def look(head: Reply) -> Callable[[bytes], None] | None:
            take = into(head)
            if take is None:
                return None

            def taken(data: bytes) -> None:
                self.seen.append(data)
                take(data)

            return taken

        return look


def sent_by(call: Call) -> bytes:
    """The body of a request, also one that was read from a file."""
    return call.body if isinstance(call.body, bytes) else b"".join(call.body.chunks())
