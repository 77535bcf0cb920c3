"""Every operation of the engine, declared once each; REGISTRY holds them by name."""

from __future__ import annotations

from engine.ops import activations as activations
from engine.ops import arithmetic as arithmetic
from engine.ops import compare as compare
from engine.ops import conv as conv
from engine.ops import elementwise as elementwise
from engine.ops import index as index
from engine.ops import linalg as linalg
from engine.ops import loss as loss
from engine.ops import reduce as reduce
from engine.ops import shape as shape
from engine.ops.declare import REGISTRY as REGISTRY
from engine.ops.declare import Op as Op
from engine.ops.declare import op as op
