"""Enrolment by a one-time code: the code, what is sealed under it, and the six words read aloud.

    code        130 random bits as 26 Crockford characters, shown as 5-5-5-5-6
    key(name)   HKDF-SHA256(code, no salt, info = "ro/invite/1" NUL name), 32 bytes; name: id, enc, mac
    invite id   sha256 hex of key("id"): all that the server learns of the code
    sealed      12 bytes nonce | ChaCha20Poly1305(key("enc"), text, aad = "ro/invite/1" NUL part NUL id)
    part        "content" (from the one who invites) or "answer" (from the new device)
    answer      canon({"keys", "mac"}), mac = base64 HMAC-SHA256(key("mac"), "ro/invite/1" NUL canon(keys))
    six words   the first 96 bits of sha256("ro/invite/1" NUL canon(keys)) as six proquints

A proquint writes 16 bits as five letters that can be spoken in any language (D. S. Wilkerson, "A Proposal
for Proquints", arXiv:0901.4016), so no word list has to be shipped or translated.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from reset_or.base import ids
from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse
from reset_or.revisions.statements import ROLES
from reset_or.wire.trial_file import TrialFile, read_trial_object, trial_object

LIFETIME_MS: Final = 72 * 3600 * 1000
MAX_SEALED: Final = 64 * 1024
CODE_CHARS: Final = 26
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS: Final = (5, 5, 5, 5, 6)
_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
_LABEL: Final = signing.INVITE.encode("ascii") + b"\0"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")
Part = Literal["content", "answer"]


@dataclass(frozen=True)
class Invited:
    """A person who is to be certified on the new device: pseudonymous id and role."""

    user: str
    role: str


@dataclass(frozen=True)
class InviteContent:
    """What the new device learns. `trial` carries the root: with the code it is authentic.

    `ca_pem`: certificates of an own certificate authority, "" where the system's are used.
    """

    trial: TrialFile
    site: str
    people: tuple[Invited, ...]
    expires_at: int
    ca_pem: str = ""


@dataclass(frozen=True)
class AnswerKeys:
    """The public keys that the new device asks to have certified. `people`: (user, 32-byte public key)."""

    invite_id: str
    study: str
    site: str
    device_sign: bytes
    device_box: str
    people: tuple[tuple[str, bytes], ...]

    def canonical(self) -> bytes:
        return canon(_keys_object(self))


def new_code() -> str:
    """A fresh code of 26 characters, without grouping."""
    number = secrets.randbits(5 * CODE_CHARS)
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(CODE_CHARS)))


def show_code(code: str) -> str:
    """`ABCDE-FGHJK-MNPQR-STVWX-YZ0123`."""
    parts, at = [], 0
    for length in _GROUPS:
        parts.append(code[at : at + length])
        at += length
    return "-".join(parts)


def read_code(typed: str) -> str:
    """The code as typed, in any case, with any grouping, I and L for 1, O for 0.

    Raises UserFixable("code_not_understood").
    """
    plain = re.sub(r"[\s\-\u2010-\u2015\uff0d]", "", typed).upper().translate(_READ_AS)
    if len(plain) != CODE_CHARS or not set(plain) <= set(_ALPHABET):
        raise UserFixable("code_not_understood")
    return plain


def invite_id(code: str) -> str:
    return hashlib.sha256(_key(code, "id")).hexdigest()


def seal_content(code: str, content: InviteContent) -> bytes:
    value: dict[str, Any] = {
        "v": 1, "trial": trial_object(content.trial), "site": content.site,
        "people": [vars(person) for person in content.people], "expires_at": content.expires_at,
        "ca_pem": content.ca_pem,
    }  # fmt: skip
    return _seal(code, "content", canon(value))


def open_content(code: str, untrusted_sealed: bytes) -> InviteContent:
    """Raises TrustBroken (`invite_not_ours`, shape codes). Expiry is the caller's question."""
    what = "invite"
    value = parse(_open(code, "content", untrusted_sealed), max_bytes=MAX_SEALED)
    shape.version(what, value)
    shape.keys(what, value, ("v", "trial", "site", "people", "expires_at", "ca_pem"))
    return InviteContent(
        trial=read_trial_object(value["trial"]),
        site=shape.text(what, value, "site", ids.SITE),
        people=shape.items(what, value, "people", _invited, 64),
        expires_at=shape.number(what, value, "expires_at"),
        ca_pem=shape.text(what, value, "ca_pem"),
    )


def seal_answer(code: str, keys: AnswerKeys) -> bytes:
    mac = hmac.digest(_key(code, "mac"), _LABEL + keys.canonical(), "sha256")
    return _seal(code, "answer", canon({"keys": _keys_object(keys), "mac": signing.b64(mac)}))


def open_answer(code: str, untrusted_sealed: bytes) -> AnswerKeys:
    """The keys, their MAC verified and their invite held against the code.

    Raises TrustBroken (`invite_not_ours`, `invite_mac_wrong`, shape codes).
    """
    what = "answer"
    value = parse(_open(code, "answer", untrusted_sealed), max_bytes=MAX_SEALED)
    shape.keys(what, value, ("keys", "mac"))
    mac = signing.unb64(shape.text(what, value, "mac"), length=32)
    keys = _read_keys(shape.mapping(what, value, "keys"))
    expected = hmac.digest(_key(code, "mac"), _LABEL + keys.canonical(), "sha256")
    if not hmac.compare_digest(expected, mac):
        raise TrustBroken("invite_mac_wrong")
    if keys.invite_id != invite_id(code):
        raise TrustBroken("invite_not_ours")
    return keys


def six_words(keys: AnswerKeys) -> str:
    """The fingerprint that both sides read to each other: six words of five letters."""
    digest = hashlib.sha256(_LABEL + keys.canonical()).digest()
    return " ".join(proquint(int.from_bytes(digest[at : at + 2], "big")) for at in range(0, 12, 2))


def proquint(number: int) -> str:
    """16 bits as consonant, vowel, consonant, vowel, consonant."""
    consonants, vowels = "bdfghjklmnprstvz", "aiou"
    return (
        consonants[number >> 12 & 15] + vowels[number >> 10 & 3] + consonants[number >> 6 & 15]
        + vowels[number >> 4 & 3] + consonants[number & 15]
    )  # fmt: skip


def _key(code: str, name: str) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_LABEL + name.encode("ascii"))
    return derive.derive(code.encode("ascii"))


def _aad(code: str, part: Part) -> bytes:
    return _LABEL + part.encode("ascii") + b"\0" + invite_id(code).encode("ascii")


def _seal(code: str, part: Part, text: bytes) -> bytes:
    nonce = os.urandom(12)
    sealed = nonce + ChaCha20Poly1305(_key(code, "enc")).encrypt(nonce, text, _aad(code, part))
    if len(sealed) > MAX_SEALED:
        raise UserFixable("invite_too_long", bytes=len(sealed))
    return sealed


def _open(code: str, part: Part, untrusted: bytes) -> bytes:
    try:
        return ChaCha20Poly1305(_key(code, "enc")).decrypt(untrusted[:12], untrusted[12:], _aad(code, part))
    except (InvalidTag, ValueError) as error:
        raise TrustBroken("invite_not_ours") from error


def _keys_object(keys: AnswerKeys) -> dict[str, Any]:
    return {
        "v": 1, "invite": keys.invite_id, "study": keys.study, "site": keys.site,
        "device": {"sign": signing.b64(keys.device_sign), "box": keys.device_box},
        "people": [{"user": user, "sign": signing.b64(public)} for user, public in keys.people],
    }  # fmt: skip


def _read_keys(value: dict[str, Any]) -> AnswerKeys:
    what = "answer"
    shape.version(what, value)
    shape.keys(what, value, ("v", "invite", "study", "site", "device", "people"))
    device = shape.mapping(what, value, "device")
    shape.keys(what, device, ("sign", "box"))
    return AnswerKeys(
        invite_id=shape.text(what, value, "invite", ids.HASH_HEX),
        study=shape.text(what, value, "study", re.compile(r"[A-Z0-9-]{1,32}")),
        site=shape.text(what, value, "site", ids.SITE),
        device_sign=signing.unb64(shape.text(what, device, "sign"), length=32),
        device_box=shape.text(what, device, "box", _RECIPIENT),
        people=shape.items(what, value, "people", _person, 64),
    )


def _person(value: Any) -> tuple[str, bytes]:
    what = "answer"
    if not isinstance(value, dict):
        raise shape.bad(what, "people")
    shape.keys(what, value, ("user", "sign"))
    user = shape.text(what, value, "user", ids.USER)
    return user, signing.unb64(shape.text(what, value, "sign"), length=32)


def _invited(value: Any) -> Invited:
    what = "invite"
    if not isinstance(value, dict):
        raise shape.bad(what, "people")
    shape.keys(what, value, ("user", "role"))
    user, role = shape.text(what, value, "user", ids.USER), shape.text(what, value, "role")
    if role not in ROLES:
        raise shape.bad(what, "role")
    return Invited(user, role)
