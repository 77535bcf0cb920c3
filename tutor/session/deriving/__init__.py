"""Deriving: a sitting with one exercise; lines are written one by one, and each is judged."""
