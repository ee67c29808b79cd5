"""Opens an installation with a password and fills the context that actions get. Keeps nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reset_or import __version__
from reset_or.base.boot import Boot
from reset_or.base.clock import Clock
from reset_or.base.paths import Home

if TYPE_CHECKING:
    from reset_or.actions.context import Context
    from reset_or.keys.pepper import KeyStore
    from reset_or.store.opened import Opened
    from reset_or.workspace.desk import Desk


@dataclass(frozen=True)
class Opening:
    """The open store, the people at the desk, the wrong passwords since the last right one, and whether the
    restart test was passed just now."""

    opened: Opened
    desk: Desk
    context: Context
    misses: int
    restart_passed: bool = False


def open_home(
    home: Home, *, user: str, password: str, key_store: KeyStore, clock: Clock, scheme: str, boot: Boot | None
) -> Opening:
    """Raises the open state's error (`open_wrong_password`, `open_db_damaged`, ...) or `sign_in_wait`.

    `boot` None: no restart test is asked for (practice).
    """
    from reset_or.actions import restart
    from reset_or.images.seal import sweep
    from reset_or.store.opening import open_installation
    from reset_or.workspace.desk import Desk

    result = open_installation(home, user=user, password=password, key_store=key_store, clock=clock)
    opened = result.or_raise()
    try:
        desk = Desk(opened)
        if opened.person is not None:
            desk.admit(opened.person)
        context = _context(opened, desk, home, clock, scheme)
        context.reboot_test, passed = restart.look(opened.store, home, boot) if boot else ("", False)
        sweep(home.blobs, lambda blob: opened.store.blob(blob) is not None)
    except BaseException:
        opened.close()
        raise
    misses = result.details.get("misses")
    return Opening(opened, desk, context, misses if isinstance(misses, int) else 0, passed)


def _context(opened: Opened, desk: Desk, home: Home, clock: Clock, scheme: str) -> Context:
    from reset_or.actions.context import Context
    from reset_or.actions.installation import load_device, load_directory, read_installation

    installed = read_installation(opened.store)
    return Context(
        study=installed.study,
        site=installed.site,
        home=home,
        clock=clock,
        store=opened.store,
        directory=load_directory(opened.store),
        device=load_device(opened.store),
        people=desk,
        roles=installed.roles,
        scheme=scheme,
        app=__version__,
        demo=installed.demo,
        server_url=installed.server_url,
    )
