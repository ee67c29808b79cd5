"""The store as the net lane may use it: every call hops to the store lane and waits there.

So the encrypted store has one thread, and page queries go between two transactions of a sync.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reset_or.base.lanes import Lanes

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit


class LaneStore:
    """Looks like `Store`; see the module head."""

    def __init__(self, store: Store, lanes: Lanes) -> None:
        self._store = store
        self._lanes = lanes

    @contextmanager
    def transaction(self) -> Iterator[Unit]:
        """A unit filled here and committed on the store lane."""
        block = self._store.transaction()
        unit = self._lanes.call("store", block.__enter__)
        try:
            yield unit
        except BaseException:
            failed = sys.exc_info()
            self._lanes.call("store", lambda: block.__exit__(*failed))
            raise
        self._lanes.call("store", lambda: block.__exit__(None, None, None))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found
        return self._hopping(found)

    def _hopping(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def hop(*args: Any, **kwargs: Any) -> Any:
            return self._lanes.call("store", lambda: method(*args, **kwargs))

        return hop
