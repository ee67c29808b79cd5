"""What view models need of the shell: words, and a way to run actions. The shell has this shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language

Net = Callable[[Callable[[], Any], Callable[[Any], None], Callable[[ResetOrError], bool]], None]
"""`net(work, done, failed)` runs slow work that needs no store; answers come on the screen's thread."""


class Port(Protocol):
    """`run` calls `done(result)` later on the screen's thread; `failed` returns False to have it shown."""

    @property
    def language(self) -> Language: ...

    def say(self, key: str, /, **values: object) -> str: ...

    def run(
        self,
        action: Callable[..., Any],
        done: Callable[[Any], None] | None = None,
        /,
        *,
        failed: Callable[[ResetOrError], bool] | None = None,
        **kwargs: Any,
    ) -> None: ...
