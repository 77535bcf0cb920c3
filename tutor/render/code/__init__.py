"""A recorded function as a NumPy program with a backward pass written out by hand."""

from tutor.render.code.program import LARGEST as LARGEST
from tutor.render.code.program import numpy_code as numpy_code
