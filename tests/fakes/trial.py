"""A whole trial made of fresh keys: root, centre, server, sites, devices, people, and what they write.

Everything is real (Ed25519, age, signed statements); only the ceremony is missing. Owns no store and no
network: tests hand its frames to whatever they test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import ids
from reset_or.central.relay import RelayKeys
from reset_or.revisions import signing
from reset_or.revisions.envelope import Envelope, Kind, seal, sign_envelope
from reset_or.revisions.receipts import Signed
from reset_or.revisions.revision import FieldChange, Revision, SignedRevision, sign_revision
from reset_or.revisions.statements import Statement, sign_statement
from reset_or.wire.erase_order import EraseOrder, new_order
from reset_or.wire.trial_file import TrialFile

STUDY = "RESET-TEST"
STARTED_AT = 1_770_000_000_000


@dataclass(frozen=True)
class TrialPerson:
    """A person's signing key on one device; `user` is the pseudonymous id."""

    user: str
    role: str
    site: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def key_id(self) -> str:
        return signing.key_id(signing.public_bytes(self.key))


@dataclass
class TrialDevice:
    """A device with its signing key, its age identity, and where its chain stands in each site."""

    site: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    box: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    chain: dict[str, tuple[int, str]] = field(default_factory=dict)

    @property
    def dev(self) -> str:
        return signing.key_id(signing.public_bytes(self.key))

    def place(self, site: str) -> tuple[int, str]:
        """(n, env_id) of its newest envelope in `site`; (0, "") before the first."""
        return self.chain.get(site, (0, ""))


@dataclass(frozen=True)
class TrialSite:
    """A site as `add_site` made it; `statements` are what the centre must bring to the server."""

    code: str
    identity: str
    devices: tuple[TrialDevice, ...]
    people: dict[str, TrialPerson]
    statements: tuple[Statement, ...]


class SyntheticTrial:
    """`file()` is trial.json; `add_site` grows the trial; `envelope` and `revision` write in it."""

    def __init__(self, study: str = STUDY, server_url: str = "http://127.0.0.1") -> None:
        self.study = study
        self.server_url = server_url
        self.root = Ed25519PrivateKey.generate()
        self.server = Ed25519PrivateKey.generate()
        self.admin = TrialPerson("admin", "centre_admin", "00")
        self.centre_device = TrialDevice("00")
        self.centre = pyrage.x25519.Identity.generate()
        self.escrow = pyrage.x25519.Identity.generate()
        self.centre_site = pyrage.x25519.Identity.generate()
        self.recipients: dict[str, list[str]] = {"00": self._recipients(self.centre_site)}
        self.statements = [
            self.grant(
                self.root, "person", "00", "admin", signing.public_bytes(self.admin.key), "centre_admin"
            ),
            self.grant_device(self.centre_device),
            self.grant(self.root, "server", "00", "server", signing.public_bytes(self.server)),
            self.statement(
                "policy",
                "*",
                centre=str(self.centre.to_public()),
                escrow=str(self.escrow.to_public()),
                min_v=1,
            ),
            self.statement("epoch", "00", epoch=1, pub=str(self.centre_site.to_public())),
        ]

    def file(self) -> TrialFile:
        return TrialFile(self.study, signing.public_bytes(self.root), self.server_url, tuple(self.statements))

    def add_site(
        self, code: str = "03", *, devices: int = 1, people: Mapping[str, str] | None = None
    ) -> TrialSite:
        """A site with one epoch; `people` is user -> role (default: zhang, a surgeon)."""
        identity = pyrage.x25519.Identity.generate()
        self.recipients[code] = self._recipients(identity)
        made = tuple(TrialDevice(code) for _ in range(devices))
        persons = {
            user: TrialPerson(user, role, code) for user, role in (people or {"zhang": "surgeon"}).items()
        }
        statements = [self.statement("epoch", code, epoch=1, pub=str(identity.to_public()))]
        statements += [self.grant_device(device) for device in made]
        statements += [self.grant_person(person) for person in persons.values()]
        return TrialSite(code, str(identity), made, persons, tuple(statements))

    def grant_device(self, device: TrialDevice) -> Statement:
        return self.grant(
            self.admin.key, "device", device.site, device.dev, signing.public_bytes(device.key),
            box=str(device.box.to_public()),
        )  # fmt: skip

    def add_relay(self, site: str = "03") -> tuple[RelayKeys, tuple[Statement, ...]]:
        """The keys of a hospital's relay and what the centre says of them."""
        keys = RelayKeys(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
        statements = (
            self.grant(self.admin.key, "server", site, "relay", signing.public_bytes(keys.server)),
            self.grant(self.admin.key, "device", site, keys.dev, signing.public_bytes(keys.device)),
        )
        return keys, statements

    def grant_person(self, person: TrialPerson) -> Statement:
        return self.grant(
            self.admin.key, "person", person.site, person.user, signing.public_bytes(person.key), person.role
        )

    def revoke_device(self, device: TrialDevice) -> Statement:
        return self.statement(
            "revoke", device.site, kind="device", subj_id=device.dev,
            subj_keys={"sign": signing.b64(signing.public_bytes(device.key))}, reason_code="lost",
        )  # fmt: skip

    def grant(
        self, issuer: Ed25519PrivateKey, kind: str, site: str, subject: str, public: bytes, role: str = "",
        *, box: str = "",
    ) -> Statement:  # fmt: skip
        body: dict[str, Any] = {"kind": kind, "subj_id": subject, "subj_keys": {"sign": signing.b64(public)}}
        if role:
            body["role"] = role
        if box:
            body["subj_keys"]["box"] = box
        return sign_statement(
            issuer, kind_of="grant", study=self.study, site=site, ver=1, at=STARTED_AT, **body
        )

    def statement(self, kind_of: str, site: str, *, ver: int = 1, **body: Any) -> Statement:
        """A statement by the centre's administrator."""
        return sign_statement(
            self.admin.key, kind_of=kind_of, study=self.study, site=site, ver=ver, at=STARTED_AT, **body
        )

    def revision(
        self, device: TrialDevice, person: TrialPerson, *, subject: str = "03-0001",
        chg: Mapping[str, FieldChange] | None = None, **fields: Any,
    ) -> SignedRevision:  # fmt: skip
        """A revision of a case by `person`; `fields` override any field of `Revision`."""
        said: dict[str, Any] = {
            "study": self.study, "site": person.site, "rec": ids.case_rec(self.study, subject),
            "form": "case", "act": "create", "user": person.user, "role": person.role, "dev": device.dev,
            "at": STARTED_AT, "chg": dict(chg or {"subject": FieldChange(None, subject)}),
        }  # fmt: skip
        return sign_revision(Revision(**(said | fields)), person.key)

    def envelope(
        self, device: TrialDevice, *, site: str = "", plaintext: bytes = b"x" * 1024, kind: Kind = "rev",
        blobs: Sequence[str] = (), place: tuple[int, str] | None = None,
    ) -> Envelope:  # fmt: skip
        """The next envelope of the device in `site` (its own by default), sealed to the three recipients.

        `place` (n, prev) writes at another place of the chain and leaves the device's own chain alone.
        """
        where = site or device.site
        n, prev = place or (device.place(where)[0] + 1, device.place(where)[1])
        made = sign_envelope(
            device.key, study=self.study, site=where, kind=kind, n=n, prev=prev, epoch=1,
            body=seal(plaintext, self.recipients[where]), blobs=blobs,
        )  # fmt: skip
        if place is None:
            device.chain[where] = (n, made.env_id)
        return made

    def envelopes(self, device: TrialDevice, count: int, *, site: str = "") -> list[Envelope]:
        return [self.envelope(device, site=site) for _ in range(count)]

    def sign_as_server(self, label: str, data: bytes) -> Signed:
        return Signed(data, signing.sign(self.server, label, data))

    def _recipients(self, site: pyrage.x25519.Identity) -> list[str]:
        return [str(each.to_public()) for each in (site, self.centre, self.escrow)]

    def erase(
        self, surgeon: TrialPerson, *, env_ids: Sequence[str] = (), blobs: Sequence[str] = (), at: int = 0
    ) -> EraseOrder:
        """A finished order of erasure for the surgeon's site."""
        order = new_order(
            study=self.study, site=surgeon.site, issuer=self.admin.key_id, at=at or STARTED_AT,
            env_ids=tuple(env_ids), blobs=tuple(blobs), reason_code="consent_withdrawn",
        )  # fmt: skip
        return order.signed_by(self.admin.key).signed_by(surgeon.key).finished_by(self.admin.key)
