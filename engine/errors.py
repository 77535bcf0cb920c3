"""What the engine says when it refuses: one line that names the op, the shapes and the nodes."""

from __future__ import annotations


class EngineError(Exception):
    """Root of everything the engine refuses; `op` is the op at fault, where there is one."""

    def __init__(self, message: str, *, op: str | None = None) -> None:
        super().__init__(message)
        self.op = op


class ShapeError(EngineError, ValueError):
    """Operands whose shapes, axes or parameters an op cannot take."""


class GradientError(EngineError, RuntimeError):
    """A backward pass that cannot be run as asked (no scalar, wrong gradient shape, no graph)."""


class LeavesGraphError(EngineError, RuntimeError):
    """A recorded tensor was about to become a plain number, which would cut the gradient."""


class DeviceError(EngineError, RuntimeError):
    """A device that is not there, or arrays of two devices beside each other."""
