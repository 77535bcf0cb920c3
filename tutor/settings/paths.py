"""The folders a person's files lie in.

They follow the platform's custom. ``BACKPROP_TUTOR_HOME`` moves all of them under one folder: for
tests, for a stick, for trying something out.
"""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "BACKPROP_TUTOR_HOME"
_NAME = "backprop-tutor"


def data_folder() -> Path:
    """Return the folder for what a person made (not created yet)."""
    return _folder("data")


def config_folder() -> Path:
    """Return the folder for what a person chose (not created yet)."""
    return _folder("config")


def state_folder() -> Path:
    """Return the folder for what can be lost without harm: recent things, reports (not created)."""
    return _folder("state")


def _folder(kind: str) -> Path:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home).expanduser() / kind
    # Imported here: the start-up of every command goes through this module, few need a folder.
    import platformdirs

    if kind == "data":
        return platformdirs.user_data_path(_NAME, appauthor=False)
    if kind == "config":
        return platformdirs.user_config_path(_NAME, appauthor=False)
    return platformdirs.user_state_path(_NAME, appauthor=False)
