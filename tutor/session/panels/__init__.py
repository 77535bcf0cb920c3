"""The questions that can be open above the graph, one file each."""
