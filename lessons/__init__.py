"""The course itself: data, not code.

Lesson files live in this package, so that they travel in the wheel, and are read through
`importlib.resources.files("lessons")`. Nothing here is imported for what it does, and nothing here
imports `engine` or `tutor`.
"""
