"""The style sheet for Qt's own controls, written from tokens. Painted widgets do not need it. No Qt."""

from __future__ import annotations

from string import Template

from ui.style.tokens import Tokens

_SHEET = Template("""
QLabel { background: transparent; }
QMainWindow, QDialog, QWidget#page { background: $bg; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: ${p4}px; }

QFrame#card { background: $surface; border: 1px solid $line; border-radius: ${r_card}px; }
QFrame#card[tone="raised"] { background: $raised; }
QFrame#card[tone="bad"] { background: $bad_dim; border-color: $bad; }
QFrame#card[tone="accent"] { background: $accent_dim; border-color: $accent; }
QFrame#line { background: $line; border: none; }

QLineEdit, QTextEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox {
  background: $surface; color: $text; border: 2px solid $border; border-radius: ${r_ctl}px;
  padding: ${p4}px ${p12}px; selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit, QComboBox, QAbstractSpinBox { min-height: ${target_inner}px; }
QLineEdit:focus, QTextEdit:focus, QPlainTextEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {
  border: ${ring}px solid $text; padding: ${p3}px ${p11}px;
}
QLineEdit[wrong="true"], QComboBox[wrong="true"], QAbstractSpinBox[wrong="true"] { border-color: $bad; }
QLineEdit:disabled, QTextEdit:disabled, QPlainTextEdit:disabled, QComboBox:disabled,
QAbstractSpinBox:disabled {
  color: $text3; border-color: $line;
}
QLineEdit:read-only { background: $raised; border-color: $line; }
QComboBox::drop-down { border: none; width: ${p24}px; }
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $border; outline: none;
  selection-background-color: $accent_dim; selection-color: $accent;
}
QComboBox QAbstractItemView::item { min-height: ${target_inner}px; padding: 0 ${p8}px; }

QCheckBox, QRadioButton { spacing: ${p8}px; min-height: ${target_inner}px;
  border: ${ring}px solid transparent;  border-radius: ${r_small}px; padding: 0 ${p4}px; }
QCheckBox:focus, QRadioButton:focus { border-color: $text; }
QCheckBox::indicator, QRadioButton::indicator { width: ${p20}px; height: ${p20}px; border: 2px solid $border;
  background: $surface; }
QCheckBox::indicator { border-radius: ${r_tiny}px; }
QRadioButton::indicator { border-radius: ${r_dot}px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent; }
QRadioButton::indicator:checked { background: qradialgradient(cx:0.5, cy:0.5, radius:0.5, fx:0.5, fy:0.5,
  stop:0 $accent, stop:0.55 $accent, stop:0.6 $surface, stop:1 $surface); border-color: $accent; }
QCheckBox:disabled, QRadioButton:disabled { color: $text3; }

QDialogButtonBox QPushButton, QMessageBox QPushButton {
  background: $key; color: $text; border: 2px solid $keyline; border-radius: ${r_ctl}px;
  padding: 0 ${p16}px; min-height: ${target_inner}px;
}
QDialogButtonBox QPushButton:default, QMessageBox QPushButton:default {
  background: $accent; color: $on_accent; border-color: $accent;
}
QDialogButtonBox QPushButton:focus, QMessageBox QPushButton:focus { border: ${ring}px solid $text; }

QAbstractScrollArea { background: transparent; border: none; }
QScrollArea > QWidget > QWidget { background: transparent; }
QListView, QTreeView, QTableView { background: $surface; alternate-background-color: $raised; color: $text;
  border: 1px solid $line; border-radius: ${r_ctl}px; gridline-color: $line; outline: none;
  selection-background-color: $accent_dim; selection-color: $text; }
QListView:focus, QTreeView:focus, QTableView:focus { border: ${ring}px solid $text; }
QListView::item, QTreeView::item, QTableView::item { padding: ${p4}px ${p8}px; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
  background: $accent_dim; color: $text; }
QHeaderView { background: transparent; }
QHeaderView::section { background: $surface; color: $text2; border: none; border-bottom: 1px solid $line;
  padding: ${p8}px; }
QScrollBar:vertical { background: transparent; width: ${bar}px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: ${bar}px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: ${bar_r}px; }
QScrollBar::handle:vertical { min-height: ${target_inner}px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: ${target_inner}px; margin: 2px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSlider { min-height: ${target_inner}px; }
QSlider::groove:horizontal { height: ${p8}px; border-radius: ${p4}px; background: $pressed; }
QSlider::sub-page:horizontal { background: $accent; border-radius: ${p4}px; }
QSlider::handle:horizontal { background: $text; width: ${p24}px; margin: -${p8}px 0;
  border-radius: ${p12}px; }
QSlider:focus { border: ${ring}px solid $text; border-radius: ${r_small}px; }
QTabBar::tab { background: transparent; color: $text2; padding: ${p8}px ${p16}px;
  border-bottom: 3px solid $line; }
QTabBar::tab:selected { color: $accent; border-bottom-color: $accent; }
QTabBar::tab:focus { color: $text; }
QTabWidget::pane { border: none; }
QMenu { background: $raised; color: $text; border: 1px solid $border; }
QMenu::item { padding: ${p8}px ${p24}px; }
QMenu::item:selected { background: $accent_dim; color: $accent; }
""")


def style_sheet(tokens: Tokens, scale: float, target_px: int) -> str:
    """The whole sheet; `scale` is that of the window, `target_px` the least height of a control."""

    def px(value: float) -> int:
        return max(1, round(value * scale))

    numbers: dict[str, object] = {f"p{n}": px(n) for n in (4, 8, 12, 16, 20, 24)}
    numbers |= {
        "p3": max(0, px(4) - 1),
        "p11": max(0, px(12) - 1),
        "ring": tokens.size.focus_ring,
        "r_card": px(tokens.radius.card),
        "r_ctl": px(tokens.radius.control),
        "r_small": px(tokens.radius.small),
        "r_tiny": px(5),
        "r_dot": px(20) // 2 + 2,
        "bar": px(14),
        "bar_r": max(1, px(14) // 2 - 2),
        "target_inner": max(px(20), target_px - 2 * px(4) - 4),
    }
    colours: dict[str, object] = {k: v for k, v in vars(tokens).items() if isinstance(v, str)}
    return _SHEET.substitute(colours | numbers)
