"""Files by the beginning of their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tutor.session.session import Session


def endings(session: Session, text: str) -> Sequence[str]:
    """Files that begin like this, for completion."""
    path = Path(text).expanduser()
    folder = path if text.endswith("/") else path.parent
    begun = "" if text.endswith("/") else path.name
    try:
        found = [one for one in folder.iterdir() if one.name.startswith(begun)]
    except OSError:
        return ()
    return sorted(str(one) + ("/" if one.is_dir() else "") for one in found)[:50]
