"""The engine: scalar and tensor autodiff that records every forward and backward step."""

from __future__ import annotations

from engine import operators as _operators
from engine.arrays import tensors as _tensors
from engine.recording import record as record
from engine.recording import record_with as record_with
from engine.recording import step as step
from engine.state import no_grad as no_grad
from engine.state import scope as scope
from engine.tensor import Tensor as Tensor
from engine.trace import Event as Event
from engine.trace import Node as Node
from engine.trace import Trace as Trace

_operators.install()
_tensors.install()
