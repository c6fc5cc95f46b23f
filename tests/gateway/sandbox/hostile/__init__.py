"""Sanitizers that misbehave on purpose; loaded into a warm parent of the tests only."""
