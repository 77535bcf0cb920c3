"""Every operation of the engine, declared once each; REGISTRY holds them by name."""

from __future__ import annotations

from engine.ops import arithmetic as arithmetic
from engine.ops.declare import REGISTRY as REGISTRY
from engine.ops.declare import Op as Op
from engine.ops.declare import op as op
