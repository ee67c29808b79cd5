"""The sheet that sends a case's images to others: a folder, an archive (C-STORE), or DICOMweb (STOW-RS)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QWidget

from reset_or.actions.dicom_places import DicomPlace, read_port, remembered, web_problem
from reset_or.base.errors import ResetOrError
from ui.dialogs.sheet import Sheet
from ui.saving import ask_pem
from ui.style import theme
from ui.viewmodels.dicom_export import ExportModel
from ui.widgets.buttons import Button
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.fields import Check, Field, TextInput
from ui.widgets.labels import Label, Paragraph
from ui.widgets.progress_bar import ProgressBar

if TYPE_CHECKING:
    from ui.shell import Shell

_KINDS = ("folder", "pacs", "web")
_SHOWN = {
    "folder": ("folder",),
    "pacs": ("host", "port", "called", "calling", "ca", "cert", "key"),
    "web": ("url", "user", "password", "ca"),
}
_ROWS = (
    ("folder",), ("url",), ("host", "port"), ("called", "calling"), ("user", "password"), ("ca",),
    ("cert", "key"),
)  # fmt: skip
_FILES = ("ca", "cert", "key")
_LOOK_MS = 150


class ExportSheet(Sheet):
    """Where to is remembered on this computer, the password never."""

    def __init__(self, shell: Shell, case: str, subject: str) -> None:
        super().__init__(shell, width_px=720)
        self._subject = subject
        self.place = remembered(shell.workspace.settings.dicom)
        self.model = ExportModel(
            shell, shell.net, case, self._show,
            self._problem,
        )  # fmt: skip
        self.kinds = ChoiceChips((), self.card)
        self.inputs: dict[str, QLineEdit] = {
            name: TextInput(self.card, secret=name == "password", most=400) for row in _ROWS for name in row
        }
        self.fields = {name: Field("", line, "", self.card) for name, line in self.inputs.items()}
        self.tls = Check("", self.card)
        self.browse = {
            name: Button("", "outline", parent=self.card, size_px=15) for name in ("folder", *_FILES)
        }
        self.progress = ProgressBar(self.card)
        self.words = Label("", "body", "text", self.card)
        self.note = Paragraph("", "body", "text", self.card)
        self._fill()
        self.cancel = self.add_button("", "outline")
        self.go = self.add_button("", "primary", "upload")
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._show_progress)
        self._connect()

    def _fill(self) -> None:
        self.content.addWidget(self.kinds)
        self._rows: list[QWidget] = []
        for names in _ROWS:
            place = QWidget(self.card)
            row = QHBoxLayout(place)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(theme.px(12))
            for name in names:
                row.addWidget(self.fields[name], 1, Qt.AlignmentFlag.AlignTop)
                if name in self.browse:
                    row.addWidget(self.browse[name])
            self._rows.append(place)
            if names == ("ca",):
                self.content.addWidget(self.tls)
            self.content.addWidget(place)
        for part in (self.words, self.progress, self.note):
            self.content.addWidget(part)
        said = self.place
        for name in ("host", "called", "calling", "url", "user", *_FILES):
            self.inputs[name].setText(str(getattr(said, name)))
        self.inputs["port"].setText(str(said.port))
        self.tls.setChecked(said.tls)

    def _connect(self) -> None:
        self.kinds.chosen.connect(self._kind)
        self.cancel.clicked.connect(self._leave)
        self.go.clicked.connect(self.submit)
        self.browse["folder"].clicked.connect(self._ask_folder)
        self.tls.toggled.connect(lambda _on: self._show())
        for name in _FILES:
            self.browse[name].clicked.connect(partial(ask_pem, self.fields[name], self.inputs[name]))
        for line in self.inputs.values():
            line.returnPressed.connect(self.submit)
        self.closed.connect(self.model.close)

    def first_focus(self) -> QWidget | None:
        return self.kinds.chip(self.place.kind)

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("export.title", subject=self._subject), say("export.lead"))
        self.kinds.set_options([Option(code, say(f"export.kind_{code}")) for code in _KINDS])
        for name, field in self.fields.items():
            hint = say(f"export.{name}_hint") if name in ("folder", "password", *_FILES) else ""
            field.set_name(say(f"export.{name}"), hint)
        self.tls.setText(say("export.tls"))
        for button in self.browse.values():
            button.setText(say("export.browse"))
        self._show()

    # acts -------------------------------------------------------------------------------------------
    def _kind(self, code: str) -> None:
        self.place = replace(self.place, kind=code)
        self.clear_error()
        self._show()

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self.shell.say("export.folder"))
        if chosen:
            self.inputs["folder"].setText(chosen)

    def submit(self) -> None:
        """Send, or send all the same, or close when it is done."""
        if self.model.phase == "done":
            self.dismiss()
        elif self.model.phase == "asking":
            self.model.send()
        elif self.model.phase == "form" and self._read():
            self.clear_error()
            place, workspace = self.place, self.shell.workspace
            self.shell.do("store", lambda: workspace.save_settings(dicom=place.to_remember()))
            folder, password = self.inputs["folder"].text().strip(), self.inputs["password"].text()
            self.model.start(place, folder=Path(folder) if folder else None, password=password)

    def _read(self) -> bool:
        """What was typed becomes `place`; what cannot be is said below its field."""
        said = {name: line.text().strip() for name, line in self.inputs.items()}
        self.place = DicomPlace(
            self.place.kind, said["host"], read_port(said["port"]), said["called"], said["calling"],
            self.tls.isChecked(), said["ca"], said["url"], said["user"], said["cert"], said["key"],
        )  # fmt: skip
        wrong = set(self.place.wrong())
        if self.place.kind == "folder" and not said["folder"]:
            wrong.add("folder")
        plain = "url" in wrong and web_problem(self.place.url) == "dicom_web_plain"
        for name, field in self.fields.items():
            code = "plain" if plain and name == "url" else name
            field.set_wrong(self.shell.say(f"export.wrong_{code}") if name in wrong else "")
        self.fit_window()
        return not wrong

    def _leave(self) -> None:
        if self.model.phase == "sending":
            self.model.stop()
            self.cancel.setEnabled(False)
        else:
            self.dismiss()

    def _problem(self, error: ResetOrError) -> None:
        self.show_error(error)

    # showing ----------------------------------------------------------------------------------------
    def _show(self) -> None:
        model, say, form = self.model, self.shell.say, self.model.phase == "form"
        self.dismissible = model.phase != "sending"
        self.kinds.choose(self.place.kind)
        self.kinds.setVisible(form)
        shown = _SHOWN[self.place.kind] if form else ()
        if self.place.kind == "pacs" and not self.tls.isChecked():
            shown = tuple(name for name in shown if name not in _FILES)
        for name, field in self.fields.items():
            field.setVisible(name in shown)
            if name in self.browse:
                self.browse[name].setVisible(name in shown)
        for place, names in zip(self._rows, _ROWS, strict=True):
            place.setVisible(any(name in shown for name in names))
        self.tls.setVisible("host" in shown)
        self.cancel.setEnabled(True)
        self.cancel.setVisible(model.phase != "done")
        self.cancel.setText(say("export.stop" if model.phase == "sending" else "ui_shell.cancel"))
        self.go.setVisible(model.phase in ("form", "asking", "done"))
        goes = {"asking": "export.send_anyway", "done": "export.close"}
        self.go.setText(say(goes.get(model.phase, "export.send")))
        self.go.set_icon_name("check" if model.phase == "done" else "upload")
        self._show_words()
        self.fit_window()

    def _show_words(self) -> None:
        model, say = self.model, self.shell.say
        busy = model.phase in ("gathering", "sending")
        self._timer.start() if busy else self._timer.stop()
        self.progress.setVisible(busy)
        self.words.setVisible(busy or model.phase == "done")
        self.note.setVisible(model.phase in ("asking", "done"))
        if model.phase == "asking":
            self.note.setText(say("export.unsaid", numbers=", ".join(model.unsaid)))
        elif model.phase == "done":
            self.words.set_text(model.result())
            self.note.setText("\n".join(line.text for line in model.lines))
            self.setAccessibleDescription(model.result())
            self.go.setFocus()
        else:
            self._show_progress()

    def _show_progress(self) -> None:
        model, say = self.model, self.shell.say
        if model.phase == "sending":
            words = say("export.sending", done=model.gone, all=model.all)
        else:
            words = say("export.gathering")
        self.progress.set_part(model.gone / model.all if model.all else 0.0, words)
        self.words.set_text(words)
