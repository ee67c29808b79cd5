"""The directory: what the statements add up to. Accepts or refuses each statement, never fetches one.

A revocation takes effect at its place in each site's feed: what was received before it stays valid, also
where an older receipt proves it and the feed was made anew. Statements that come with the trial
(`trial.json`) have no place and hold from the beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from reset_or.base.errors import TrustBroken
from reset_or.revisions import signing
from reset_or.revisions.statements import ISSUERS, Statement, erase_order

K = TypeVar("K")
_BEGINNING: Final = 0
_MAX_DEPTH: Final = 3
_CENTRAL: Final = ("*", "00")


@dataclass(frozen=True)
class KeyGrant:
    """One certified signing key. `box` is a device's age recipient; `depth` counts signatures above it."""

    key_id: str
    public: bytes
    kind: str
    subj_id: str
    site: str
    role: str
    depth: int
    box: str = ""
    issuer: str = ""
    ver: int = 0


@dataclass(frozen=True)
class Recipients:
    """The three age recipients of every record, the site first, since it reads most often."""

    site: str
    centre: str
    escrow: str
    epoch: int

    def as_list(self) -> list[str]:
        return [self.site, self.centre, self.escrow]


@dataclass(frozen=True)
class When:
    """A place in the feed of a site. `proven_at`: when it arrived by an older receipt, UTC ms."""

    site: str
    seq: int
    proven_at: int | None = None


@dataclass(frozen=True)
class Erasure:
    """Why and when something was erased by order. `at`: when the centre wrote the order, UTC ms."""

    reason_code: str
    at: int


@dataclass
class Directory:
    """Grows by `add`. All look-ups are by key_id (sha256 hex of the 32-byte public key)."""

    study: str
    root: bytes
    _grants: dict[str, KeyGrant] = field(default_factory=dict)
    _revoked: dict[str, dict[str, dict[str, tuple[int, int]]]] = field(default_factory=dict)
    """key id -> statement -> site -> (seq, time of arrival); site "*" and (0, 0): from the beginning."""
    _policies: dict[str, Statement] = field(default_factory=dict)
    _epochs: dict[str, dict[int, Statement]] = field(default_factory=dict)
    _erased: dict[str, dict[str, Erasure]] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    def add(
        self, statement: Statement, *, site: str = "*", seq: int | None = _BEGINNING, at: int = 0
    ) -> None:
        """Takes a statement at its place in the feed of `site`, received `at`.

        `seq` 0: it holds from the beginning; None: its place is not known any more. A known one is only told
        its place: it stands in many feeds, or in a feed that was made anew.
        Raises TrustBroken: `statement_other_study`, `statement_unknown_issuer`, `bad_signature`,
        `statement_not_allowed`, `statement_too_deep`, `statement_older`.
        """
        if statement.stmt_id in self._seen:
            if statement.type == "revoke" and seq:
                self._note_place(statement, site, seq, at)
            return
        if statement.study != self.study:
            raise TrustBroken("statement_other_study")
        issuer = self._issuer(statement)
        signing.verify(issuer.public, signing.STMT, statement.data, statement.sig)
        self._apply(statement, issuer)
        if statement.type == "revoke" and seq is not None:
            self._note_place(statement, site, seq, at)
        self._seen.add(statement.stmt_id)

    def forget_places(self, site: str) -> None:
        """The feed of this site is another server's from now on, which has still to tell where a revocation
        stands in it; until then it is as where a feed was lost."""
        for by_statement in self._revoked.values():
            for by_site in by_statement.values():
                by_site.pop(site, None)

    def add_all(self, statements: Iterable[Statement]) -> None:
        for statement in statements:
            self.add(statement)

    def knows(self, stmt_id: str) -> bool:
        return stmt_id in self._seen

    def grant(self, key_id: str) -> KeyGrant | None:
        """The grant of a key, revoked or not."""
        return self._grants.get(key_id)

    def valid_at(self, key_id: str, when: When | None) -> bool:
        """Whether the key was certified and not yet revoked at that place (None: now)."""
        if key_id not in self._grants:
            return False
        revoked = self._revoked.get(key_id)
        if revoked is None or when is None:
            return revoked is None
        places = [found for by_site in revoked.values() for found in _places(by_site, when.site)]
        return all(
            when.seq < seq or (when.proven_at is not None and when.proven_at < at) for seq, at in places
        )

    def server_keys(self, site: str = "") -> list[bytes]:
        """Keys of servers: of the coordinating centre for "00", of a hospital's relay for its site, else all.

        Revoked ones too: what they once said keeps its authority."""
        wanted = ("*", "00") if site == "00" else (site,)
        found = (grant for grant in self._grants.values() if grant.kind == "server")
        return [grant.public for grant in found if not site or grant.site in wanted]

    def relays(self, site: str) -> list[KeyGrant]:
        """Keys of the hospital's relay that are not revoked: its server's, and the device it asks the centre
        with, which has no box because it writes nothing."""
        return [
            grant for grant in self._grants.values()
            if grant.site == site and site not in _CENTRAL and grant.key_id not in self._revoked
            and (grant.kind == "server" or (grant.kind == "device" and not grant.box))
        ]  # fmt: skip

    def names_relay(self, statement: Statement) -> bool:
        """Whether it is the grant of a relay's server key that is not revoked."""
        if statement.type != "grant" or statement.body["kind"] != "server" or statement.site in _CENTRAL:
            return False
        return _subject(statement) in self._grants and _subject(statement) not in self._revoked

    def people(self, site: str) -> dict[str, str]:
        """user -> role of everybody certified for `site` (and not revoked)."""
        return {
            grant.subj_id: grant.role
            for grant in self._grants.values()
            if grant.kind == "person" and grant.site == site and grant.key_id not in self._revoked
        }

    def devices(self, site: str) -> list[KeyGrant]:
        return [g for g in self._grants.values() if g.kind == "device" and g.site == site]

    def sites(self) -> list[str]:
        return sorted(self._epochs)

    def epoch_public(self, site: str, epoch: int) -> str | None:
        statement = self._epochs.get(site, {}).get(epoch)
        return None if statement is None else str(statement.body["pub"])

    def recipients(self, site: str) -> Recipients:
        """Whom a record of `site` is sealed to; TrustBroken("recipients_missing") for fewer."""
        policy = self._policies.get(site) or self._policies.get("*")
        epochs = self._epochs.get(site)
        if policy is None or not epochs:
            raise TrustBroken("recipients_missing", site=site)
        newest = max(epochs)
        return Recipients(
            site=str(epochs[newest].body["pub"]),
            centre=str(policy.body["centre"]),
            escrow=str(policy.body["escrow"]),
            epoch=newest,
        )

    def erased(self, site: str) -> frozenset[str]:
        """Envelope and blob ids of the site whose bodies were erased by order."""
        return frozenset(self._erased.get(site, ()))

    def erasures(self, site: str) -> Mapping[str, Erasure]:
        """The first order that names each of them."""
        return dict(self._erased.get(site, {}))

    def _issuer(self, statement: Statement) -> KeyGrant:
        root_id = signing.key_id(self.root)
        if statement.issuer == root_id:
            return KeyGrant(root_id, self.root, "root", "root", "*", "root", 0)
        found = self._grants.get(statement.issuer)
        if found is None or found.kind != "person" or statement.issuer in self._revoked:
            raise TrustBroken("statement_unknown_issuer")
        return found

    def _apply(self, statement: Statement, issuer: KeyGrant) -> None:
        if issuer.role not in ISSUERS or (issuer.role == "site_admin" and statement.site != issuer.site):
            raise TrustBroken("statement_not_allowed", type=statement.type)
        if statement.type == "grant":
            self._grant(statement, issuer)
        elif statement.type == "revoke":
            self._revoke(statement, issuer)
        elif statement.type == "policy":
            self._only(statement, issuer, "centre_admin")
            _keep_newest(self._policies, statement.site, statement)
        elif statement.type == "epoch":
            self._only(statement, issuer, "centre_admin", "site_admin")
            epochs = self._epochs.setdefault(statement.site, {})
            _keep_newest(epochs, int(statement.body["epoch"]), statement)
        elif statement.type == "erase":
            self._only(statement, issuer, "centre_admin")
            self._erase(statement)

    def _grant(self, statement: Statement, issuer: KeyGrant) -> None:
        kind, role = str(statement.body["kind"]), str(statement.body.get("role", ""))
        kinds, roles = ISSUERS[issuer.role]
        if kind not in kinds or (kind == "person" and role not in roles) or (kind != "person" and role):
            raise TrustBroken("statement_not_allowed", type="grant")
        if kind == "person" and (role in ("centre_admin",)) and statement.site != "00":
            raise TrustBroken("statement_not_allowed", type="grant")
        if kind == "server" and issuer.role != "root" and statement.site in _CENTRAL:
            raise TrustBroken("statement_not_allowed", type="grant")
        if issuer.depth + 1 > _MAX_DEPTH:
            raise TrustBroken("statement_too_deep")
        public = signing.unb64(statement.body["subj_keys"]["sign"], length=32)
        key_id = signing.key_id(public)
        if kind == "device" and statement.body["subj_id"] != key_id:
            raise TrustBroken("statement_not_allowed", type="grant")
        known = self._grants.get(key_id)
        if known is not None and statement.ver <= known.ver:
            raise TrustBroken("statement_older", type="grant")
        if known is not None and (known.subj_id, known.site) != (statement.body["subj_id"], statement.site):
            raise TrustBroken("statement_not_allowed", type="grant")
        self._grants[key_id] = KeyGrant(
            key_id, public, kind, str(statement.body["subj_id"]), statement.site, role, issuer.depth + 1,
            str(statement.body["subj_keys"].get("box", "")), issuer.key_id, statement.ver,
        )  # fmt: skip

    def _revoke(self, statement: Statement, issuer: KeyGrant) -> None:
        key_id = _subject(statement)
        known = self._grants.get(key_id)
        kinds, roles = ISSUERS[issuer.role]
        if known is None or known.kind not in kinds or (known.kind == "person" and known.role not in roles):
            raise TrustBroken("statement_not_allowed", type="revoke")
        if known.kind == "server" and issuer.role != "root" and known.site in _CENTRAL:
            raise TrustBroken("statement_not_allowed", type="revoke")
        self._revoked.setdefault(key_id, {})

    def _note_place(self, statement: Statement, site: str, seq: int, at: int) -> None:
        by_site = self._revoked.setdefault(_subject(statement), {}).setdefault(statement.stmt_id, {})
        if seq != _BEGINNING:
            by_site.pop("*", None)
        by_site[site] = seq, at

    def _erase(self, statement: Statement) -> None:
        """Two signatures over one order: the centre's administrator and a surgeon of the site."""
        order, roles = erase_order(statement), set()
        for said in statement.body["sigs"]:
            signer = self._grants.get(said["k"])
            if signer is None or signer.kind != "person" or said["k"] in self._revoked:
                raise TrustBroken("statement_unknown_issuer")
            signing.verify(signer.public, signing.STMT, order, signing.unb64(said["s"], length=64))
            roles.add((signer.role, signer.site))
        if roles != {("centre_admin", "00"), ("surgeon", statement.site)}:
            raise TrustBroken("statement_not_allowed", type="erase")
        gone = self._erased.setdefault(statement.site, {})
        why = Erasure(str(statement.body["reason_code"]), statement.at)
        for name in (*statement.body["env_ids"], *statement.body["blobs"]):
            gone.setdefault(name, why)

    @staticmethod
    def _only(statement: Statement, issuer: KeyGrant, *roles: str) -> None:
        if issuer.role not in roles:
            raise TrustBroken("statement_not_allowed", type=statement.type)


def _subject(statement: Statement) -> str:
    return signing.key_id(signing.unb64(statement.body["subj_keys"]["sign"], length=32))


def _places(by_site: dict[str, tuple[int, int]], site: str) -> list[tuple[int, int]]:
    return [place for name, place in by_site.items() if name in ("*", site)]


def _keep_newest(table: dict[K, Statement], key: K, statement: Statement) -> None:
    known = table.get(key)
    if known is not None and known.ver >= statement.ver:
        raise TrustBroken("statement_older", type=statement.type)
    table[key] = statement
