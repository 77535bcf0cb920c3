"""The interface on the terminal: screens, widgets, styles. Textual lives here and only here."""
