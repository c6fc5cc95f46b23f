"""The comparing child: what two readings of a document share, as numbers.

Loaded by the warm parent of the family "fidelity" only.
"""
