"""An exercise: a small computation and what is asked about it, read from data of strangers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import Any, NoReturn, cast

from tutor.judge.given import Domain, FinalForm, Find, UpTo
from tutor.judge.given import Exercise as Exercise
from tutor.judge.given import Variable as Variable
from tutor.judge.graph import GraphError
from tutor.judge.setting import setting_of
from tutor.language.derivation import forward_program, read_expression, read_name
from tutor.language.errors import LanguageError, shortened
from tutor.language.lines import Vocabulary
from tutor.language.tree import Derivative, Expression

DOMAINS: tuple[str, ...] = ("real", "positive", "prob", "simplex", "binary")
FINAL_FORMS = ("closed", "backprop")
FINDS = ("gradient", "identity", "bound")
UP_TO = ("constant", "positive_factor")
KEYS = frozenset(
    "title summary level cites covers dims vars forward loss targets find up_to from to final_form "
    "aliases constants steps".split()
)

MAX_NAMES = 200
MAX_TEXT = 20_000
MAX_AXES = 4
MAX_WRITTEN_SIZE = 1024
MAX_DIM = 1_000_000
MAX_LEVEL = 5
_MAX_NAME = 40


class ExerciseError(ValueError):
    """An exercise that cannot be used: one line with what was found, and where in the data."""


def read_exercise(data: Mapping[str, Any], warn: Callable[[str], None] | None = None) -> Exercise:
    """The exercise that some data describes.

    warn: is told, in one line each, which keys are ignored.
    Raises ExerciseError, and nothing else, for whatever else may stand in the data.
    """
    if not isinstance(data, Mapping):
        _refuse("exercise", "an object is wanted")
    _warn_of_strange_keys(data, warn)
    try:
        return _read(_Written(repr(data), data))
    except RecursionError:
        raise ExerciseError("exercise: the data is nested too deeply") from None


def derivative_named(text: str, vocabulary: Vocabulary) -> Derivative | None:
    """The derivative that a text such as `dL/dw`, `dw` or an alias stands for, or None.

    Raises LanguageError for a text that is no term at all.
    """
    term = read_expression(text, vocabulary)
    return term if isinstance(term, Derivative) else None


def _warn_of_strange_keys(data: Mapping[str, Any], warn: Callable[[str], None] | None) -> None:
    if warn is None:
        return
    for key in data:
        if key not in KEYS:
            warn(f"exercise: the key {shortened(str(key))} is not known and is ignored")


@dataclass(frozen=True)
class _Written:
    """Data, known by how it is written."""

    text: str
    data: Mapping[str, Any] = field(compare=False)


@lru_cache(maxsize=256)
def _read(written: _Written) -> Exercise:
    return _Reader(written.data).exercise()


class _Reader:
    """The data, and what has been read of it so far."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.dims: dict[str, int] = {}
        self.variables: list[Variable] = []

    def exercise(self) -> Exercise:
        find = self.one_of("find", FINDS, "gradient")
        self.read_dims()
        self.read_variables()
        texts = self.texts("forward")
        statements = self.read_forward(texts, needed=find == "gradient")
        names = {variable.name for variable in self.variables}
        names.update(name for name, _ in statements)
        loss = self.read_loss(names, statements, needed=find == "gradient")
        plain = Vocabulary(frozenset(names), frozenset(self.dims), {}, loss)
        aliases = self.read_aliases(plain)
        ends = Vocabulary(frozenset(names), frozenset(self.dims), aliases, loss)
        targets = self.read_targets(ends, needed=find == "gradient")
        start, goal = self.read_end("from", ends), self.read_end("to", ends)
        if find != "gradient" and (start is None or goal is None):
            missing = "from" if start is None else "to"
            _refuse(missing, f'find "{find}" needs the expressions "from" and "to"')
        self.check_lengths(names)
        exercise = Exercise(
            key=self.key(),
            dims=dict(self.dims),
            variables=tuple(self.variables),
            forward=statements,
            loss=loss,
            final_form=cast(FinalForm, self.one_of("final_form", FINAL_FORMS, "closed")),
            aliases=aliases,
            targets=targets,
            find=cast(Find, find),
            up_to=self.read_up_to(),
            start=start,
            goal=goal,
            constants=self.read_constants(names),
            forward_texts=texts,
            title=self.text("title"),
            summary=self.text("summary"),
            level=self.read_level(),
            cites=self.texts("cites"),
            covers=self.texts("covers"),
        )
        _check_runs(exercise)
        return exercise

    def key(self) -> str:
        """The parts that decide what is true and what is asked, written out."""
        used = [(name, self.data.get(name)) for name in sorted(KEYS - _FOR_PEOPLE)]
        return repr(used)

    def read_dims(self) -> None:
        dims = self.mapping("dims")
        for given, size in dims.items():
            name = _name(given, "dims")
            if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_DIM:
                _refuse(f"dims.{name}", f"a whole number from 1 to {MAX_DIM} is wanted")
            if name in self.dims:
                _refuse(f"dims.{name}", "the name is given twice")
            self.dims[name] = size

    def read_variables(self) -> None:
        for given, entry in self.mapping("vars").items():
            name = _name(given, "vars")
            where = f"vars.{name}"
            if name in self.dims:
                _refuse(where, "the name is that of a dimension as well")
            if any(name == variable.name for variable in self.variables):
                _refuse(where, "the name is given twice")
            if not isinstance(entry, Mapping):
                _refuse(where, 'an object {"shape": [...], "domain": "real"} is wanted')
            domain = entry.get("domain", "real")
            if not isinstance(domain, str) or domain not in DOMAINS:
                _refuse(f"{where}.domain", f"one of {', '.join(DOMAINS)} is wanted")
            shape = self.read_shape(entry.get("shape", []), f"{where}.shape")
            if domain == "simplex" and not shape:
                _refuse(f"{where}.domain", "a simplex needs an axis to sum to 1 over")
            self.variables.append(Variable(name, shape, cast(Domain, domain)))
        for variable in self.variables:
            if variable.name in self.dims:
                _refuse(f"vars.{variable.name}", "the name is that of a dimension as well")

    def read_shape(self, given: Any, where: str) -> tuple[int | str, ...]:
        if not isinstance(given, (list, tuple)):
            _refuse(where, 'a list such as ["n", 3] is wanted')
        if len(given) > MAX_AXES:
            _refuse(where, f"more than {MAX_AXES} axes")
        shape: list[int | str] = []
        for size in given:
            if isinstance(size, str):
                name = _name(size, where)
                if name not in self.dims:
                    _refuse(where, f"{name} is no name in dims")
                shape.append(name)
            elif isinstance(size, bool) or not isinstance(size, int):
                _refuse(where, "a size is a name of dims or a whole number")
            elif not 1 <= size <= MAX_WRITTEN_SIZE:
                _refuse(where, f"a size written as a number is from 1 to {MAX_WRITTEN_SIZE}")
            else:
                shape.append(size)
        return tuple(shape)

    def read_forward(
        self, texts: tuple[str, ...], needed: bool
    ) -> tuple[tuple[str, Expression], ...]:
        if not texts:
            if needed:
                _refuse("forward", 'a list of lines such as "z = w*x + b" is wanted')
            return ()
        known = [variable.name for variable in self.variables]
        try:
            return forward_program(texts, [*known, *self.dims])
        except LanguageError as error:
            where = "forward" if error.line is None else f"forward, line {error.line + 1}"
            raise ExerciseError(f"{where}: {error}") from None

    def read_loss(
        self, names: set[str], statements: Sequence[tuple[str, Expression]], needed: bool
    ) -> str | None:
        given = self.data.get("loss")
        if given is None:
            return statements[-1][0] if statements and needed else None
        name = _name(given, "loss")
        if name not in names:
            _refuse("loss", f"{name} is neither a variable nor defined by a forward line")
        return name

    def read_aliases(self, vocabulary: Vocabulary) -> dict[str, Derivative]:
        aliases: dict[str, Derivative] = {}
        for given, text in self.mapping("aliases").items():
            name = _name(given, "aliases")
            where = f"aliases.{name}"
            if name in vocabulary.names or name in vocabulary.dims:
                _refuse(where, "the name is that of a quantity or a dimension as well")
            if name in aliases:
                _refuse(where, "the name is given twice")
            aliases[name] = self.derivative(text, where, vocabulary)
        return aliases

    def read_targets(self, vocabulary: Vocabulary, needed: bool) -> tuple[str, ...]:
        targets = self.texts("targets")
        if needed:
            for text in targets:
                self.derivative(text, "targets", vocabulary)
        return targets

    def derivative(self, text: Any, where: str, vocabulary: Vocabulary) -> Derivative:
        if not isinstance(text, str):
            _refuse(where, 'a derivative such as "dL/dw" is wanted')
        try:
            found = derivative_named(text, vocabulary)
        except LanguageError as error:
            raise ExerciseError(f"{where}: {error}") from None
        if found is None:
            _refuse(where, f'{shortened(text)} is no derivative such as "dL/dw"')
        return found

    def read_end(self, key: str, vocabulary: Vocabulary) -> Expression | None:
        text = self.text(key)
        if not text:
            return None
        try:
            return read_expression(text, vocabulary)
        except LanguageError as error:
            raise ExerciseError(f"{key}: {error}") from None

    def read_up_to(self) -> frozenset[UpTo]:
        given = self.data.get("up_to")
        if given is None:
            return frozenset()
        listed = [given] if isinstance(given, str) else given
        if not isinstance(listed, list) or not all(
            isinstance(item, str) and item in UP_TO for item in listed
        ):
            _refuse("up_to", f"{' or '.join(UP_TO)} is wanted, or a list of them")
        return frozenset(listed)

    def read_constants(self, names: set[str]) -> frozenset[str]:
        constants = frozenset([_name(text, "constants") for text in self.texts("constants")])
        for name in sorted(constants - names - set(self.dims)):
            _refuse("constants", f"{name} is not declared")
        return constants

    def read_level(self) -> int:
        level = self.data.get("level", 1)
        if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= MAX_LEVEL:
            _refuse("level", f"a whole number from 1 to {MAX_LEVEL} is wanted")
        return level

    def check_lengths(self, names: set[str]) -> None:
        if len(names) + len(self.dims) > MAX_NAMES:
            _refuse("exercise", f"more than {MAX_NAMES} names")

    def one_of(self, key: str, wanted: tuple[str, ...], otherwise: str) -> str:
        given = self.data.get(key)
        if given is None:
            return otherwise
        if not isinstance(given, str) or given not in wanted:
            _refuse(key, f"one of {', '.join(wanted)} is wanted")
        return given

    def mapping(self, key: str) -> Mapping[Any, Any]:
        given = self.data.get(key)
        if given is None:
            return {}
        if not isinstance(given, Mapping):
            _refuse(key, "an object is wanted")
        if len(given) > MAX_NAMES:
            _refuse(key, f"more than {MAX_NAMES} entries")
        return given

    def text(self, key: str) -> str:
        given = self.data.get(key)
        if given is None:
            return ""
        if not isinstance(given, str) or len(given) > MAX_TEXT:
            _refuse(key, f"a text of at most {MAX_TEXT} characters is wanted")
        return given

    def texts(self, key: str) -> tuple[str, ...]:
        given = self.data.get(key)
        if given is None:
            return ()
        if isinstance(given, str):
            given = [given]
        if not isinstance(given, (list, tuple)) or not all(isinstance(t, str) for t in given):
            _refuse(key, "a list of texts is wanted")
        if len(given) > MAX_NAMES:
            _refuse(key, f"more than {MAX_NAMES} texts")
        if sum(len(text) for text in given) > MAX_TEXT:
            _refuse(key, f"more than {MAX_TEXT} characters")
        return tuple(given)


_FOR_PEOPLE = frozenset({"title", "summary", "level", "cites", "covers", "targets"})


def _check_runs(exercise: Exercise) -> None:
    """Refuse forward lines whose shapes do not fit, and a loss that is no scalar."""
    try:
        setting = setting_of(exercise)
    except GraphError as error:
        raise ExerciseError(f"forward, line {error.line + 1}: {error}") from None
    if exercise.loss is not None and exercise.find == "gradient":
        shape = setting.shape(exercise.loss)
        if prod(shape) != 1:
            _refuse("loss", f"a scalar is wanted; {exercise.loss} has {prod(shape)} entries")


def _name(given: Any, where: str) -> str:
    """A name as the language reads it: subscript digits and Greek letters spelled out."""
    if not isinstance(given, str):
        _refuse(where, "a name is wanted")
    if not given or len(given) > _MAX_NAME:
        _refuse(where, f"a name has 1 to {_MAX_NAME} characters, not {len(given)}")
    try:
        return read_name(given)
    except LanguageError as error:
        raise ExerciseError(f"{where}: {error}") from None


def _refuse(where: str, message: str) -> NoReturn:
    raise ExerciseError(f"{shortened(where, 80)}: {message}")
