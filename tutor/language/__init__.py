"""The language of expressions: text -> typed syntax tree with source spans -> Tensors.

`parse(text)` gives a `Program`; `Program.function()` is what the engine records. Whatever is typed,
the only error is `LanguageError`, with a reason, a message and a span. Nothing is ever executed.
The lines of a derivation, `dL/dw = 2*(a - y)*x`, are read by `tutor.language.derivation`.
"""

from __future__ import annotations

from tutor.language.errors import LanguageError as LanguageError
from tutor.language.inputs import Given as Given
from tutor.language.inputs import bind as bind
from tutor.language.inputs import parse_at as parse_at
from tutor.language.inputs import read_at as read_at
from tutor.language.inputs import typed as typed
from tutor.language.parser import parse as parse
from tutor.language.tree import Program as Program
from tutor.language.unparse import unparse as unparse
from tutor.language.words import words as words
