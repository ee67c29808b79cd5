"""What a server that holds its own key could answer: each lie changes one real answer.

`tests.fakes.central.Line` tells them by name. None may be believed for longer than it lasts.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from reset_or.central.feed import newest_feed
from reset_or.revisions import receipts
from reset_or.revisions.receipts import SiteHead, sign_head
from reset_or.wire import frames, messages
from reset_or.wire.messages import Entry, SiteAnswer

if TYPE_CHECKING:
    from tests.fakes.central import Central

Spoil = Callable[["Central", random.Random, bytes], bytes]


def flip_bit(_central: Central, dice: random.Random, answer: bytes) -> bytes:
    """One bit anywhere: torn or foreign for the client, never taken."""
    changed = bytearray(answer)
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def change_field(_central: Central, dice: random.Random, answer: bytes) -> bytes:
    """One value of the answer's head, of its own type."""
    head, rest = frames.split_head(answer, most=1 << 20)
    value = json.loads(head)
    places = list(_leaves(value))
    holder, name = dice.choice(places)
    holder[name] = _another(dice, holder[name])
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return len(text).to_bytes(4, "big") + text + rest


def change_frame(_central: Central, dice: random.Random, answer: bytes) -> bytes:
    """A byte of a header, a signature or a body that an entry carries."""
    return _with_entries(answer, lambda entries: [_spoilt(dice, each) for each in entries])


def swap_frames(_central: Central, dice: random.Random, answer: bytes) -> bytes:
    """The bytes of one entry under the name of another."""

    def swap(entries: list[Entry]) -> list[Entry]:
        order = list(range(len(entries)))
        dice.shuffle(order)
        return [replace(each, frame=entries[at].frame, has_body=entries[at].has_body)
                for each, at in zip(entries, order, strict=True)]  # fmt: skip

    return _with_entries(answer, swap)


def leave_out(_central: Central, dice: random.Random, answer: bytes) -> bytes:
    """An entry from the middle, as if it had never been there."""
    return _with_entries(
        answer, lambda entries: [e for i, e in enumerate(entries) if i != dice.randrange(len(entries))]
    )


def leave_out_bodies(_central: Central, _dice: random.Random, answer: bytes) -> bytes:
    return _with_entries(
        answer, lambda all_: [replace(e, frame=replace(e.frame, body=b""), has_body=False) for e in all_]
    )


def withhold(central: Central, dice: random.Random, answer: bytes) -> bytes:
    """The end of the feed is kept back, and the server signs the shorter head: a lie that holds together."""
    said = messages.decode_answer(answer)
    return messages.encode_answer(
        replace(said, more=False, sites=tuple(_shorter(central, dice, site) for site in said.sites))
    )


def claim_rolled_back(_central: Central, _dice: random.Random, answer: bytes) -> bytes:
    """Pretends to have lost everything."""
    said = messages.decode_answer(answer)
    sites = tuple(
        replace(site, entries=(), more=False, common=(messages.Cursor(site.site),)) for site in said.sites
    )
    return messages.encode_answer(
        replace(said, outcome="rolled_back", items=(), sites=sites, receipts=(), more=False)
    )


def claim_behind(_central: Central, _dice: random.Random, answer: bytes) -> bytes:
    said = messages.decode_answer(answer)
    return messages.encode_answer(replace(said, outcome="behind", items=()))


def claim_stored(_central: Central, _dice: random.Random, answer: bytes) -> bytes:
    """Every item "stored", without a receipt that says so."""
    said = messages.decode_answer(answer)
    items = tuple(replace(item, status="stored", problem="", why="", receipt=None) for item in said.items)
    return messages.encode_answer(replace(said, items=items))


def refuse(_central: Central, dice: random.Random, answer: bytes) -> bytes:
    said = messages.decode_answer(answer)
    problem = dice.choice(["device_signature_wrong", "quota_device", "site_not_allowed", "erased_by_order"])
    items = tuple(replace(item, status="refused", problem=problem, receipt=None) for item in said.items)
    return messages.encode_answer(replace(said, items=items))


HOSTILE: Final[dict[str, Spoil]] = {
    each.__name__: each
    for each in (
        flip_bit, change_field, change_frame, swap_frames, leave_out, leave_out_bodies, withhold,
        claim_rolled_back, claim_behind, claim_stored, refuse,
    )
}  # fmt: skip
"""What a server that holds its own key could answer. None of it may be believed for longer than it lasts."""


def _with_entries(answer: bytes, change: Callable[[list[Entry]], list[Entry]]) -> bytes:
    said = messages.decode_answer(answer)
    sites = tuple(
        replace(site, entries=tuple(change(list(site.entries)))) if site.entries else site
        for site in said.sites
    )
    return messages.encode_answer(replace(said, sites=sites))


def _shorter(central: Central, dice: random.Random, site: SiteAnswer) -> SiteAnswer:
    if not site.entries:
        return site
    kept = site.entries[: dice.randrange(len(site.entries))]
    seq = kept[-1].seq if kept else site.entries[0].seq - 1
    row = next((each for each in central.feed(site.site) if each.seq == seq), None)
    feed_hash, at = (row.feed_hash, row.received_ms) if row else (receipts.GENESIS, 0)
    with central.service.database.reading() as connection:
        feed = newest_feed(connection)
    head = SiteHead(feed, site.site, seq, feed_hash, max(at, central.clock.now_at()))
    return replace(site, entries=kept, more=False, head=sign_head(central.trial.server, head))


def _spoilt(dice: random.Random, entry: Entry) -> Entry:
    parts = {"hdr": entry.frame.hdr, "sig": entry.frame.sig, "body": entry.frame.body}
    name = dice.choice([name for name, value in parts.items() if value])
    changed = bytearray(parts[name])
    changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return replace(entry, frame=replace(entry.frame, **{name: bytes(changed)}))


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)):
            yield from _leaves(inner)
        else:
            yield value, name


def _another(dice: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return max(0, value + dice.choice([-1, 1, 7, 1 << 40]))
    place = dice.randrange(len(value) + 1)
    return value[:place] + dice.choice("0123456789abcdef") + value[place + dice.randrange(2) :]
