"""Positions a desk holds, how it sizes them, and by which rule it lets go."""
