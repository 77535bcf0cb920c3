"""How formulas and numbers are written: the notation, the digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from tutor.render.notation import NOTATIONS, Notation, legend, named, next_notation
from tutor.render.numbers import set_precision
from tutor.render.report import Report
from tutor.session.panel import Panel, show
from tutor.session.refused import Refused
from tutor.session.session import Session
from tutor.settings.settings import Settings


@dataclass(frozen=True, slots=True)
class LegendPanel(Panel):
    """What is called how in the notation that is chosen."""

    kind: ClassVar[str] = "notation"

    def report(self, session: Session) -> Report:
        """The parts of the network and their names."""
        return legend(session.trace, notation_of(session))


def notation_of(session: Session) -> Notation:
    """The notation that is chosen."""
    return named(session.notation)


def preferred(session: Session, settings: Settings) -> Session:
    """The session in the notation that a person chose; from now on numbers have as many digits as
    they chose."""
    set_precision(settings.precision)
    same = session.notation == settings.notation
    return session if same else replace(session, notation=settings.notation)


def turn(session: Session) -> Session:
    """The next notation."""
    return _chosen(session, next_notation(notation_of(session)))


def choose(session: Session, text: str) -> Session:
    """The notation of this name: own, tutor, Q, L, I, B, C."""
    try:
        notation = named(text)
    except KeyError as error:
        known = ", ".join(one.id for one in NOTATIONS)
        raise Refused(f"there is no notation {text}", 0, len(text), f"there are {known}") from error
    return _chosen(session, notation)


def ids(session: Session, text: str) -> Sequence[str]:
    """The names of the notations, for completion."""
    return [one.id for one in NOTATIONS if one.id.lower().startswith(text.lower())]


def ask(session: Session) -> Session:
    """Show or hide the legend."""
    if isinstance(session.panel, LegendPanel):
        return replace(session, panel=None)
    return show(session, LegendPanel())


def _chosen(session: Session, notation: Notation) -> Session:
    told = f"Formulas are written in {notation.title}, {notation.source}."
    return replace(session, notation=notation.id, told=told)
