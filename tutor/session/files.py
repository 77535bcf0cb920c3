"""Files as a person names them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tutor.render.sanitise import sanitise
from tutor.session.refused import Refused


def path_of(text: str) -> Path:
    """The path that was typed. Raises Refused for what names no file."""
    try:
        path = Path(text.strip()).expanduser()
    except RuntimeError:  # ~nobody
        path = Path()
    if path.name in ("", "..") or "\0" in text:
        raise Refused(f"{sanitise(text.strip())} names no file", 0, len(text))
    return path


def endings(sitting: object, text: str) -> Sequence[str]:
    """Files that begin like this, for completion."""
    begun = "" if text.endswith("/") else Path(text).name
    try:
        path = Path(text).expanduser()
        folder = path if text.endswith("/") else path.parent
        found = [one for one in folder.iterdir() if one.name.startswith(begun)]
    except (OSError, RuntimeError, ValueError):
        return ()
    return sorted(str(one) + ("/" if one.is_dir() else "") for one in found)[:50]
