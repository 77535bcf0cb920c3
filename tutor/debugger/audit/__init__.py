"""The audit of a pass: what is wrong with its numbers and its gradients, and what to try."""

from __future__ import annotations

from tutor.debugger.audit.audit import audit as audit
from tutor.debugger.audit.finding import Finding as Finding
from tutor.debugger.audit.report import report as report
