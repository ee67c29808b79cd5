"""How the server says no: one exception that carries a numbered problem."""

from __future__ import annotations

from reset_or.base.errors import UserFixable
from reset_or.wire.problems import Problem


class Refused(UserFixable):
    """Ends a request with the problem; nothing was stored."""

    def __init__(
        self, code: str, /, *, retry_s: int | None = None, offset: int | None = None, why: str | None = None
    ) -> None:
        super().__init__(code)
        self.problem = Problem(code, retry_s=retry_s, offset=offset, why=why)
