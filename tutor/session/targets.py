"""TARGET: an expression, a function of a file, or a recorded trace. From its text to a session."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tutor.language import Given, bind, parse
from tutor.session.origin import Expression, File, Recorded
from tutor.session.session import DEFAULT_RATE, Session, begun, edit_inputs, rewound, start

Target = Literal["expression", "file", "recorded"]
SUFFIX = ".bptrace"
"""`engine.document.SUFFIX`, without the cost of importing that before the first frame."""

_FILE = re.compile(r"[^\s].*\.py(:[^:/\\]*)?", re.DOTALL)


def kind_of(text: str) -> Target:
    """What a text names. It is decided by how the text ends, not by what there is on disk."""
    word = text.strip()
    if word.endswith(SUFFIX):
        return "recorded"
    return "file" if _FILE.fullmatch(word) else "expression"


def opened(
    text: str,
    given: Mapping[str, Given],
    *,
    upstream: Any = None,
    dtype: str | None = None,
    rate: float = DEFAULT_RATE,
    seed: int = 0,
) -> Session:
    """The session on a target, at its beginning.

    given: values of inputs, as `read_at` reads them; of a recorded trace those that shall be other
    ones. seed: the random seed of a file.

    Raises LanguageError, FunctionError (of a file), DocumentError (of a trace) or EngineError.
    """
    kind = kind_of(text)
    if kind == "expression":
        program = parse(text)
        inputs = bind(program, given)
        return start(Expression(program), inputs, upstream=upstream, dtype=dtype, rate=rate)
    values = {name: one.value for name, one in given.items()}
    if kind == "file":
        origin = File.of(text.strip(), seed)
        return start(origin, values, upstream=upstream, dtype=dtype, rate=rate)
    path = Path(os.path.expanduser(text.strip()))
    return recorded(path, values, upstream=upstream, dtype=dtype, rate=rate)


def recorded(
    path: Path,
    values: Mapping[str, Any],
    *,
    upstream: Any = None,
    dtype: str | None = None,
    rate: float = DEFAULT_RATE,
) -> Session:
    """The session on a trace document. With other values for some inputs, another seed or another
    dtype its graph is run again."""
    from engine.document import load

    document = load(path)
    origin = Recorded(document.trace.passes[0], path.name, document.source)
    session = begun(origin, document.trace, upstream=upstream, dtype=dtype, rate=rate)
    if values:
        return rewound(edit_inputs(session, values))
    if upstream is not None or dtype is not None:
        return start(origin, session.inputs, upstream=upstream, dtype=dtype, rate=rate)
    return session
