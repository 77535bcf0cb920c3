"""Letting SymPy prove the right lines of a derivation."""

from __future__ import annotations

from tutor.judge.proof import Answered, Proof, Proving, start
from tutor.session.deriving.derivation import Derivation, proved


def open_lines(derivation: Derivation) -> tuple[int, ...]:
    """The right lines of which SymPy has said nothing yet."""
    if derivation.verdict is None:
        return ()
    return tuple(
        one.number
        for one in derivation.verdict.lines
        if one.mark == "≈" and one.number not in derivation.proofs
    )


def begin(derivation: Derivation) -> Proving | Answered:
    """Begin to prove what is open. Returns at once."""
    return start(derivation.exercise, derivation.target, derivation.lines, open_lines(derivation))


def noted(derivation: Derivation, found: dict[int, Proof]) -> Derivation:
    """The derivation with what was found."""
    fresh = {n: proof.status for n, proof in found.items() if derivation.proofs.get(n) is None}
    return proved(derivation, fresh) if fresh else derivation


def wait(derivation: Derivation) -> tuple[Derivation, list[str]]:
    """Prove what is open, and say how, line by line."""
    job = begin(derivation)
    try:
        found = job.wait()
    finally:
        job.stop()
    return noted(derivation, found), told(found)


def told(found: dict[int, Proof]) -> list[str]:
    """What was found of each line: proved, by which route; or why not."""
    said = []
    for number, proof in sorted(found.items()):
        if proof.status == "proved":
            said.append(f"Line {number + 1} is proved.")
            said += [f"  {step}" for step in proof.route]
        else:
            said.append(f"Line {number + 1} is equal at every point, not proved: {proof.why}.")
    return said or ["There is no right line left to prove."]
