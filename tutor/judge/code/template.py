"""The file in which a learner writes a backward pass: the forward pass given, `dX = None` to fill.

The file runs alone, with NumPy and nothing else. Its first line says which exercise it is for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from tutor.judge.code.numpy_text import SOURCES, UnwritableError, needed, numpy_text
from tutor.judge.code.shapes import shape_text
from tutor.judge.code.task import FUNCTION, Task, TaskError
from tutor.judge.exercise import Variable
from tutor.render.sanitise import sanitise

HEADER = "# backprop check:"
"""How the line begins that says which exercise a file is for."""

_WIDTH = 88
_HEADER = re.compile(r"#[ \t]*backprop[ \t]+check[ \t]*:[ \t]*(?P<name>\S[^\r\n]*?)[ \t]*", re.I)
_FIRST_LINES = 40
_GLUE = "\x00"


def template(task: Task, exercise: str) -> str:
    """The file for a task. exercise: its name on the shelf, or the path of its file.

    Raises TaskError for a forward line that has no text in NumPy.
    """
    inputs = [task.spelled[name] for name in task.arguments]
    try:
        body = list(_body(task))
        used = [name for _, term in task.exercise.forward for name in needed(term)]
    except UnwritableError as error:
        raise TaskError(f"its forward lines cannot be written in NumPy: {error}") from error
    functions = [SOURCES[name] for name in dict.fromkeys(used)]
    imports = "import math\n\nimport numpy as np\n" if "erf" in used else "import numpy as np\n"
    head = "\n".join([f"{HEADER} {sanitise(exercise)}", *_words(task)]) + f"\n\n{imports}"
    definition = f"def {FUNCTION}({', '.join(inputs)}):"
    function = "\n".join([definition, *(f"    {line}".rstrip() for line in body)]) + "\n"
    return "\n\n".join([head, *functions, function, _example(task)])


def exercise_of(text: str) -> str | None:
    """The exercise that a file says it is for, in a comment near its top; None if it does not."""
    for line in text.splitlines()[:_FIRST_LINES]:
        match = _HEADER.fullmatch(line.strip())
        if match is not None:
            return match["name"]
    return None


def _words(task: Task) -> Iterator[str]:
    """What the file is and what to do, as comments."""
    loss = task.spelled[task.loss]
    title = sanitise(task.exercise.title)
    yield "#"
    if title:
        yield from _comment(f"{title}.")
    first = task.wanted[0]
    yield from _comment(
        f"Write the backward pass by hand. Each dX is the gradient of {loss} by one quantity, in "
        f"that quantity's shape: {task.gradients[first]} is d{loss}/d{task.spelled[first]}. Put "
        "NumPy expressions in the place of None, from the first line to the last, and run"
    )
    yield "#     backprop check THIS_FILE"


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH - 2, break_on_hyphens=False)]


def _body(task: Task) -> Iterator[str]:
    names = [variable.name for variable in task.exercise.variables]
    shapes = [f"{task.spelled[name]} {shape_text(task, name)}" for name in names]
    together = ", ".join(shape.replace(" ", _GLUE) for shape in shapes)
    yield from [line.replace(_GLUE, " ") for line in _comment(f"shapes: {together}")]
    yield from _sizes(task)
    yield ""
    yield "# the forward pass"
    for name, text in _forward(task):
        shape = shape_text(task, name)
        yield f"{text}  # {shape}" if shape != "()" else text
    yield ""
    yield "# the backward pass"
    yield f"{task.gradients[task.loss]} = 1.0"
    for name in task.wanted:
        shape = shape_text(task, name)
        yield f"{task.gradients[name]} = None  # {shape if shape != '()' else 'a number'}"
    yield ""
    yield "return {"
    for name in task.wanted:
        yield f'    "{task.gradients[name]}": {task.gradients[name]},'
    yield "}"


def _forward(task: Task) -> Iterator[tuple[str, str]]:
    for name, term in task.exercise.forward:
        yield name, f"{task.spelled[name]} = {numpy_text(term, task.spelled)}"


def _sizes(task: Task) -> Iterator[str]:
    """`n, d = X.shape`: every size that an input has as an axis gets its name."""
    known: set[str] = set()
    for variable in task.exercise.variables:
        name = task.spelled[variable.name]
        new = [size for size in variable.shape if isinstance(size, str) and size not in known]
        known.update(new)
        named = [size for size in variable.shape if isinstance(size, str)]
        if new and len(new) == len(named) == len(variable.shape) > 1 and len({*new}) == len(new):
            yield f"{', '.join(task.spelled[size] for size in new)} = {name}.shape"
            continue
        for size in dict.fromkeys(new):
            yield f"{task.spelled[size]} = {name}.shape[{variable.shape.index(size)}]"


def _example(task: Task) -> str:
    """The lines that run the file alone, on numbers drawn at random."""
    given = [
        f"        {task.spelled[v.name]}={_drawn(task, v)},\n" for v in task.exercise.variables
    ]
    given += [f"        {task.spelled[size]}={task.sizes[0][size]},\n" for size in task.passed]
    return (
        'if __name__ == "__main__":\n'
        "    rng = np.random.default_rng(0)\n"
        f"    gradients = {FUNCTION}(\n{''.join(given)}    )\n"
        "    for name, gradient in gradients.items():\n"
        '        print(f"{name} = {gradient}")\n'
    )


def _drawn(task: Task, variable: Variable) -> str:
    shape = task.shape(variable.name)
    size = f", size={shape}" if shape else ""
    match variable.domain:
        case "positive":
            return f"rng.uniform(0.5, 2{size})"
        case "prob":
            return f"rng.uniform(0.1, 0.9{size})"
        case "simplex":
            lead = f", size={shape[:-1]}" if shape[:-1] else ""
            return f"rng.dirichlet(np.ones({shape[-1]}){lead})"
        case "binary":
            return f"rng.integers(0, 2{size}).astype(float)" if shape else "1.0"
        case _:
            return f"rng.normal(size={shape})" if shape else "rng.normal()"


def changed_lines(task: Task, text: str) -> tuple[str, ...]:
    """The lines of the forward pass that a file has not as they were given."""
    there = {"".join(line.partition("#")[0].split()) for line in text.splitlines()}
    given = [line for _, line in _forward(task)]
    return tuple([line for line in given if "".join(line.split()) not in there])
