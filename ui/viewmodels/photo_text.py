"""The question about text in a photograph that is sealed already, without widgets.

It came where nobody could be asked: from the tower, by command line, from another computer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reset_or.actions import burned_text, resealing
from reset_or.actions.burned_text import Box
from reset_or.actions.views import PhotoView
from ui.viewmodels.photo_intake import LOOK_SIDE, seal
from ui.viewmodels.port import Net, Port


def open_question(photo: PhotoView) -> bool:
    """Whether text is likely in this photograph and nobody has said what it is."""
    return "text_likely" in photo.warnings and photo.burned_in is None


class SealedText:
    """`replaced(rec)`: the photograph that stands in place of the old one, or the same with its answer."""

    def __init__(self, port: Port, net: Net, replaced: Callable[[str], None]) -> None:
        self._port, self._net, self._replaced = port, net, replaced
        self._held: dict[str, Any] = {}
        self.busy = False

    def look(self, photo: str, got: Callable[[Any], None]) -> None:
        """`got(Looked)`: the picture, and the regions proposed. Errors are shown as everywhere."""
        if self.busy:
            return
        self.busy = True

        def opened(again: resealing.SealedAgain) -> None:
            def work() -> Any:
                taken = resealing.take_again(again)
                return taken, burned_text.look(taken, max_side=LOOK_SIDE)

            self._net(work, looked, self._failed)

        def looked(found: Any) -> None:
            self.busy = False
            self._held = {photo: found[0]}
            got(found[1])

        self._port.run(resealing.find_again, opened, failed=self._failed, photo=photo)

    def answer(self, photo: str, code: str, boxes: tuple[Box, ...] = ()) -> None:
        """`clean`: nothing in it names anybody; `black`: these regions are black in a new photograph."""
        taken = self._held.pop(photo, None)
        if taken is None or self.busy:
            return
        self.busy = True
        if code == "clean":
            self._port.run(resealing.say_no_text, self._done, failed=self._failed, photo=photo)
            return

        def black(made: Any) -> None:
            self._port.run(resealing.prepare_black, ready, failed=self._failed, photo=photo, taken=made)

        def ready(prepared: Any) -> None:
            seal(self._port, self._net, prepared, self._done, self._failed)

        self._net(lambda: burned_text.black_out(taken, boxes), black, self._failed)

    def forget(self) -> None:
        """No pixel stays behind a cover or on another page."""
        self._held.clear()

    def _done(self, saved: Any) -> None:
        self.busy = False
        self._replaced(str(saved.rec))

    def _failed(self, _error: Any) -> bool:
        self.busy = False
        return False
