"""What the user's code is about to do with a value, read from the instruction that it is at.

`dis` names the instructions, so this holds for each version of Python that has it; what is not
recognised is None.
"""

from __future__ import annotations

import dis
from bisect import bisect_right
from types import CodeType, FrameType

Target = tuple[str, ...]
"""A variable, or a variable and an attribute of it: ("h",) or ("self", "h")."""

_STORES = frozenset({"STORE_FAST", "STORE_NAME", "STORE_DEREF", "STORE_GLOBAL"})
_DOUBLE_STORES = frozenset({"STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST"})
_ENTRY_STORES = frozenset({"STORE_SUBSCR", "STORE_SLICE"})
_SKIPPED = frozenset({"NOP", "NOT_TAKEN", "CACHE", "EXTENDED_ARG"})


class Instructions:
    """The instructions of some code, found by the address within it that `f_lasti` gives."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self._all = [i for i in dis.get_instructions(code) if i.opname not in _SKIPPED]
        self._offsets = [i.offset for i in self._all]

    def at(self, address: int) -> dis.Instruction:
        """The instruction that an address lies in."""
        return self._all[max(0, bisect_right(self._offsets, address) - 1)]

    def target(self, address: int) -> Target | None:
        """Where the value goes that the instruction at `address` gives: the first variable that it
        is stored in, at once or after what stands beside it (`a, b = x + y, x - y`). None where an
        operation takes it first.

        The value is followed by its depth in the stack; 0 is the top.
        """
        k = self._after(address)
        depth = 0
        while k is not None and k < len(self._all):
            step = self._all[k]
            name, count = step.opname, step.arg or 0
            if name in _STORES or name in _DOUBLE_STORES:
                if depth == 0:
                    return (str(step.argval if name in _STORES else step.argval[0]),)
                if depth == 1 and name == "STORE_FAST_STORE_FAST":
                    return (str(step.argval[1]),)
            elif name == "STORE_ATTR":
                loaded = self._all[k - 1]
                plain = loaded.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_NAME"))
                return (str(loaded.argval), str(step.argval)) if depth == 1 and plain else None
            elif name == "SWAP":
                depth = {0: count - 1, count - 1: 0}.get(depth, depth)
                k += 1
                continue
            elif name in ("BUILD_TUPLE", "UNPACK_SEQUENCE"):
                unpacked = name == "BUILD_TUPLE" and self._all[k + 1].opname == "UNPACK_SEQUENCE"
                if not unpacked or self._all[k + 1].arg != count:
                    return None
                depth = count - 1 - depth if depth < count else depth
                k += 2
                continue
            else:
                taken = _taken(name, count)
                if taken is None or depth < taken:
                    return None
            if name == "CALL":
                depth -= count + 1
            elif name != "PRECALL":  # in Python 3.11 it counts for a part of its CALL
                depth += dis.stack_effect(step.opcode, step.arg, jump=False)
            k += 1
        return None

    def puts_back(self, address: int) -> bool:
        """Whether the value of the instruction at `address` goes into entries: `a[i] += ...`."""
        after = self._all[bisect_right(self._offsets, address) :]
        names = [step.opname for step in after[:4] if step.opname != "SWAP"]
        return bool(names) and names[0] in _ENTRY_STORES

    def returns(self, address: int) -> bool:
        """Whether the value that the instruction at `address` gives is returned as it is."""
        k = self._after(address)
        return k is not None and self._all[k].opname == "RETURN_VALUE"

    def _after(self, address: int) -> int | None:
        """The number of the instruction that gets the value of the one at `address`."""
        k = bisect_right(self._offsets, address)
        if k and self._all[k - 1].opname == "PRECALL":  # one call in two instructions
            k += 1
        while k < len(self._all):
            step = self._all[k]
            if step.opname == "COPY" and step.arg == 1:  # a = b = ..., (a := ...)
                k += 1
            elif step.opname == "JUMP_FORWARD":  # x if ... else y
                k = bisect_right(self._offsets, step.argval - 1)
            else:
                return k
        return None


def writes_entries(frame: FrameType) -> bool:
    """Whether a frame is about to write into entries: `a[i] = ...`."""
    return Instructions(frame.f_code).at(frame.f_lasti).opname in _ENTRY_STORES


def _taken(name: str, count: int) -> int | None:
    """How many values an instruction takes from the stack; None for one that is not followed."""
    if name in ("LOAD_ATTR", "LOAD_METHOD") or name.startswith("UNARY_"):
        return 1
    if name.startswith(("LOAD_", "PUSH_NULL", "KW_NAMES", "PRECALL", "COPY")):
        return 0
    if name in ("BINARY_OP", "BINARY_SUBSCR", "COMPARE_OP"):
        return 2
    return count + 2 if name == "CALL" else None


def puts_back(frame: FrameType) -> bool:
    """Whether a frame is at the operator of `a[i] += ...`, whose result goes back into a."""
    return changes_in_place(frame) and Instructions(frame.f_code).puts_back(frame.f_lasti)


def changes_in_place(frame: FrameType) -> bool:
    """Whether a frame is at an operator such as `a += ...`."""
    step = Instructions(frame.f_code).at(frame.f_lasti)
    return step.opname == "BINARY_OP" and step.argrepr.endswith("=")
