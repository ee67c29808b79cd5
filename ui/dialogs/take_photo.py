"""Taking photographs inside the application: live picture, light, shutter by button, Space or a pedal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.viewmodels.camera import CameraModel
from ui.viewmodels.photos import PhotosModel
from ui.widgets.buttons import Button
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.images import image_of
from ui.widgets.info_line import InfoLine
from ui.widgets.live_view import LiveView

if TYPE_CHECKING:
    from ui.shell import Shell

LOOK_MS: Final = 80
_NO_PEDAL: Final = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Space})
_ALONE: Final = frozenset({Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta})


class TakePhotoSheet(Sheet):
    """Every shot goes to `photos`, into its open case. Hidden (cover, lock), the camera is free."""

    def __init__(self, shell: Shell, photos: PhotosModel) -> None:
        super().__init__(shell, width_px=860)
        self._photos = photos
        self._learning = False
        settings = shell.workspace.settings
        self.model = CameraModel(
            shell, shell.workspace.clock, shell.net,
            settings.scheme, self._show, lambda source: photos.add([source]),
        )  # fmt: skip
        self.view = LiveView(self.card)
        self.light = InfoLine(self.card)
        self.devices = ChoiceChips((), self.card)
        self.devices.chosen.connect(self._choose)
        self.pedal = Button("", "ghost", "keyboard", self.card, size_px=15)
        self.pedal.clicked.connect(self._learn)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        row.addWidget(self.devices, 1)
        row.addWidget(self.pedal)
        row.addStretch(0)
        for part in (self.view, self.light):
            self.content.addWidget(part)
        self.content.addLayout(row)
        self.done = self.add_button("", "outline")
        self.done.clicked.connect(self.dismiss)
        self.again = self.add_button("", "outline", "refresh-cw")
        self.again.clicked.connect(self._open)
        self.shutter = self.add_button("", "primary", "camera")
        self.shutter.clicked.connect(self.model.shoot)
        self._key = QShortcut(self)
        self._key.setAutoRepeat(False)
        self._key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._key.activated.connect(self.model.shoot)
        self._set_key(settings.shutter_key)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.model.look)
        self._frame: Any = None
        self._said: Any = None

    # life ---------------------------------------------------------------------------------------------
    def first_focus(self) -> QWidget | None:
        return self.view

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._open()
        self.model.find()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Closed or covered: nothing is seen and the camera is free."""
        self._timer.stop()
        self.model.close()
        self._frame = None
        self.view.show_frame(QImage(), False)
        super().hideEvent(event)

    def retranslate(self) -> None:
        say = self.shell.say
        self.done.setText(say("photos.camera_done"))
        self.again.setText(say("photos.camera_again"))
        self.shutter.setText(say("photos.camera_shoot"))
        self._show()

    # acts ---------------------------------------------------------------------------------------------
    def _open(self) -> None:
        self.model.open(self.shell.workspace.settings.camera)
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, where: str) -> None:
        self.shell.workspace.save_settings(camera=where)
        self._open()

    def _learn(self) -> None:
        self._learning = True
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def _set_key(self, name: str) -> None:
        self._key.setKey(QKeySequence(name))
        self._key.setEnabled(bool(name))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._learning and event.key() not in _ALONE:
            self._learning = False
            if event.key() not in _NO_PEDAL:
                name = QKeySequence(event.keyCombination()).toString()
                self.shell.workspace.save_settings(shutter_key=name)
                self._set_key(name)
            self._show()
        elif event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.model.shoot()
        else:
            super().keyPressEvent(event)
        event.accept()

    # showing ------------------------------------------------------------------------------------------
    def _show(self) -> None:
        say, model, view = self.shell.say, self.model, self._photos.view
        subject = view.subject if view is not None and view.subject else say("photos.specimen")
        lead = say("photos.camera_taken", n=model.taken) if model.taken else say("photos.camera_lead")
        words = (say("photos.camera_title", subject=subject), lead)
        if words != (self.title.text(), self.lead.text()):
            self.set_title(*words)
        if model.words()[0] != self.light.text():
            self.light.show_notice(*model.words())
        if model.live is not self._frame:
            self._frame = model.live
            image = image_of(model.live) if model.live is not None else QImage()
            self.view.show_frame(image, model.live is not None and model.live.good)
        self.view.setAccessibleName(say("photos.camera_title", subject=subject))
        self.shutter.setEnabled(model.ready and not model.taking)
        self.again.setVisible(model.trouble is not None)
        self._show_choices()

    def _show_choices(self) -> None:
        say, settings = self.shell.say, self.shell.workspace.settings
        names = dict(self.model.names)
        if settings.camera.startswith("folder:"):
            names[settings.camera] = say("photos.camera_folder")
        chosen = settings.camera or next(iter(names), "")
        if (names, chosen) != self._said:  # not with every picture
            self._said = (names, chosen)
            self.devices.set_options([Option(where, name) for where, name in names.items()])
            self.devices.choose(chosen)
            self.devices.setVisible(len(names) > 1)
        if self._learning:
            words = say("photos.pedal_press")
        elif settings.shutter_key:
            words = say("photos.pedal_is", key=settings.shutter_key)
        else:
            words = say("photos.pedal_choose")
        self.pedal.setText(words)
