"""Instruments that tell whether a cleaned file still says what the original said."""
