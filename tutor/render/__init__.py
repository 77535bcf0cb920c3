"""What is known, as text: sentences, JSON, formulas. Pure functions, no terminal."""
