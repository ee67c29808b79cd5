"""What the confirm page shows besides the secret: who, the arm, both lines, reasons, people, state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reset_or.base.clock import local_text
from ui.pages.case_head import show_identity
from ui.pages.confirm_parts import ConfirmParts
from ui.pages.margins_faces import arm_view, plate_view
from ui.style import theme
from ui.viewmodels.confirm import ConfirmModel
from ui.widgets.chips import Option
from ui.widgets.people_tiles import PersonView
from ui.widgets.read_back import ReadBackView

if TYPE_CHECKING:
    from ui.shell import Shell

_SIGNED = {"recorded": "recorded_by", "confirmed": "confirmed_by", "measured": "measured_by"}


class ConfirmScreen:
    """`show` puts the model's present state into the parts."""

    def __init__(self, shell: Shell, model: ConfirmModel, parts: ConfirmParts) -> None:
        self.shell, self.model, self.parts = shell, model, parts

    def show(self) -> None:
        self._show_head()
        self._show_lines()
        self._show_reasons()
        self._show_people()
        self._show_state()

    def _show_head(self) -> None:
        model, parts = self.model, self.parts
        assert model.both is not None
        view = model.both.view
        show_identity(parts.header, view, self.shell)
        own = model.step == "specimen"
        parts.heading.set_text(self.shell.say("confirm.heading_own" if own else "confirm.heading"))
        parts.blind.show_notice(
            self.shell.say("margins.independent") if view.blinded else "", "info", "eye-off"
        )
        arm = model.arm()
        parts.arm_card.setVisible(arm is not None)
        if arm is not None:
            parts.arm.set_view(arm_view(arm))
            parts.arm_words.set_words(self.shell.say("confirm.arm_first"), model.arm_words())

    def _show_lines(self) -> None:
        say = self.shell.say
        for row, line in zip(self.parts.rows, self.model.lines(), strict=False):
            unit = say("margins.unit") if line.value else ""
            words = say("confirm.quoted", words=line.words)
            row.set_view(ReadBackView(line.title, line.value, unit, words, line.note, plate_view(line.plate)))

    def _show_reasons(self) -> None:
        model, parts = self.model, self.parts
        line = model.reason_line()
        typing = theme.metrics().touch and not model.by_pin and bool(model.signer)
        # The keys take the place of the reasons, so a reason is chosen first.
        keys = typing and not model.blocks() and model.stage in ("recorded", "confirmed", "measured")
        parts.keyboard.setVisible(keys)
        parts.reason_card.setVisible(line is not None and not keys)
        if line is None:
            return
        side = self.shell.say(f"margins.{line.end}")
        parts.reason_title.set_text(self.shell.say("confirm.reason_title", side=side))
        options = [Option(code, text) for code, text in model.reasons()]
        if [(o.code, o.text) for o in options] != self._reasons_shown():
            parts.reasons.set_reasons(options)
        parts.reasons.choose((line.reason,) if line.reason else ())

    def _reasons_shown(self) -> list[tuple[str, str]]:
        tiles = (self.parts.reasons.tile(code) for code, _ in self.model.reasons())
        return [(tile.code, tile.text()) for tile in tiles if tile is not None]

    def _show_people(self) -> None:
        model, parts = self.model, self.parts
        shown = model.stage in ("recorded", "confirmed")
        parts.who_title.setVisible(shown)
        parts.people.setVisible(shown)
        key = "who_aloud" if model.stage == "recorded" else "who_signs"
        parts.who_title.set_text(self.shell.say(f"confirm.{key}"))
        people = [PersonView(p.user, p.name, p.note, p.enabled) for p in model.people()]
        parts.people.show_people(people, model.second)

    def _show_state(self) -> None:
        """What is settled already, or what stands in the way."""
        model, parts, say = self.model, self.parts, self.shell.say
        stage = model.stage
        assert model.both is not None
        zone = self.shell.workspace.clock.offset_min()
        signed = [
            say(f"confirm.{_SIGNED[meaning]}", name=s.name, time=local_text(s.at, zone, "%H:%M"))
            for meaning, s in model.standing().items()
        ]
        parts.state_icon.setVisible(stage in ("done", "blocked"))
        parts.state_title.setVisible(stage in ("done", "blocked"))
        if stage == "done":
            parts.state_icon.set_icon("circle-check", "ok")
            parts.state_title.setText(say("confirm.done_title"))
            parts.state_text.setText("\n".join([*signed, "", say("confirm.amend")]))
        elif stage == "blocked":
            blocks = model.blocks()
            parts.state_icon.set_icon("circle-alert", "short")
            parts.state_title.setText(blocks[0].title if blocks else say("confirm.nothing"))
            rest = [blocks[0].advice, *(block.title for block in blocks[1:])] if blocks else []
            parts.state_text.setText("\n\n".join(rest))
        else:
            parts.state_text.setText("\n".join(signed))
        parts.state_text.setVisible(bool(parts.state_text.text()))
