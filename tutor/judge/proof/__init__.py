"""Proofs of right lines by SymPy, in a child process: a line that is equal at every point (`≈`)
becomes a line that is proved (`=`).

`start(…)` begins, `Proving.poll()` gives what is known by now. Nothing here decides whether a line
is right; that is the judge's, by numbers.
"""

from __future__ import annotations

from tutor.judge.proof.proving import Answered as Answered
from tutor.judge.proof.proving import Proof as Proof
from tutor.judge.proof.proving import Proving as Proving
from tutor.judge.proof.proving import start as start
