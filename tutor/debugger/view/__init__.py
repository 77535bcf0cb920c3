"""Semantic zoom: a pass seen as items, each one node or a group of nodes that is folded.

`zoom` says what is open, `view` what is seen then, `moves` goes from one to the other, `picture`
places the items and draws them, `report` tells them.
"""
