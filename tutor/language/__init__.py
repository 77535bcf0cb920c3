"""The language of expressions: text -> typed syntax tree with source spans -> Tensors.

`parse(text)` gives a `Program`; `Program.function()` is what the engine records. Whatever is typed,
the only error is `LanguageError`, with a reason, a message and a span. Nothing is ever executed.
The lines of a derivation, `dL/dw = 2*(a - y)*x`, are read by `tutor.language.derivation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tutor.language.errors import LanguageError as LanguageError
from tutor.language.parser import parse as parse
from tutor.language.tree import Program as Program
from tutor.language.unparse import unparse as unparse
from tutor.language.words import words as words

if TYPE_CHECKING:
    from tutor.language.inputs import Given as Given
    from tutor.language.inputs import bind as bind
    from tutor.language.inputs import parse_at as parse_at
    from tutor.language.inputs import read_at as read_at
    from tutor.language.inputs import typed as typed


def __getattr__(name: str) -> Any:
    """What reads the values of inputs, imported when it is asked for: to judge needs none of it."""
    if name not in ("Given", "bind", "parse_at", "read_at", "typed"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from tutor.language import inputs

    return getattr(inputs, name)
