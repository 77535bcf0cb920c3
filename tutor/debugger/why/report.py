"""Where a gradient comes from, as rows with bars, as sentences and as data.

∂L/∂W1[3, 7] = −0.0142                              cut 4 of 8: 16 parts of h2
  h2[ 4]  ████████████████████████░   −0.0391   58 %
  h2[11]  ██████████████▓             +0.0236   35 %
  13 more                             +0.0013
  sum                                 −0.0142  ✓   79 % cancels
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from engine.trace import Trace
from tutor.debugger.why.cuts import Cut, Member, Part
from tutor.debugger.why.ends import End
from tutor.debugger.why.flow import UNCOUNTED
from tutor.debugger.why.paths import Path, Paths
from tutor.debugger.why.why import Why
from tutor.render.expressions import gradient_name, name_of
from tutor.render.json_ import plain
from tutor.render.numbers import bracketed, number, spoken
from tutor.render.plain import Line, Run
from tutor.render.report import Report, Row

BAR = 24
_FEW_PATHS = 8
_SOME_PATHS = 3
_FEWEST = 3
_ENOUGH = 0.95
_NEARLY_ALL = 0.999
_WIDTH = 76
_NAME_WIDTH = 24
_SAID = 4
_EXACT = 1e-9
_SINGLE = 1e-4


def report(trace: Trace, why: Why, *, cursor: int | None = None, most: int = 12) -> Report:
    """The answer as a report of kind "why".

    cursor: the moment that is looked at; where the gradient is not complete by then, that is said.
    most: how many members and how many paths are shown.
    """
    name = target_name(trace, why)
    data = as_data(trace, why)
    if why.gradient is None or why.cut is None or why.paths is None:
        told = [end.why for end in why.ends]
        rows = [row for end in why.ends for row in _end_rows(end, "text")]
        first = f"No gradient reaches {_subject(trace, why)}."
        return Report("why", f"{name} = —", tuple(rows), (first, *told), data)
    notes = [note for note in (_early(trace, why, cursor), _picked(trace, why)) if note]
    rows = [Row(((note, "quiet"),)) for note in notes]
    rows += [row for end in why.ends for row in _end_rows(end, "wrong")]
    rows += _path_rows(trace, why.paths, why.node, most)
    if why.cut.count > 1 or not why.paths.listed:
        rows += _cut_rows(trace, why, why.cut, most)
    return Report(
        "why",
        f"{name} = {number(why.gradient)}",
        tuple(rows),
        tuple(_sentences(trace, why, why.cut, why.paths, notes)),
        data,
        aside=_aside(trace, why.cut, why.depths),
        at=next((k for k, row in enumerate(rows) if row.node is not None), 0),
    )


def target_name(trace: Trace, why: Why) -> str:
    """What is explained: `∂L/∂x`, `∂L/∂W1[3, 7]`, `‖∂L/∂W1‖` of a whole array."""
    name = gradient_name(trace, why.node)
    if why.index is None and why.gradient is not None:
        return f"‖{name}‖"
    return f"{name}{_index(why.index or ())}"


def part_name(trace: Trace, node: int, part: Part | None, *, aligned: bool = False) -> str:
    """`h2`, `h2[:, 4]`; aligned: with the numbers of an axis in one column, `h2[:,  4]`."""
    if part is None:
        return name_of(trace, node)
    shape = trace.nodes[node].shape
    widths = [len(str(size - 1)) if aligned else 0 for size in shape]
    texts = [
        ":" if i is None else str(i).rjust(width) for i, width in zip(part, widths, strict=True)
    ]
    return f"{name_of(trace, node)}[{', '.join(texts)}]"


def as_data(trace: Trace, why: Why) -> dict[str, Any]:
    """The answer for `json.dumps`."""
    data: dict[str, Any] = {
        "node": name_of(trace, why.node),
        "id": why.node,
        "index": None if why.index is None else list(why.index),
        "picked": why.picked,
        "gradient": plain(why.gradient),
        "depths": [why.depths.start, why.depths.stop - 1] if why.depths else None,
        "ends": [{"id": end.node, "why": end.why, "event": end.event} for end in why.ends],
    }
    if why.cut is not None:
        data["cut"] = {
            "depth": why.cut.depth,
            "count": why.cut.count,
            "nodes": why.cut.nodes,
            "sum": plain(why.cut.total),
            "size": plain(why.cut.size),
            "cancels": plain(why.cut.cancels),
            "agrees": agrees(trace, why),
            "members": [_member_data(trace, member) for member in why.cut.members],
        }
    if why.paths is not None:
        data["paths"] = {
            "count": why.paths.count,
            "counted": why.paths.count < UNCOUNTED,
            "size": plain(why.paths.size),
            "listed": [_path_data(trace, path) for path in why.paths.listed],
        }
    return data


def agrees(trace: Trace, why: Why) -> bool:
    """Whether the members of the cut sum to the gradient, to rounding in the node's dtype."""
    if why.cut is None or why.gradient is None:
        return False
    if not math.isfinite(why.gradient):
        return not math.isfinite(why.cut.total)
    p = trace.passes[trace.pass_of(why.node)]
    kinds = {array.dtype for array in p.values.arrays.values() if array.dtype.kind == "f"}
    wide = all(dtype.itemsize >= 8 for dtype in kinds)
    least = (_EXACT if wide else _SINGLE) * max(why.cut.scale, abs(why.gradient))
    return abs(why.cut.total - why.gradient) <= least


def bar(share: float, width: int = BAR) -> str:
    """A bar of `share` of `width` cells; the rest of a cell as a shade. Never empty for a share,
    and empty for NaN."""
    share = share if share == share else 0.0
    whole, rest = divmod(min(max(share, 0.0), 1.0) * width, 1.0)
    shade = "" if rest < 0.125 and (whole or not share) else "░▒▓"[min(2, int(rest * 3))]
    return "█" * int(whole) + shade


def _end_rows(end: End, role: str) -> list[Row]:
    lines = textwrap.wrap(end.why, _WIDTH, break_long_words=False)
    return [Row(((line, role),), end.node, end.event) for line in lines]


def _early(trace: Trace, why: Why, cursor: int | None) -> str:
    arrivals = trace.arrivals(why.node)
    if cursor is None or not arrivals or arrivals[-1] < cursor:
        return ""
    return "Not all of it has arrived yet: this is the gradient when the pass is done."


def _picked(trace: Trace, why: Why) -> str:
    if why.index is None:
        return "The whole array, along its own gradient; the number is that gradient's length."
    if not why.picked:
        return ""
    kind = "largest gradient" if math.isfinite(why.gradient or 0.0) else "first odd gradient"
    return f"{_subject(trace, why)} has the {kind}; name another entry to follow that."


def _path_rows(trace: Trace, found: Paths, node: int, most: int) -> list[Row]:
    if node == _output_of(trace, node):
        return [Row((("The result itself: its gradient is the seed.", "text"),))]
    count = _count(found.count)
    if not found.listed:
        if found.count == 1:
            return []
        return [Row(((f"{count} ways: no single one explains it.", "quiet"),))]
    shown = found.listed[: most if found.whole and found.count <= most else _SOME_PATHS]
    head = "1 way" if found.count == 1 else f"{count} ways"
    if len(shown) < found.count:
        head += f", the {len(shown)} largest"
    rows = [Row(((head, "label"),))]
    texts = [_path_texts(trace, path) for path in shown]
    width = min(max(len(route) for route, _ in texts), _WIDTH // 2)
    for path, (route, product) in zip(shown, texts, strict=True):
        line: list[Run] = [(f"  {route.ljust(width)}  ", "text")]
        if product:
            line.append((f"{product} = ", "quiet"))
        line.append((number(path.amount), "result"))
        if found.count > 1:
            line.append((f"   {_share(path.share)}", "quiet"))
        rows.append(Row(tuple(line), path.nodes[-2]))
    return rows


def _path_texts(trace: Trace, path: Path) -> tuple[str, str]:
    """The route of a path and its product, with the middle left out where they are long."""
    names = [name_of(trace, node) for node in path.nodes]
    for at, (slot, before) in enumerate(zip(path.slots, path.nodes[:-1], strict=True)):
        inputs = trace.nodes[before].inputs
        if inputs.count(path.nodes[at + 1]) > 1:
            names[at + 1] += f" (operand {slot + 1})"
    route = _elided(names, " → ", _WIDTH // 2)
    if path.factors is None:
        return route, ""
    factors = path.factors[1:] if path.factors[0] == 1.0 else path.factors
    texts = [number(x) for x in factors]
    room = _WIDTH - min(len(route), _WIDTH // 2) - 20
    return route, _elided([texts[0], *map(bracketed, texts[1:])], " · ", room)


def _elided(texts: Sequence[str], between: str, width: int) -> str:
    """The texts in one line of about `width` cells, those in the middle left out if need be."""
    if len(between.join(texts)) <= width or len(texts) < 4:
        return between.join(texts)
    first, last = 1, 1
    while first + last < len(texts) - 1:
        wider = (first, last + 1) if last <= first else (first + 1, last)
        if len(between.join([*texts[: wider[0]], "…", *texts[-wider[1] :]])) > width:
            break
        first, last = wider
    return between.join([*texts[:first], "…", *texts[-last:]])


def _cut_rows(trace: Trace, why: Why, found: Cut, most: int) -> list[Row]:
    shown = _shown(found, most)
    names = [part_name(trace, m.node, m.part, aligned=True) for m in shown]
    names = [
        _shortened(f"{name}{_through(trace, m)}") for name, m in zip(names, shown, strict=True)
    ]
    rest = found.count - len(shown)
    labels = [*names, f"{rest} more", "sum"] if rest else [*names, "sum"]
    width = max(map(len, labels))
    largest = max((abs(m.amount) for m in shown if math.isfinite(m.amount)), default=0.0)
    rows: list[Row] = []
    for member, name in zip(shown, names, strict=True):
        size = abs(member.amount) / largest if 0 < largest < math.inf else 0.0
        role = "heat+3" if member.amount > 0 else "heat-3"
        rows.append(
            Row(
                (
                    (f"  {name.ljust(width)}  ", "text"),
                    (bar(size).ljust(BAR), role),
                    (f"  {_signed(member.amount):>10}", "gradient"),
                    (f"  {_share(member.share):>5}", "quiet"),
                ),
                member.node,
            )
        )
    space = " " * BAR
    if rest:
        amount = found.total - sum(m.amount for m in shown)
        rows.append(Row(((f"  {labels[-2].ljust(width)}  ", "quiet"),
                         (f"{space}  {_signed(amount):>10}", "quiet"))))  # fmt: skip
    right = agrees(trace, why)
    end: Line = (
        (f"  {'sum'.ljust(width)}  ", "strong"),
        (f"{space}  {_signed(found.total):>10}", "result"),
        ("  ✓" if right else f"  ✗ the gradient is {number(why.gradient or 0.0)}",
         "right" if right else "wrong"),
    )  # fmt: skip
    if _percent(found.cancels):
        end = (*end, (f"   {_percent(found.cancels)} cancels", "strong"))
    return [*rows, Row(end)]


def _shown(found: Cut, most: int) -> list[Member]:
    """The largest members, as many as make up nearly all, at most `most`."""
    shown: list[Member] = []
    covered = 0.0
    for member in found.members[:most]:
        if member.amount == 0 and shown:
            break
        if covered >= _ENOUGH and len(shown) >= _FEWEST and found.count - len(shown) > 1:
            break
        shown.append(member)
        covered += member.share
    return shown


def _through(trace: Trace, member: Member) -> str:
    names = [name_of(trace, node) for node in member.through]
    return f" → {', '.join(names[:2])}{', …' if len(names) > 2 else ''}" if names else ""


def _aside(trace: Trace, found: Cut, depths: range) -> str:
    scopes = {trace.nodes[member.node].scope[-1:] for member in found.members}
    place = f" ({next(iter(scopes))[0]})" if len(scopes) == 1 and scopes != {()} else ""
    return f"cut {found.depth} of {depths.stop - 1}{place}: {_members(trace, found)}"


def _members(trace: Trace, found: Cut) -> str:
    if found.count == found.nodes:
        return f"{found.count} node{'s' * (found.count != 1)}"
    of = name_of(trace, found.members[0].node) if found.nodes == 1 else f"{found.nodes} nodes"
    return f"{found.count} parts of {of}"


def _sentences(trace: Trace, why: Why, found: Cut, ways: Paths, notes: list[str]) -> list[str]:
    name, value = _subject(trace, why), spoken(why.gradient or 0.0)
    told = [f"{name}'s gradient is {value}"]
    if why.index is None:
        told = [f"The gradient of {name} as a whole has the length {value}"]
    if ways.listed and why.node != _output_of(trace, why.node):
        told[0] += f": {_ways(trace, ways)}."
    else:
        told[0] += "." if why.node != _output_of(trace, why.node) else ", the seed."
    told += [*notes, *[end.why for end in why.ends]]
    if why.gradient == 0 and found.size == 0:
        told.append("Every way to it has a factor of 0.")
    elif found.cancels >= _NEARLY_ALL:
        plus = (found.size + found.total) / 2
        minus = (found.size - found.total) / 2
        told.append(
            f"It cancels to almost nothing: {spoken(plus)} from some against "
            f"{spoken(-minus)} from others."
        )
    if found.count > 1:
        told.append(_cut_sentence(trace, why, found))
    elif not ways.listed and ways.count > 1:
        told.append(f"There are {_count(ways.count)} ways to it.")
    return told


def _ways(trace: Trace, ways: Paths) -> str:
    if ways.count == 1:
        path = ways.listed[0]
        told = f"one way, from {name_of(trace, path.nodes[-2])}"
        if path.factors is None:
            return told
        return f"{told}, {spoken(math.prod(path.factors[:-1]))} times {spoken(path.factors[-1])}"
    shown = ways.listed[:_SAID]
    parts = [
        f"{spoken(path.amount)} along {', '.join(name_of(trace, n) for n in _brief(path.nodes))}"
        for path in shown
    ]
    more = ways.count - len(shown)
    listed = "; ".join(parts)
    return f"{_count(ways.count)} ways, {listed}" + (f"; and {_count(more)} more" if more else "")


def _brief(nodes: tuple[int, ...]) -> tuple[int, ...]:
    return nodes if len(nodes) <= _FEW_PATHS else (*nodes[:3], *nodes[-3:])


def _cut_sentence(trace: Trace, why: Why, found: Cut) -> str:
    shown = _shown(found, _SAID)
    parts = [f"{part_name(trace, m.node, m.part)} carries {spoken(m.amount)}" for m in shown]
    rest = found.count - len(shown)
    told = f"At depth {found.depth} of {why.depths.stop - 1}, {', '.join(parts)}"
    if rest:
        amount = found.total - sum(m.amount for m in shown)
        told += f", and {rest} more carry {spoken(amount)}"
    cancels = _percent(found.cancels).replace(" %", " percent")
    return f"{told}; {cancels} cancels." if cancels else f"{told}."


def _subject(trace: Trace, why: Why) -> str:
    return f"{name_of(trace, why.node)}{_index(why.index or ())}"


def _member_data(trace: Trace, member: Member) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": part_name(trace, member.node, member.part),
        "id": member.node,
        "amount": plain(member.amount),
        "share": plain(member.share),
    }
    if member.part is not None:
        data["part"] = list(member.part)
    if member.through:
        data["through"] = list(member.through)
    return data


def _path_data(trace: Trace, path: Path) -> dict[str, Any]:
    return {
        "nodes": [name_of(trace, node) for node in path.nodes],
        "ids": list(path.nodes),
        "operands": list(path.slots),
        "factors": None if path.factors is None else [plain(x) for x in path.factors],
        "amount": plain(path.amount),
        "share": plain(path.share),
    }


def _output_of(trace: Trace, node: int) -> int:
    at = trace.pass_of(node)
    return trace.node_range(at).start + trace.passes[at].output


def _index(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _signed(x: float) -> str:
    text = number(x)
    return f"+{text}" if x > 0 else text


def _share(share: float) -> str:
    return f"{share:.0%}".replace("%", " %") if math.isfinite(share) else ""


def _percent(share: float) -> str:
    """A share in whole percent; nothing for less than half of one; never 100 % but for all."""
    if share < 0.005:
        return ""
    if 0.995 <= share < 1.0:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def _count(count: int) -> str:
    """`12`, `48,384`, `about 10^44`."""
    if count >= UNCOUNTED:
        return f"more than 10^{len(str(UNCOUNTED)) - 1}"
    return f"{count:,}" if count < 10**9 else f"about 10^{round(math.log10(count))}"


def _shortened(text: str) -> str:
    return text if len(text) <= _NAME_WIDTH else f"{text[: _NAME_WIDTH - 1]}…"
