from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.keys.pepper import KeyringStore, MemoryKeyStore
from tests.contracts import key_store

ROOT = Path(__file__).resolve().parents[3]
needs_keyring = pytest.mark.skipif(
    not (shutil.which("dbus-run-session") and shutil.which("gnome-keyring-daemon")),
    reason="gnome-keyring and dbus are not installed",
)
UNLOCK = "printf secret | gnome-keyring-daemon --unlock --components=secrets > /dev/null; "
START = "gnome-keyring-daemon --start --components=secrets > /dev/null; "
PUT = "from reset_or.keys.pepper import KeyringStore as K; K().set('a' * 64, b'p' * 32)"
GET = (
    "from reset_or.keys.pepper import KeyringStore as K\n"
    "from reset_or.base.errors import ResetOrError\n"
    "try: print(K().get('a' * 64))\n"
    "except ResetOrError as error: print(error.code)"
)


def in_session(account: Path, script: str, *arguments: str) -> str:
    """Runs a shell script in a D-Bus session of an account that lives in `account`; `$0` is Python."""
    allowed = {"PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH"}
    env = {name: value for name, value in os.environ.items() if name in allowed}
    account.mkdir(exist_ok=True)
    env |= {"HOME": str(account), "XDG_RUNTIME_DIR": str(account), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", script, sys.executable, *arguments],
        env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr[-2000:]


def test_the_store_in_memory_keeps_the_contract() -> None:
    key_store.keeps_what_it_was_given(MemoryKeyStore())


@needs_keyring
def test_the_keyring_of_the_system_keeps_the_contract(tmp_path: Path) -> None:
    script = UNLOCK + '"$0" -m tests.contracts.key_store'
    assert in_session(tmp_path / "account", script) == "kept"


@needs_keyring
def test_a_locked_keyring_is_told_from_a_missing_entry_and_from_no_keyring(tmp_path: Path) -> None:
    account = tmp_path / "account"
    in_session(account, UNLOCK + '"$0" -c "$1"', PUT)
    assert in_session(account, UNLOCK + '"$0" -c "$1"', GET) == str(b"p" * 32)
    assert in_session(account, START + '"$0" -c "$1"', GET) == "keyring_locked"
    assert in_session(tmp_path / "other", UNLOCK + '"$0" -c "$1"', GET) == "None"
    assert in_session(account, 'DBUS_SESSION_BUS_ADDRESS= "$0" -c "$1"', GET) == "keyring_unavailable"


def test_the_environment_can_switch_the_keyring_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    for call in (
        lambda: KeyringStore().get("a" * 64),
        lambda: KeyringStore().set("a" * 64, b"p" * 32),
        lambda: KeyringStore().delete("a" * 64),
    ):
        with pytest.raises(EnvironmentTrouble, match="keyring_unavailable"):
            call()


def test_the_store_in_memory_has_the_troubles_of_the_real_one() -> None:
    with pytest.raises(UserFixable, match="keyring_locked"):
        MemoryKeyStore(trouble="locked").get("a" * 64)
    with pytest.raises(EnvironmentTrouble, match="keyring_unavailable"):
        MemoryKeyStore(trouble="none").set("a" * 64, b"p" * 32)
