"""Folds of one's own: marked nodes as one gate with its own local derivative, checked.

g = gate(p, nodes, "σ")         # refused in one line where it is no gate
seen = examine(p, g)            # local derivatives, the op that it is, two checks
job = start(p, g, seen.known)   # formulas and a proof, in a child process
gate_report(trace, g, cursor, job.poll(), seen)
"""

from __future__ import annotations

from tutor.debugger.gates.alone import Local as Local
from tutor.debugger.gates.alone import alone as alone
from tutor.debugger.gates.alone import locals_of as locals_of
from tutor.debugger.gates.deriving import Derived as Derived
from tutor.debugger.gates.deriving import Deriving as Deriving
from tutor.debugger.gates.deriving import Refused as Refused
from tutor.debugger.gates.deriving import start as start
from tutor.debugger.gates.examination import Examination as Examination
from tutor.debugger.gates.examination import examine as examine
from tutor.debugger.gates.gate import Gate as Gate
from tutor.debugger.gates.gate import GateError as GateError
from tutor.debugger.gates.gate import gate as gate
from tutor.debugger.gates.known import Known as Known
from tutor.debugger.gates.known import known as known
from tutor.debugger.gates.report import gate_report as gate_report
