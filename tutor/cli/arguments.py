"""Argument parsing that knows expressions: operands may begin with ``-``, a fault is one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from tutor.cli.errors import UnusableInput


class Parser(argparse.ArgumentParser):
    """An argument parser for the commands of `backprop`.

    Options are never abbreviated and take one value or none. A token with one leading ``-`` that is
    no option of the command is an operand, because it may be an expression (``-x*y``); a token with
    two is always an option; after a lone ``--`` everything is an operand. The value of an option
    may begin with ``-`` too. Faults raise `UnusableInput`.
    """

    def __init__(self, *, examples: Sequence[tuple[str, str]] = (), **settings: Any) -> None:
        super().__init__(
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=example_text(examples),
            **settings,
        )

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse `args` (never the process's own) after putting operands where they are safe."""
        return super().parse_known_args(self.arranged(args or ()), namespace)

    def error(self, message: str) -> NoReturn:
        """Raise `UnusableInput` with argparse's sentence and a pointer to the help."""
        raise UnusableInput(message, hint=f"See: {self.prog} --help")

    def arranged(self, tokens: Sequence[str]) -> list[str]:
        """Return `tokens` with each option glued to its value and the operands after a lone ``--``.

        Raises `UnusableInput` for an unknown option, for an option without its value, and for an
        operand where the command takes none.
        """
        options: list[str] = []
        operands: list[str] = []
        position = 0
        while position < len(tokens):
            token = tokens[position]
            position += 1
            if token == "--":
                operands += tokens[position:]
                break
            action = self._option_string_actions.get(token.partition("=")[0])
            if action is None:
                if token.startswith("--"):
                    self._refuse(token.partition("=")[0])
                operands.append(token)
            elif "=" in token or action.nargs == 0:
                options.append(token)
            else:
                if position == len(tokens) or tokens[position] in self._option_string_actions:
                    self.error(f"{token} needs a value")
                options.append(f"{token}={tokens[position]}")
                position += 1
        if operands and not self._get_positional_actions():
            if operands[0].startswith("-"):
                self._refuse(operands[0])
            self.error(f"{operands[0]} is not expected here")
        return [*options, "--", *operands] if operands else options

    def _refuse(self, option: str) -> NoReturn:
        import difflib

        known = {name.lstrip("-"): name for name in self._option_string_actions}
        near = difflib.get_close_matches(option.lstrip("-"), known, n=1)
        hints = [f"Did you mean {known[near[0]]}?"] if near else []
        hints.append(f"See: {self.prog} --help")
        if self._get_positional_actions():
            hints.append("(An operand that begins with -- goes after a lone --.)")
        raise UnusableInput(f"unknown option {option}", hint=" ".join(hints))


def example_text(examples: Sequence[tuple[str, str]]) -> str:
    """Return the end of a help text: each command line with what it does under it."""
    told = "\n".join(f"  {line}\n      {meaning}" for line, meaning in examples)
    return f"examples:\n{told}" if told else ""
