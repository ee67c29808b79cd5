"""One synchronisation as an action: records, then photos; what went wrong comes back as a code.

Runs on the net lane, photos alone on the photo lane, and touches the store only through its own lane; or
whole in the caller's thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from reset_or.actions import casefiles
from reset_or.actions.context import Context, Parsed
from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken, UserFixable
from reset_or.base.lanes import Cancelled, CancelToken, Lanes
from reset_or.revisions.history import Placed
from reset_or.store.rows import RecordRow
from reset_or.sync import erasure
from reset_or.sync.engine import Engine
from reset_or.sync.flow import Limit, Stride
from reset_or.sync.ground import Ground, Tally
from reset_or.sync.photos import Photos
from reset_or.sync.results import SyncProgress, SyncResult, SyncStatus
from reset_or.wire.client import Client
from reset_or.wire.transport import NoServer, host_of

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.wire.transport import Transport

__all__ = ["SyncProgress", "SyncResult", "move_photos", "problem_of", "project", "sync_once", "try_again"]


class SyncEnd(Protocol):
    """What is asked of a sync that ended."""

    @property
    def problem(self) -> str: ...

    @property
    def alarm(self) -> str: ...

    @property
    def complete(self) -> bool: ...


LAST: Final = "sync/last"
_RETRY_MS: Final = 60_000
_KEEP_EVERY_MS: Final = 5 * 60_000
"""How old what is kept of the last complete sync may be after a restart: a commit costs more than a sync."""
_CLOCK_STEP_MS: Final = 30_000
_WAITING: Final = "device_not_admitted"
NETWORK: Final = frozenset({
    "server_unreachable", "server_slow", "server_not_ours", "server_certificate", "clock_wrong",
    "proxy_needs_sign_in", "server_unavailable",
})  # fmt: skip
"""Problems that mean: the server did not answer, somebody or something stands in between."""


def _no_limit() -> int:
    return 0


def sync_once(
    ctx: Context, *, transport: Transport, progress: Callable[[SyncProgress], None] | None = None,
    cancel: CancelToken | None = None, lanes: Lanes | None = None, photos: bool = True,
    photo_kbit_s: Callable[[], int] = _no_limit,
) -> SyncResult:  # fmt: skip
    """Sends what is only here, fetches what is new, moves photos.

    Never raises for the network, the server or broken trust: the code is in `problem` or `alarm`, and
    what was stored until then stays. With `lanes` it is called on the net lane.
    """
    client, token = _client(ctx, transport), cancel or CancelToken()
    ground = ground_of(ctx, client, lanes)
    engine = Engine(ground, ctx.sync, token)
    mover = _mover(ctx, ground, engine.tally, token, progress, photo_kbit_s)

    def work() -> None:
        _post_keys(ground)
        erasure.carry_out(ground, engine.tally)  # what a disk refused the last time
        engine.run()
        erasure.carry_out(ground, engine.tally)
        if photos:
            mover.run()

    ctx.sync.running = True
    try:
        ended = _ended(work)
    finally:
        ctx.sync.running, ctx.sync.sending, ctx.sync.nonce = False, frozenset(), transport.nonce
    return ground.step(partial(_finish, ctx, mover, ended, _Part(records=True, photos=photos)))


def move_photos(
    ctx: Context, *, transport: Transport, progress: Callable[[SyncProgress], None] | None = None,
    cancel: CancelToken | None = None, lanes: Lanes | None = None,
    photo_kbit_s: Callable[[], int] = _no_limit,
) -> SyncResult:  # fmt: skip
    """Moves photos alone, of records that the server has: for the photo lane, beside syncs of records.

    Ends and never raises as `sync_once`. A photo that comes while it runs waits for the next call.
    """
    client, token = _client(ctx, transport), cancel or CancelToken()
    ground = ground_of(ctx, client, lanes)
    mover = _mover(ctx, ground, Tally(), token, progress, photo_kbit_s)
    ctx.sync.photos_running = True
    try:
        ended = _ended(mover.run)
    finally:
        ctx.sync.photos_running, ctx.sync.nonce = False, transport.nonce
    return ground.step(partial(_finish, ctx, mover, ended, _Part(records=False, photos=True)))


@dataclass(frozen=True)
class _Part:
    """What of a whole sync was done."""

    records: bool
    photos: bool


def _client(ctx: Context, transport: Transport) -> Client:
    transport.nonce = transport.nonce or ctx.sync.nonce
    return Client(transport, ctx.device.sign)


def _mover(
    ctx: Context, ground: Ground, tally: Tally, token: CancelToken,
    progress: Callable[[SyncProgress], None] | None, kbit_s: Callable[[], int],
) -> Photos:  # fmt: skip
    limit = Limit(kbit_s, ctx.clock, token.wait)
    return Photos(ground, ctx.sync, tally, token, progress or _silent, limit, Stride(ctx.clock))


def _ended(work: Callable[[], None]) -> tuple[str, str]:
    """(problem, alarm) of work that was done as far as it went."""
    try:
        work()
    except Cancelled:
        return "cancelled", ""
    except TrustBroken as error:
        return error.code, error.code
    except (EnvironmentTrouble, UserFixable) as error:
        return error.code, ""
    return "", ""


def problem_of(result: SyncEnd, server_url: str) -> ResetOrError | None:
    """The error that a sync's end means for a person, None for a good one. An alarm that the very sync healed
    is only told. `host` stands in the words: whom IT is to let through."""
    if result.alarm and not result.complete:
        return TrustBroken(result.alarm)
    if not result.problem:
        return None
    return EnvironmentTrouble(result.problem, host=host_of(server_url))


def try_again(ctx: Context) -> int:
    """Judges what lies in quarantine once more; returns how much still does."""
    Engine(ground_of(ctx, Client(NoServer(), ctx.device.sign), None), SyncStatus()).try_again()
    return len(ctx.store.quarantined())


def project(
    store: Store, by_case: Mapping[str, Sequence[Placed]], parsed: Parsed | None = None
) -> list[RecordRow]:
    """The projections of what has just arrived, folded with what the store has of it."""
    if parsed is not None:
        for placed in by_case.values():
            for each in placed:
                parsed.keep(each.rev_id, each.signed)
    return casefiles.project(store, by_case, parsed)


def ground_of(ctx: Context, client: Client, lanes: Lanes | None) -> Ground:
    """What a sync, or a parcel in its place, stands on."""
    return Ground(
        store=ctx.store, client=client, directory=ctx.directory, clock=ctx.clock, home=ctx.home,
        project=partial(project, ctx.store, parsed=ctx.parsed), study=ctx.study, site=ctx.site,
        dev=ctx.device.dev, box_secret=ctx.device.box_secret, lanes=lanes,
    )  # fmt: skip


def _post_keys(ground: Ground) -> None:
    """The public keys of a device whose network went away while it was enrolled."""
    from reset_or.actions.enrolment import forget_answer, waiting_answer

    waiting = ground.step(partial(waiting_answer, ground.store))
    if waiting is not None:
        ground.client.answer_post(*waiting)
        ground.step(partial(forget_answer, ground.store))


def _finish(ctx: Context, mover: Photos, ended: tuple[str, str], part: _Part) -> SyncResult:
    """Writes down what the next look at the sync page needs, and an event where trust was broken.

    `complete`: of records alone, whether they are; photos may still be on their way.
    """
    tally, store, requests = mover.tally, ctx.store, mover.ground.client.requests
    problem, alarm = ended[0], ended[1] or mover.tally.alarm
    paused = problem == "cancelled"
    problem = "" if paused else problem or tally.problem
    left = store.waiting()
    waiting = left.own + left.relayed + (left.photos if part.photos else 0)
    result = SyncResult(
        changes=tally.changes, pushed=tally.pushed, pulled=tally.pulled, photos_up=mover.up,
        photos_down=mover.down, problem=problem, alarm=alarm, paused=paused, requests=requests,
        complete=not problem and not paused and waiting + left.at_relay == 0, at_relay=left.at_relay,
        quarantined=left.quarantined,
        waiting_for_admission=problem == _WAITING, retry_s=tally.retry_s,
    )  # fmt: skip
    known = _kept(store)
    if result.complete and left.photos == 0:
        ctx.sync.last_complete_at = ctx.clock.now_at()
    _note_status(ctx, result, tally.refused, part)
    _keep(ctx, result, known, part)
    if alarm and alarm != known.get(_alarm_of(part)) and not ctx.read_only:
        _note_alarm(ctx, alarm)
    log.event(
        "sync_done", problem=problem, pushed=result.pushed, pulled=result.pulled, requests=result.requests
    )
    return result


def _kept(store: Store) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.meta(LAST) or "{}")
    return found


def _note_status(ctx: Context, result: SyncResult, refused: dict[str, str], part: _Part) -> None:
    status = ctx.sync
    status.connected = result.problem not in NETWORK
    if part.photos:
        status.photos_refused, status.photos_problem = dict(refused), result.problem
    if not part.records:
        return
    status.refused, status.problem = dict(refused), result.problem
    status.waiting_for_admission = result.waiting_for_admission
    wait_ms = _RETRY_MS if result.retry_s is None else result.retry_s * 1000
    status.retry_at = ctx.clock.now_at() + wait_ms if result.problem else None


def _alarm_of(part: _Part) -> str:
    return "alarm" if part.records else "photo_alarm"


def _keep(ctx: Context, result: SyncResult, known: dict[str, Any], part: _Part) -> None:
    """`known`: what was written down before. An alarm that goes on is one event, not one a minute."""
    before: int = known.get("complete_at") or 0
    newest = ctx.sync.last_complete_at or before
    off_ms = known.get("clock_off_ms") if ctx.sync.clock_off_ms is None else ctx.sync.clock_off_ms
    said = known | {
        "complete_at": newest or None, "problem": result.problem, _alarm_of(part): result.alarm,
        "clock_off_ms": off_ms,
    }  # fmt: skip
    same = all(said[name] == known.get(name, "") for name in ("problem", _alarm_of(part)))
    same = same and abs((off_ms or 0) - (known.get("clock_off_ms") or 0)) < _CLOCK_STEP_MS
    if newest - before >= _KEEP_EVERY_MS or not same:
        with ctx.store.transaction() as unit:
            unit.put_meta(LAST, json.dumps(said))


def _note_alarm(ctx: Context, alarm: str) -> None:
    from reset_or.actions.events import note

    try:
        note(ctx, what=alarm[:32])
    except ResetOrError as error:  # an event must never turn a finished sync into a failed one
        log.event("event_not_written", code=error.code)


def _silent(_progress: SyncProgress) -> None:
    """Nobody watches."""
