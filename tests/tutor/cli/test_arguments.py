from __future__ import annotations

import pytest

from tutor.cli.arguments import Parser
from tutor.cli.errors import UnusableInput


@pytest.fixture
def parser() -> Parser:
    parser = Parser(prog="backprop trace", examples=[("backprop trace x", "looks at x")])
    parser.add_argument("expression")
    parser.add_argument("--at", action="append", default=[])
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--upstream")
    return parser


@pytest.mark.parametrize(
    ("tokens", "expression", "at"),
    [
        (["x*y", "--at", "x=1,y=2"], "x*y", ["x=1,y=2"]),
        (["--at", "x=1", "x*y", "--at", "y=2"], "x*y", ["x=1", "y=2"]),
        (["-x*y", "--at", "x=1,y=2"], "-x*y", ["x=1,y=2"]),
        (["--at", "x=1", "--text", "-x*y"], "-x*y", ["x=1"]),
        (["--at=x=-2", "-h*2"], "-h*2", ["x=-2"]),
        (["-x", "--at", "x=-2,y=5"], "-x", ["x=-2,y=5"]),
        (["-1", "--at", "-x=2"], "-1", ["-x=2"]),
        (["-", "--at", "x=1"], "-", ["x=1"]),
        (["-x == y"], "-x == y", []),
        (["--text", "--", "--x"], "--x", []),
        (["--text", "--", "-h"], "-h", []),
        (["--", "--text"], "--text", []),
        (["z = w*x; -z"], "z = w*x; -z", []),
    ],
)
def test_operands_and_values_may_begin_with_a_minus(
    parser: Parser, tokens: list[str], expression: str, at: list[str]
) -> None:
    arguments = parser.parse_args(tokens)
    assert arguments.expression == expression
    assert arguments.at == at


def test_a_negative_value_of_an_option(parser: Parser) -> None:
    assert parser.parse_args(["x", "--upstream", "-[1,2]"]).upstream == "-[1,2]"


@pytest.mark.parametrize(
    ("tokens", "message", "hint"),
    [
        (["x", "--txet"], "unknown option --txet", "Did you mean --text? See: backprop trace"),
        (["x", "--tex"], "unknown option --tex", "Did you mean --text?"),
        (["--x"], "unknown option --x", "See: backprop trace --help (An operand that begins with"),
        (["x", "--at"], "--at needs a value", "See: backprop trace --help"),
        (["x", "--at", "--text"], "--at needs a value", "See: backprop trace --help"),
        ([], "the following arguments are required: expression", "See: backprop trace --help"),
        (["x", "y"], "unrecognized arguments: y", "See: backprop trace --help"),
        (["x", "--text=3"], "argument --text: ignored explicit argument '3'", "See: "),
    ],
)
def test_a_fault_is_one_sentence_and_a_way_on(
    parser: Parser, tokens: list[str], message: str, hint: str
) -> None:
    with pytest.raises(UnusableInput) as fault:
        parser.parse_args(tokens)
    assert fault.value.message == message
    assert (fault.value.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("token", "message"),
    [("-z", "unknown option -z"), ("z", "z is not expected here")],
)
def test_a_command_without_operands_refuses_them(token: str, message: str) -> None:
    with pytest.raises(UnusableInput) as fault:
        Parser(prog="backprop doctor").parse_args([token])
    assert fault.value.message == message


def test_help_ends_with_the_examples(parser: Parser, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    assert capsys.readouterr().out.endswith("examples:\n  backprop trace x\n      looks at x\n")
