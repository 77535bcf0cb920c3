"""What one sitting holds: the function, its inputs, the moment looked at, and what can be
undone."""
