"""Child processes with limits, for work that may take forever, and what is said to them."""
