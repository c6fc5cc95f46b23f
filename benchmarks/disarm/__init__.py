"""Tells whether anything that must not cross does: planted words, and all outputs scanned.

Shares no code with the sanitizers: `scan` opens the outputs by means of its own.
"""
