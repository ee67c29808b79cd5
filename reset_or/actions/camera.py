"""The camera of this computer: open it, and which there are. Nothing is kept here; a shot is a photograph
like any other (photos.take_in). Off the screen's thread; no store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reset_or.trial.scheme import load_scheme

if TYPE_CHECKING:
    from reset_or.images.capture import Camera, CameraName


def open_camera(where: str, scheme: str) -> Camera:
    """`where` as in the settings. Raises camera_none, camera_in_use, camera_no_picture, camera_gone."""
    from reset_or.images.capture import Camera

    return Camera(where, load_scheme(scheme).photo)


def cameras() -> tuple[CameraName, ...]:
    """What can be chosen on this computer."""
    from reset_or.images.capture import cameras as found

    return found()
