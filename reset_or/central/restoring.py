"""After a backup was restored: erasures first, then a new feed, so that nothing erased is served again."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.errors import UserFixable
from reset_or.central.admission import Admission
from reset_or.central.database import Database
from reset_or.central.erasure import erase_bodies
from reset_or.central.feed import restart_feed
from reset_or.central.options import Options
from reset_or.central.take import Taker, take_statements
from reset_or.revisions import signing
from reset_or.revisions.statements import Statement
from reset_or.wire.frames import statement_frame
from reset_or.wire.trial_file import TrialFile


def take_up_again(
    database: Database, trial: TrialFile, key: Ed25519PrivateKey, now: int, orders: Sequence[Statement]
) -> str:
    """Begins a new feed and carries out every order that the backup knows and those given here.

    `orders`: finished erasures, perhaps younger than the backup. Returns the new feed's id. Raises
    UserFixable("erasure_refused") for an order without its two signatures. Photos go when `serve` starts.
    """
    admission, by = Admission(trial), signing.key_id(signing.public_bytes(key))
    with database.reading() as connection:
        sites = sorted(admission.current(connection).sites)
    feed = restart_feed(database, key, now, by, sites)
    if orders:
        taker = Taker(database, key, Options(), by, now)
        taken = take_statements(taker, admission, [statement_frame(each) for each in orders])
        refused = [each.item.why for each in taken if each.item.status == "refused"]
        if refused:
            raise UserFixable("erasure_refused", reason=refused[0])
    with database.reading() as connection:
        view = admission.current(connection)
    erase_bodies(database, view)
    return feed
