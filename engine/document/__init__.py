"""The trace as a document: one `.bptrace` file that holds everything and can be read by anybody.

A zip of JSON lines and plain arrays, without pickle: `numpy.load` reads the arrays of one as it is.
`members` says what lies in it, `write` and `read` turn a Document into bytes and back, bit for bit.
A file that is broken, cut off or made to do harm is refused with a DocumentError of one line.
"""

from __future__ import annotations

from engine.document.document import SUFFIX as SUFFIX
from engine.document.document import Document as Document
from engine.document.document import DocumentError as DocumentError
from engine.document.document import Source as Source
from engine.document.files import load as load
from engine.document.files import save as save
from engine.document.foreign import ForeignOp as ForeignOp
from engine.document.read import read_bytes as read_bytes
from engine.document.write import write_bytes as write_bytes
