"""`backprop why`: where the gradient of a node comes from."""

from __future__ import annotations

import argparse

from tutor.cli.errors import RIGHT, UnusableInput
from tutor.cli.printing import add_form_arguments, print_report
from tutor.cli.targets import add_target_arguments, session_of, talk

NAME = "why"
HELP = "Show where a gradient comes from: its paths and cuts."
EXAMPLES = (
    ('backprop why "(x + y)*z" x --at x=-2,y=5,z=-4', "every path, with its product"),
    (
        'backprop why "sum(tanh(W@x))" "W[0,1]" --at "W=[[1,2],[3,4]],x=[1,-1]"',
        "one entry of a matrix",
    ),
    (
        'backprop why "h=tanh(w*x); h*v" w --at w=1,x=2,v=3 --cut 1 --json',
        "what crosses the cut at depth 1, as data",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the function, the node, and the depth of the cut."""
    add_target_arguments(parser)
    parser.add_argument("node", metavar="NODE", help="a node or an entry: W1, W1[3,7]")
    parser.add_argument(
        "--cut", type=int, metavar="DEPTH", help="at which depth (default: the one that tells most)"
    )
    add_form_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the paths and the cut, of the last pass."""
    from dataclasses import replace

    from engine.errors import EngineError
    from tutor.debugger import moving
    from tutor.debugger.why import depths
    from tutor.session.looking import cell_named, here
    from tutor.session.panels.why import WhyPanel
    from tutor.session.refused import Refused

    session = session_of(arguments)
    talk(session, arguments)
    session = replace(session, frame=moving.end(session.frame))
    try:
        node, index = cell_named(session.trace, arguments.node, here(session))
    except Refused as refusal:
        raise UnusableInput(
            refusal.message,
            text=arguments.node,
            start=refusal.start,
            end=refusal.end,
            where="NODE",
            hint=refusal.hint or None,
        ) from refusal
    known = depths(session.trace, node)
    if arguments.cut is not None and known and arguments.cut not in known:
        raise UnusableInput(
            f"there is no cut at depth {arguments.cut}", where="--cut", hint=_known(known)
        )
    try:
        report = WhyPanel(node, index, arguments.cut).report(session)
    except EngineError as error:
        raise UnusableInput(str(error), where="NODE") from error
    print_report(report, arguments)
    return RIGHT


def _known(depths: range) -> str:
    return f"the depths are {depths.start} (the output) to {depths.stop - 1} (the node itself)"
