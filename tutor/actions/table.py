"""The action table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tutor.actions.action import Action
from tutor.actions.changes import CHANGES
from tutor.actions.interface import INTERFACE
from tutor.actions.keeping import KEEPING
from tutor.actions.looks import LOOKS
from tutor.actions.moves import MOVES
from tutor.actions.paneling import PANELING
from tutor.actions.stopping import STOPPING
from tutor.actions.understanding import UNDERSTANDING
from tutor.actions.zooms import ZOOMS

ACTIONS: tuple[Action, ...] = (
    *MOVES,
    *STOPPING,
    *LOOKS,
    *ZOOMS,
    *PANELING,
    *UNDERSTANDING,
    *CHANGES,
    *KEEPING,
    *INTERFACE,
)

BY_ID: Mapping[str, Action] = MappingProxyType({action.id: action for action in ACTIONS})
