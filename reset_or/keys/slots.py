"""The slots file: the master key wrapped once for every person and once for the recovery code.

A person's slot also holds the own signing key of this device, so that one run of argon2id opens both and
a change of password rewrites one file. The format is docs/formats.md; reading and writing the disk is in
`slots_file`, asking the keyring in `pepper`.

`sum` finds accidents before any password is typed, `mac` (under the master key) finds intent after it.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from reset_or.base import ids
from reset_or.base.errors import OurBug, TrustBroken, UserFixable
from reset_or.keys import master as derive
from reset_or.keys.master import MasterKey
from reset_or.keys.passwords import normalise
from reset_or.revisions import shape, signing
from reset_or.revisions.canonical import canon, parse

Kind = Literal["person", "recovery"]
RECOVERY: Final = "recovery"
MAX_SLOTS: Final = 64
_SUM_LABEL: Final = "ro/slots/sum/1"
_SLOT_KEYS = ("v", "kind", "subject", "m", "t", "p", "salt", "nonce", "ct", "kr")


@dataclass(frozen=True)
class Argon2Cost:
    """Work of one guess: memory in KiB, passes, lanes. RFC 9106, second recommendation."""

    m_kib: int = 64 * 1024
    t: int = 3
    p: int = 4


QUICK_COST: Final = Argon2Cost(8 * 1024, 1, 1)


@dataclass(frozen=True)
class PersonKey:
    """An opened signing key of one person on this device."""

    user: str
    key: Ed25519PrivateKey

    @property
    def key_id(self) -> str:
        return signing.key_id(self.public)

    @property
    def public(self) -> bytes:
        return signing.public_bytes(self.key)

    def __repr__(self) -> str:
        return f"PersonKey({self.user})"


@dataclass(frozen=True)
class Wrapped:
    """ChaCha20-Poly1305 over a key of 32 bytes."""

    nonce: bytes
    ct: bytes

    @classmethod
    def seal(cls, key: bytes, plain: bytes, aad: bytes) -> Wrapped:
        nonce = secrets.token_bytes(12)
        return cls(nonce, ChaCha20Poly1305(key).encrypt(nonce, plain, aad))

    def open(self, key: bytes, aad: bytes) -> bytes | None:
        """The plain bytes, None where the key or a byte is wrong."""
        try:
            return ChaCha20Poly1305(key).decrypt(self.nonce, self.ct, aad)
        except InvalidTag:
            return None


@dataclass(frozen=True)
class Slot:
    """One way to the master key. `kr`: the keyring's pepper takes part. `person_key`: see module head."""

    kind: Kind
    subject: str
    cost: Argon2Cost
    salt: bytes
    lm: Wrapped
    kr: bool
    person_key: Wrapped | None = None


@dataclass(frozen=True)
class SlotsFile:
    """The whole file. `pcv` is empty where no slot uses a pepper; `mac` is empty until `sealed`."""

    install_id: str
    slots: tuple[Slot, ...]
    kcv: bytes
    pcv: bytes = b""
    mac: bytes = field(default=b"", compare=False)

    @property
    def users(self) -> tuple[str, ...]:
        return tuple(slot.subject for slot in self.slots if slot.kind == "person")

    @property
    def uses_keyring(self) -> bool:
        return any(slot.kr for slot in self.slots)

    def slot(self, kind: Kind, subject: str) -> Slot | None:
        return next((s for s in self.slots if (s.kind, s.subject) == (kind, subject)), None)

    def with_slot(self, slot: Slot) -> SlotsFile:
        """The file with this slot in place of the same subject's earlier one."""
        kept = tuple(s for s in self.slots if (s.kind, s.subject) != (slot.kind, slot.subject))
        if len(kept) >= MAX_SLOTS:
            raise OurBug("too_many_slots")
        return replace(self, slots=(*kept, slot), mac=b"")

    def fits_pepper(self, pepper: bytes) -> bool:
        return hmac.compare_digest(self.pcv, pepper_check(pepper))

    def sealed(self, lm: MasterKey) -> SlotsFile:
        return replace(self, mac=derive.mac(lm.slots_key(), canon(_outline(self))))

    def verify(self, lm: MasterKey) -> None:
        """Raises TrustBroken("open_slots_damaged") unless whoever wrote the file had the master key."""
        expected = derive.mac(lm.slots_key(), canon(_outline(self)))
        if not hmac.compare_digest(expected, self.mac):
            raise TrustBroken("open_slots_damaged", part="mac")


@dataclass(frozen=True)
class Unlocked:
    """What one right password opens; `person` is None for the recovery code."""

    lm: MasterKey
    person: PersonKey | None


def pepper_check(pepper: bytes) -> bytes:
    """Tells a changed keyring from a wrong password."""
    return derive.mac(pepper, derive.PCV.encode("ascii"))


def new_file(install_id: str, lm: MasterKey, pepper: bytes | None) -> SlotsFile:
    """A file without slots yet; `pepper` None on a computer without a keyring."""
    return SlotsFile(install_id, (), lm.check_value(), pepper_check(pepper) if pepper else b"")


def person_slot(
    file: SlotsFile, lm: MasterKey, person: PersonKey, password: str, pepper: bytes | None, cost: Argon2Cost
) -> Slot:
    """A slot for `person` under `password`, with fresh salt. The caller has checked the password."""
    return _make_slot(file, "person", person.user, lm, password, pepper, cost, person)


def recovery_slot(file: SlotsFile, lm: MasterKey, code: str, cost: Argon2Cost) -> Slot:
    """The recovery slot never uses the keyring: a lost account must not lock everybody out."""
    return _make_slot(file, "recovery", RECOVERY, lm, code, None, cost, None)


def unlock(file: SlotsFile, slot: Slot, secret: str, pepper: bytes | None) -> Unlocked:
    """Opens one slot with a password or recovery code.

    Raises UserFixable("open_wrong_password"); TrustBroken("open_slots_damaged") where the slot opens but
    the file is not as it was written.
    """
    kek, person_kek = _stretch(secret, slot.salt, slot.cost, pepper if slot.kr else None)
    opened = slot.lm.open(kek, _aad(file.install_id, slot.kind, slot.subject))
    if opened is None or len(opened) != 32:
        raise UserFixable("open_wrong_password")
    lm = MasterKey(opened)
    if not hmac.compare_digest(lm.check_value(), file.kcv):
        raise TrustBroken("open_slots_damaged", part="kcv")
    file.verify(lm)
    if slot.person_key is None:
        return Unlocked(lm, None)
    seed = slot.person_key.open(person_kek, _aad(file.install_id, slot.kind, slot.subject))
    if seed is None or len(seed) != 32:
        raise TrustBroken("open_slots_damaged", part="person")
    return Unlocked(lm, PersonKey(slot.subject, Ed25519PrivateKey.from_private_bytes(seed)))


def _make_slot(
    file: SlotsFile, kind: Kind, subject: str, lm: MasterKey, secret: str, pepper: bytes | None,
    cost: Argon2Cost, person: PersonKey | None,
) -> Slot:  # fmt: skip
    salt = secrets.token_bytes(16)
    kek, person_kek = _stretch(secret, salt, cost, pepper)
    wrapped = None
    if person is not None:
        seed = person.key.private_bytes_raw()
        wrapped = Wrapped.seal(person_kek, seed, _aad(file.install_id, kind, subject))
    sealed = Wrapped.seal(kek, lm.secret, _aad(file.install_id, kind, subject))
    return Slot(kind, subject, cost, salt, sealed, pepper is not None, wrapped)


def _stretch(secret: str, salt: bytes, cost: Argon2Cost, pepper: bytes | None) -> tuple[bytes, bytes]:
    """One run of argon2id gives both keys: the one over the master key and the one over the person's."""
    from argon2.low_level import Type, hash_secret_raw

    raw = hash_secret_raw(
        normalise(secret), salt, time_cost=cost.t, memory_cost=cost.m_kib, parallelism=cost.p,
        hash_len=32, type=Type.ID,
    )  # fmt: skip
    mixed = raw + (pepper or b"")
    return derive.hkdf(mixed, derive.KEK), derive.hkdf(mixed, derive.PERSON)


def _aad(install_id: str, kind: str, subject: str) -> bytes:
    return f"{kind}|{subject}|{install_id}".encode()


# --- the bytes of the file -----------------------------------------------------------------------------


def to_bytes(file: SlotsFile) -> bytes:
    """One line of canonical JSON and LF; the file must be sealed."""
    if not file.mac:
        raise OurBug("slots_not_sealed")
    value = _outline(file) | {"mac": signing.b64(file.mac)}
    value["sum"] = ids.labelled_hash(_SUM_LABEL, canon(value))
    return canon(value) + b"\n"


def from_bytes(untrusted: bytes) -> SlotsFile:
    """Parses and holds the sum against it; any changed byte raises TrustBroken("open_slots_damaged")."""
    try:
        line, newline, rest = untrusted.partition(b"\n")
        if not newline or rest:
            raise shape.bad("slots", "line")
        return _read(parse(line))
    except TrustBroken as error:
        raise TrustBroken("open_slots_damaged", part="file") from error


def _outline(file: SlotsFile) -> dict[str, Any]:
    return {
        "v": 1, "install_id": file.install_id, "kcv": signing.b64(file.kcv), "pcv": signing.b64(file.pcv),
        "slots": [_slot_out(slot) for slot in file.slots],
    }  # fmt: skip


def _slot_out(slot: Slot) -> dict[str, Any]:
    out: dict[str, Any] = {
        "v": 1, "kind": slot.kind, "subject": slot.subject, "m": slot.cost.m_kib, "t": slot.cost.t,
        "p": slot.cost.p, "salt": signing.b64(slot.salt), "nonce": signing.b64(slot.lm.nonce),
        "ct": signing.b64(slot.lm.ct), "kr": 1 if slot.kr else 0,
    }  # fmt: skip
    if slot.person_key is not None:
        out["key_nonce"] = signing.b64(slot.person_key.nonce)
        out["key_ct"] = signing.b64(slot.person_key.ct)
    return out


def _read(value: dict[str, Any]) -> SlotsFile:
    what = "slots"
    shape.keys(what, value, ("v", "install_id", "kcv", "pcv", "slots", "mac", "sum"))
    claimed = value.pop("sum")
    if value["v"] != 1 or claimed != ids.labelled_hash(_SUM_LABEL, canon(value)):
        raise shape.bad(what, "sum")
    return SlotsFile(
        install_id=shape.text(what, value, "install_id", ids.HASH_HEX),
        slots=shape.items(what, value, "slots", _slot_in, MAX_SLOTS),
        kcv=signing.unb64(shape.text(what, value, "kcv"), length=32),
        pcv=signing.unb64(shape.text(what, value, "pcv")),
        mac=signing.unb64(shape.text(what, value, "mac"), length=32),
    )


def _slot_in(value: Any) -> Slot:
    what = "slot"
    if not isinstance(value, dict):
        raise shape.bad(what, "slot")
    shape.keys(what, value, _SLOT_KEYS, ("key_nonce", "key_ct"))
    kind: Kind = "recovery" if shape.text(what, value, "kind") == "recovery" else "person"
    person_key = None
    if kind == "person":
        person_key = Wrapped(_bytes(value, "key_nonce", 12), _bytes(value, "key_ct", 48))
    return Slot(
        kind=kind,
        subject=shape.text(what, value, "subject", ids.USER),
        cost=Argon2Cost(
            shape.number(what, value, "m", 8, 4 << 20),
            shape.number(what, value, "t", 1, 64),
            shape.number(what, value, "p", 1, 64),
        ),
        salt=_bytes(value, "salt", 16),
        lm=Wrapped(_bytes(value, "nonce", 12), _bytes(value, "ct", 48)),
        kr=shape.number(what, value, "kr", 0, 1) == 1,
        person_key=person_key,
    )


def _bytes(value: dict[str, Any], name: str, length: int) -> bytes:
    return signing.unb64(shape.text("slot", value, name), length=length)
