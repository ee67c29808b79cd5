"""Ways to spoil bytes, canonical JSON, frames and HTTP; each gives what a hostile caller sends."""

from __future__ import annotations

import gzip
import json
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

from reset_or.revisions.canonical import canon

Dice = random.Random
_MARK = "@@here@@"
_LENGTHS = (0, 1, 63, 64, 4095, 65535, 65536, 65537, 262144, 262145, 2**31 - 1, 2**31, 2**32 - 1)
_WORDS: tuple[bytes, ...] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e9", b"1.0", b"-0", b"-1", b"0", b"null", b"true", b"{}", b"[]",
    b'""', b'"\\ud800"', b'"\\u0000"', b'"\xed\xa0\x80"', b'"\xff"', b'"e\xcc\x81"', b'"\xe2\x80\xae"',
    b"18446744073709551616", b"9007199254740992", b"9007199254740993", b"9223372036854775807", b"007",
    b"9" * 20, b"9" * 5000, b"[" * 9 + b"]" * 9, b"[" * 1000 + b"]" * 1000, b"[" * 50_000, b'{"a":' * 2000,
    b'"' + b"a" * 60_000 + b'"', b'"\'; DROP TABLE entry; --"', b'"=HYPERLINK(0)"', b'"../../etc/passwd"',
)  # fmt: skip


def spoil_bytes(dice: Dice, data: bytes) -> bytes:
    """One or a few changes anywhere; never the same bytes again, except of nothing."""
    spoilt = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 8))):
        at = dice.randrange(len(spoilt) + 1)
        act = dice.randrange(7)
        if act == 0 and at < len(spoilt):
            spoilt[at] ^= 1 << dice.randrange(8)
        elif act == 1:
            del spoilt[at:]
        elif act == 2:
            spoilt[at:at] = dice.randbytes(dice.choice((1, 2, 64, 5000)))
        elif act == 3:
            del spoilt[at : at + dice.choice((1, 2, 64))]
        elif act == 4:
            spoilt[at : at + 4] = struct.pack(">I", dice.choice(_LENGTHS))
        elif act == 5:
            spoilt += spoilt[at : at + 1000] or b"\0"
        else:
            spoilt[at : at + 8] = dice.choice((b"\0" * 8, b"\xff" * 8, b"\r\n\r\n", b'"},{"', b"\xc3\x28"))
    return bytes(spoilt)


def spoil_json(dice: Dice, data: bytes) -> bytes:
    """Canonical JSON that is canonical no more, or says something no caller of ours says."""
    value = json.loads(data)
    act = dice.randrange(10)
    if act < 5:
        return _put(dice, value, dice.choice(_WORDS))
    if act == 5:
        key = dice.choice(sorted(value))
        return data[:-1] + b"," + canon({key: value[key]})[1:]
    if act == 6:
        return canon({key: inner for key, inner in value.items() if key != dice.choice(sorted(value))})
    if act == 7:
        return canon(value | {dice.choice(("a", "zz", "v.", "__proto__" + "0", "x" * 128)): "extra"})
    return dice.choice(_WRITINGS)(value)


_WRITINGS: tuple[Callable[[Any], bytes], ...] = (
    lambda value: json.dumps(value).encode(),
    lambda value: json.dumps(value, indent=1).encode(),
    lambda value: canon(value) + b"\n",
    lambda value: b"\xef\xbb\xbf" + canon(value),
    lambda value: canon(value).decode().encode("utf-16"),
    lambda value: json.dumps(dict(reversed(value.items())), separators=(",", ":")).encode(),
    lambda value: json.dumps({k.upper(): v for k, v in value.items()}, separators=(",", ":")).encode(),
    lambda value: canon({"a": [value]}),
    lambda _: b"[]",
    lambda _: b"",
    lambda _: b"[" * 60_000,
)


def _put(dice: Dice, value: dict[str, Any], word: bytes) -> bytes:
    """The object with a word in the place of one of its values, however deep."""
    at: Any = value
    while True:
        key = dice.choice(sorted(at)) if isinstance(at, dict) else dice.randrange(len(at))
        if isinstance(at[key], (dict, list)) and at[key] and dice.random() < 0.7:
            at = at[key]
            continue
        at[key] = _MARK
        return canon(value).replace(f'"{_MARK}"'.encode(), word)


def spoil_message(dice: Dice, data: bytes) -> bytes:
    """A message `u32 length | head | frames` with a spoilt head under a right length, or spoilt anywhere."""
    (length,) = struct.unpack_from(">I", data)
    head, rest = data[4 : 4 + length], data[4 + length :]
    act = dice.randrange(5)
    if act < 2:
        head = spoil_json(dice, head)
        return struct.pack(">I", len(head)) + head + rest
    if act == 2 and rest:
        return data[: 4 + length] + spoil_bytes(dice, rest)
    if act == 3:
        return struct.pack(">I", dice.choice(_LENGTHS)) + head + rest
    return spoil_bytes(dice, data)


def chunked(dice: Dice, body: bytes) -> bytes:
    """The body as chunks; now and then not quite."""
    parts, at = [], 0
    while at < len(body):
        size = dice.randint(1, max(1, len(body) // 3))
        parts.append(b"%x\r\n%s\r\n" % (len(body[at : at + size]), body[at : at + size]))
        at += size
    return b"".join([*parts, b"0\r\n\r\n"])


BROKEN_CHUNKS = (b"zz\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabc", b"3;x=" + b"y" * 70_000)
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "deflate": zlib.compress, "br": lambda data: data, "x" * 3000: lambda data: data,
    "gzip, gzip": lambda data: gzip.compress(gzip.compress(data)),
}  # fmt: skip
BOMB = gzip.compress(bytes(40 << 20))
"""40 MiB of nothing in 40 kB."""
TARGETS = (
    b"/", b"//", b"/v1", b"/v1/", b"/v1/sync/", b"/v1//sync", b"/V1/SYNC", b"/v1/./sync", b"/v1/x/../sync",
    b"/v1/sync%00", b"/v1/sync;a=b", b"/v1/sync?", b"/v1/blob/", b"/v1/blob/..%2f..%2fetc%2fpasswd",
    b"/v1/blob/" + b"A" * 64, b"/v1/blob/" + b"a" * 63, b"/v1/blob/" + b"a" * 5000, b"/v1/blob/%0a" + b"a",
    b"/v1/invite/%00", b"/v1/invite/" + b"%d9%a1" * 32, b"/%ff%fe", b"/v1/invite/" + b"a" * 64 + b"/answer/x",
    b"*", b"http://example.org/v1/nonce", b"/status#x", b"/metrics?a=b", b"/openapi.json%20", b"/%2e%2e/",
    b"/v1/blob/" + b"a" * 64 + b"?offset=0&length=1&offset=2", b"/status?" + b"q" * 12_000,
)  # fmt: skip
METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW",
           "get", "G" * 300)  # fmt: skip
BROKEN_HTTP = (
    b"\r\n\r\n\r\nx y z\r\n\r\n", b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET  / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"GET / HTTP/1.1\r\nA\x00B: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999999999999999\r\n\r\n",
    b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/sync HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\nabc",
    b"GET /v1/nonce HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
)  # fmt: skip
