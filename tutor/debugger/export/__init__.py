"""What is looked at, out of the terminal: as a picture, a derivation, data or a program."""

from tutor.debugger.export.errors import ExportError as ExportError
from tutor.debugger.export.export import KINDS as KINDS
from tutor.debugger.export.export import Kind as Kind
from tutor.debugger.export.export import export as export
from tutor.debugger.export.export import file_name as file_name
