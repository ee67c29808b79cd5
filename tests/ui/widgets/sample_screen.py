"""A margin screen put together from the kit, as a page would, to look for cut text and lost keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import OR_DARK, Tokens
from ui.widgets.arm_plate import ArmView
from ui.widgets.bowel_diagram import BowelDiagram
from ui.widgets.bowel_view import BowelView, EndBands, EndView
from ui.widgets.buttons import Button, IconButton
from ui.widgets.case_header import CaseHeader, IdentityView
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.elapsed_clock import ElapsedClock
from ui.widgets.keypad import Keypad
from ui.widgets.labels import IconText
from ui.widgets.margin_card import MarginCard, MarginCardView
from ui.widgets.plate import PlateView
from ui.widgets.step_bar import StepBar, StepView

REDUCED = {"proximal": EndBands(50, 45, 50, 60, 75), "distal": EndBands(30, 25, 30, 35, 40)}
CONVENTIONAL = {"proximal": EndBands(100, 90, 100, 150), "distal": EndBands(50, 45, 50, 80)}


@dataclass(frozen=True)
class Words:
    """The longest words of one language that the screen has to hold."""

    back: str
    details: str
    arm: str
    titles: tuple[str, str]
    target: str
    states: tuple[str, str, str, str]
    plates: tuple[str, ...]
    caption: str
    from_target: str
    sides: tuple[str, str]
    tumour: str
    clock: tuple[str, str]
    footer: tuple[str, str, str]
    steps: tuple[str, str, str]
    saved: str
    confirm: str


WORDS = {
    "en": Words(
        "Cases", "F · 61 y · Room 3 · 22 Nov 2026 · WXM", "CONVENTIONAL",
        ("Proximal margin", "Distal margin"), "Target", ("In vivo", "Exteriorised", "Fresh", "Fixed"),
        ("In range", "Within measuring tolerance", "Shorter than protocol range", "Other-arm length",
         "Long, noted", "Estimate only, not decisive", "Not entered"),
        "4.6 · est. in vivo 5.4 (4.8–6.1)", "to be reviewed", ("PROXIMAL", "DISTAL"), "Tumour\n4.2 cm",
        ("8 min 47 s since removal", "within 10 min advised"),
        ("Undo distal → 2.6", "+ Extra segment", "Not measured…"), ("Plan", "Record", "Specimen"),
        "Draft kept 14:32", "Read back",
    ),
    "zh": Words(
        "受试者", "女 · 61 岁 · 3 号手术间 · 2026年11月22日 · WXM", "缩小切除范围组",
        ("近端切缘距离", "远端切缘距离"), "目标",
        ("在体（腹腔内）", "拖出体外（未离断）", "离体新鲜", "固定后"),
        ("符合方案范围", "允许误差内", "短于方案范围", "达到另一组范围", "偏长（已记录）",
         "推算值，不能判定", "未录入"),
        "标本实测 4.6 · 推算在体约 5.4（4.8–6.1）", "待判定", ("近端（口侧）", "远端（肛侧）"),
        "肿瘤\n4.2 cm", ("已离体 8 分 47 秒", "建议 10 分钟内"), ("撤销远端 → 2.6", "+ 补切", "未测…"),
        ("计划", "记录", "标本"), "草稿已保存 14:32", "唱读复核",
    ),
}  # fmt: skip


class SampleScreen(QWidget):
    """Header, diagram, two cards, footer; with a keypad when the theme says touch."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words = words
        self.header = self._make_header()
        self.diagram = BowelDiagram()
        self.cards = (MarginCard(), MarginCard())
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(14)] * 4)
        column.setSpacing(theme.px(10))
        column.addWidget(self.header)
        body, left, row = QHBoxLayout(), QVBoxLayout(), QHBoxLayout()
        left.addWidget(self.diagram, 6)
        left.addLayout(row, 7)
        self.chips: list[ChoiceChips] = []
        for card in self.cards:
            chips = ChoiceChips([Option(str(i), text) for i, text in enumerate(words.states)])
            self.chips.append(chips)
            card.add_chips(chips)
            row.addWidget(card, 1)
        body.addLayout(left, 1)
        if theme.metrics().touch:
            body.addWidget(Keypad("backspace"))
        column.addLayout(body, 1)
        column.addLayout(self._make_footer())
        self.fill(0)

    def _make_header(self) -> CaseHeader:
        words = self.words
        header = CaseHeader(words.back)
        header.set_identity(IdentityView("03-0147", words.details, "NCT07038122"))
        header.set_arm(ArmView(words.arm, "10 / 5 cm", "", 100, 50))
        self.clock = ElapsedClock(lambda _elapsed: words.clock)
        self.clock.set_run(0, 600_000)
        self.clock.tick(527_000)
        header.add_middle(self.clock)
        for icon in ("sun", "languages", "lock"):
            header.add_button(IconButton(icon, icon))
        return header

    def _make_footer(self) -> QHBoxLayout:
        words, footer = self.words, QHBoxLayout()
        self.footer = [Button(text, "outline") for text in words.footer]
        for button in self.footer:
            footer.addWidget(button)
        self.steps = StepBar([StepView(text, text) for text in words.steps])
        footer.addWidget(self.steps)
        footer.addStretch(1)
        footer.addWidget(IconText("lock", words.saved))
        self.confirm = Button(words.confirm, "primary", "user-check")
        footer.addWidget(self.confirm)
        return footer

    def fill(self, plate: int) -> None:
        """Show the plate word number `plate` on both cards, with long neighbours."""
        words = self.words
        word = words.plates[plate]
        for i, card in enumerate(self.cards):
            view = PlateView("short_warning", "bright", word, "\u221210.3 cm", words.from_target)
            card.set_view(
                MarginCardView(
                    words.titles[i], "10.3", "cm", words.target, "10.0", "10.0 \u2013 15.0", (words.caption,),
                    view, i == 1, False, word,
                )
            )  # fmt: skip
        bands = CONVENTIONAL
        ends = [EndView(103, "short_warning", "bright", bands[name]) for name in ("proximal", "distal")]
        self.diagram.set_view(
            BowelView(ends[0], EndView(46, "within_tolerance", "neutral", bands["distal"]), 42, "raised",
                      words.tumour, *words.sides, "both margins")
        )  # fmt: skip

    def elided(self) -> set[str]:
        """Every text that did not fit at the last paint."""
        found: set[str] = set()
        for part in self.findChildren(QWidget):
            writer = getattr(part, "writer", None)
            if writer is not None and part.isVisible():
                found |= writer.elided
        return found


def dress(
    app: QApplication, size: QSize, look: Tokens = OR_DARK, *, touch: bool = False, px_per_mm: float = 4.4
) -> None:
    """Theme and scale for a window of this size."""
    theme.apply(app, look, theme.Metrics.for_window(size, px_per_mm, touch))
