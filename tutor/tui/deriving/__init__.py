"""Parts of the derive screen: its keys, its rows, the drawn lines, proofs beside it."""
