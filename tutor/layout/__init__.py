"""Layered layout and drawing of computation graphs, from left to right, in character cells.

``layout(boxes)`` places boxes and routes edges; ``draw`` rasterises the part in view as rows of
styled runs, ``draw_text`` the whole. Plain data in, plain data out: no terminal, nothing of the
rest of the project.
"""

from tutor.layout.box import Box, Edge, Region
from tutor.layout.cells import text_width
from tutor.layout.changes import changed_regions
from tutor.layout.glyphs import ASCII, UNICODE, Glyphs
from tutor.layout.layout import Layout, Placed
from tutor.layout.place import layout
from tutor.layout.raster import draw, draw_text
from tutor.layout.scene import STYLES, Active, Face, Scene

__all__ = [
    "ASCII",
    "STYLES",
    "UNICODE",
    "Active",
    "Box",
    "Edge",
    "Face",
    "Glyphs",
    "Layout",
    "Placed",
    "Region",
    "Scene",
    "changed_regions",
    "draw",
    "draw_text",
    "layout",
    "text_width",
]
