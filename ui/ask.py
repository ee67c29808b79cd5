"""Questions that stand between a wish and an act: a PIN to set or to give. Answers come by callback.

Nothing here blocks: a sheet is shown, and the act follows from its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ui.widgets.touch_keyboard import KeyNames

if TYPE_CHECKING:
    from reset_or.actions.context import Secret
    from ui.shell import Shell
    from ui.widgets.secret_line import SecretLine


def with_pin(shell: Shell, then: Callable[[], None]) -> None:
    """`then` once the active person has a PIN that lifts the cover in this session.

    A person without a PIN chooses one; a person who has one gives it, so that their key lies under it.
    """
    from ui.dialogs.pin import GivePinSheet, SetPinSheet

    user = shell.workspace.active

    def asked(has: bool) -> None:
        sheet = GivePinSheet(shell, user, then) if has else SetPinSheet(shell, user, then)
        shell.show_sheet(sheet)

    shell.do("store", lambda: shell.workspace.has_pin(user), asked)


def name_secret(shell: Shell, line: SecretLine, name: str) -> None:
    """The words of a password line and of the keys below it."""
    say = shell.say
    line.set_words(name, say("ui_shell.show_password"), say("ui_shell.hide_password"), key_names(shell))


def key_names(shell: Shell) -> KeyNames:
    """The words on our own keys."""
    say = shell.say
    return KeyNames(
        shift=say("ui_shell.keyboard_shift"),
        backspace=say("ui_shell.keyboard_delete"),
        space=say("ui_shell.keyboard_space"),
        enter=say("ui_shell.keyboard_enter"),
        letters=say("ui_shell.keyboard_letters"),
        signs=say("ui_shell.keyboard_symbols"),
    )


def name_of(shell: Shell, user: str) -> str:
    """The printed name of a person with a slot here, else the pseudonym."""
    tile = next((tile for tile in shell.workspace.settings.people if tile.user == user), None)
    return tile.name or user if tile is not None else user


def password(text: str) -> Secret:
    """A password as actions take it."""
    from reset_or.actions.context import Secret

    return Secret("password", text)


def pin(text: str) -> Secret:
    """A PIN as actions take it."""
    from reset_or.actions.context import Secret

    return Secret("pin", text)
