"""The demo study: a trial of its own with invented people, its own server process, and synthetic cases.

Built by the same functions that build a real trial: keys, invitations, enrolment by code, admission, sync.
Lives in one folder that may be thrown away; marked as demo on every page and PDF.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from reset_or import __version__
from reset_or.base import resources
from reset_or.base.clock import SystemClock
from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.workspace.core import Workspace
from reset_or.workspace.settings import Settings, Tile, save_settings

STUDY: Final = "RESET-OR-DEMO"
SITE: Final = "03"
SITE_NAME: Final = "演示医院 Demo Hospital"
PASSPHRASE: Final = "demo passphrase of the centre"  # noqa: S105 (printed on the demo itself)
PEOPLE: Final = (
    Tile("zhang", "surgeon", "Zhang Rui"),
    Tile("wang", "or_nurse", "Wang Min"),
    Tile("chen", "or_nurse", "Chen Jie"),
    Tile("li", "pathologist", "Li Wei"),
)
ADMIN: Final = Tile("admin", "centre_admin", "Demo Centre")


def password_of(user: str) -> str:
    """Stands on the demo's unlock page: there is nothing to protect."""
    return f"demo-{user}-bowel-ruler"


@dataclass
class Demo:
    """A running demo: its folder, its server process and its three computers."""

    folder: Path
    server: subprocess.Popen[str]
    url: str

    @property
    def theatre(self) -> Home:
        return Home(self.folder / "theatre")

    @property
    def pathology(self) -> Home:
        return Home(self.folder / "pathology")

    @property
    def centre(self) -> Home:
        return Home(self.folder / "centre")

    @property
    def centre_identity(self) -> Path:
        return self.folder / "keys" / "secret" / "centre-data.age"

    def stop(self) -> None:
        """Ends the server; it stops by itself when this process goes."""
        if self.server.stdin is not None:
            self.server.stdin.close()
        try:
            self.server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.server.kill()
        if self.server.stdout is not None:
            self.server.stdout.close()


def open_demo(folder: Path, *, tell: Callable[[str], None] = lambda _: None) -> Demo:
    """Starts the demo in `folder`, building it on the first call. `tell` is called with codes of progress."""
    ready = folder / "ready"
    if not ready.exists() and folder.exists() and any(folder.iterdir()):
        raise EnvironmentTrouble("demo_half_built", folder=str(folder))
    if ready.exists():
        demo = _start(folder, free_port())
        _tell_address(demo)
        return demo
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    tell("keys")
    _make_trial(folder, f"http://127.0.0.1:{port}")
    demo = _start(folder, port)
    try:
        tell("site")
        _make_site(demo)
        tell("cases")
        _fill(demo)
    except BaseException:
        demo.stop()
        raise
    ready.write_text("1\n", encoding="ascii")
    return demo


def workspace_of(home: Home, **more: Any) -> Workspace:
    """A workspace on one of the demo's computers, for scripts: everything runs inline."""
    return Workspace(home, lanes=InlineLanes(), **more)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _make_trial(folder: Path, url: str) -> None:
    from reset_or.actions import centre
    from reset_or.keys.pepper import MemoryKeyStore
    from reset_or.keys.slots import QUICK_COST

    home = Home(folder / "centre")
    centre.init(
        folder / "keys", home, study=STUDY, server_url=url, passphrase=PASSPHRASE, admin=ADMIN.user,
        admin_name=ADMIN.name, password=password_of(ADMIN.user), key_store=MemoryKeyStore(trouble="none"),
        clock=SystemClock(), cost=QUICK_COST, app=__version__, demo=True,
    )  # fmt: skip
    (folder / "passphrase.txt").write_text(PASSPHRASE + "\n", encoding="ascii")
    save_settings(home, _settings("00", (ADMIN,)))


def _start(folder: Path, port: int) -> Demo:
    """The server as its own process, on loopback; `reset_or` never imports it from the client's side."""
    command = [
        sys.executable, "-m", "reset_or.central.command", "serve",
        "--trial", str(folder / "keys" / "public" / "trial.json"),
        "--key", str(folder / "keys" / "secret" / "server.age"),
        "--passphrase-file", str(folder / "passphrase.txt"),
        "--database", f"sqlite:///{folder / 'server.db'}", "--blobs", str(folder / "server-blobs"),
        "--port", str(port), "--json", "--until-stdin-closes",
    ]  # fmt: skip
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    if not line:
        raise EnvironmentTrouble("demo_server_failed", code=server.wait())
    return Demo(folder, server, f"http://127.0.0.1:{port}")


def _make_site(demo: Demo) -> None:
    from reset_or.actions.centre import add_site, admit
    from reset_or.actions.site_name import name_site
    from reset_or.wire.transport import HttpTransport

    centre = workspace_of(demo.centre)
    centre.unlock(ADMIN.user, password_of(ADMIN.user))
    transport = HttpTransport(demo.url)
    try:
        people = [(tile.user, tile.role) for tile in PEOPLE]
        codes = add_site(centre.context, transport=transport, site=SITE, people=people, devices=2).codes
        _enrol(demo, demo.theatre, codes[0], PEOPLE)
        _enrol(demo, demo.pathology, codes[1], PEOPLE[3:])
        admit(centre.context, transport=transport, site=SITE)
        name_site(centre.context, site=SITE, name=SITE_NAME)
        centre.sync_now()
    finally:
        transport.close()
        centre.lock()


def _enrol(demo: Demo, home: Home, code: str, people: tuple[Tile, ...]) -> None:
    from reset_or.actions.enrolment import enrol
    from reset_or.keys.pepper import MemoryKeyStore
    from reset_or.keys.slots import QUICK_COST
    from reset_or.wire.transport import HttpTransport

    transport = HttpTransport(demo.url)
    try:
        enrol(
            home, code=code, passwords={tile.user: password_of(tile.user) for tile in people},
            names={tile.user: tile.name for tile in people}, transport=transport, server_url=demo.url,
            key_store=MemoryKeyStore(trouble="none"), clock=SystemClock(), cost=QUICK_COST,
            app=__version__, demo=True,
        )  # fmt: skip
    finally:
        transport.close()
    save_settings(home, _settings(SITE, people))


def _settings(site: str, people: tuple[Tile, ...]) -> Settings:
    passwords = {tile.user: password_of(tile.user) for tile in people}
    return Settings(
        study=STUDY, site=site, demo=True, scheme="demo-1", people=people,
        demo_passwords=passwords,
    )  # fmt: skip


def _fill(demo: Demo) -> None:
    """Synthetic cases in both arms by import, one of them confirmed and photographed."""
    from reset_or.actions import cases, photos, signing
    from reset_or.actions.context import Secret
    from reset_or.actions.importing import import_csv
    from reset_or.images.intake import take_in

    theatre = workspace_of(demo.theatre)
    theatre.unlock("wang", password_of("wang"))
    try:
        theatre.sync_now()
        table = demo.folder / "cases.csv"
        text = resources.read_bytes("demo", "cases.csv").decode("utf-8")
        table.write_text(text.replace("TODAY", date.today().isoformat()), encoding="utf-8")  # noqa: DTZ011
        theatre.do(import_csv, path=table)
        case = theatre.do(cases.find_case, subject="03-0144")
        for meaning, user in (("recorded", "wang"), ("confirmed", "zhang")):
            secret = Secret("password", password_of(user))
            readback = "zhang" if meaning == "recorded" else ""
            theatre.do(
                signing.sign, case=case, meaning=meaning, signer=user, secret=secret, readback_by=readback
            )
        theatre.do(cases.mark_removed, case=case, minutes_ago=20)
        jpeg, _truth = specimen_photo("03-0144")
        theatre.do(photos.attach_photo, case=case, taken=take_in(jpeg), state="fresh_unpinned")
        theatre.sync_now()
    finally:
        theatre.lock()


def specimen_photo(
    subject: str, lengths_mm: tuple[int, int, int] = (45, 27, 25)
) -> tuple[bytes, dict[str, Any]]:
    """A synthetic specimen beside a ruler as a camera writes it: with position, serial number and owner.

    `lengths_mm`: proximal, distal, tumour. The second value says where everything truly lies in the picture
    (images.specimen_art).
    """
    from reset_or.images.specimen_art import make_specimen

    clock = SystemClock()
    return make_specimen(
        3000, 2000, *lengths_mm, subject, captured_at=clock.now_at(), zone_min=clock.offset_min()
    )


def _tell_address(demo: Demo) -> None:
    """The server's port is another one at every start: each computer learns it."""
    from reset_or.actions.servers import keep_server

    for home, user in ((demo.theatre, "wang"), (demo.pathology, "li"), (demo.centre, ADMIN.user)):
        workspace = workspace_of(home)
        workspace.unlock(user, password_of(user))
        workspace.do(keep_server, url=demo.url)
        workspace.lock()
