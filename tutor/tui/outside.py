"""Programs that take the terminal for a while."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from textual.app import App, SuspendNotSupported

from tutor.session import editor
from tutor.session.refused import Refused

if TYPE_CHECKING:
    from tutor.session.session import Session


def run_editor(app: App[int], session: Session) -> str:
    """Open the file that is traced in the user's editor and wait; what to say afterwards."""
    try:
        command = editor.command(session)
        with app.suspend():
            code = subprocess.run(command, check=False).returncode
    except Refused as refusal:
        return str(refusal)
    except SuspendNotSupported:
        return "This terminal cannot be lent to an editor."
    except OSError as error:
        return f"The editor {command[0]} could not be started: {error.strerror}."
    if code:
        return f"The editor left with code {code}."
    return "Back from the editor. e on an input, or set x=1, runs the file as it is now."
