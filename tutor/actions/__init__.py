"""The one table of what can be done: keys, footer, palette, help and line mode all read it."""

from __future__ import annotations

from tutor.actions.action import LEADER as LEADER
from tutor.actions.action import Action as Action
from tutor.actions.action import key_label as key_label
from tutor.actions.footer import footer as footer
from tutor.actions.table import ACTIONS as ACTIONS
from tutor.actions.table import BY_ID as BY_ID
