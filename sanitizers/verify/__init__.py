"""The second look: independent grammars of what our encoders may write.

A verifier sees only output bytes, in a fresh sandbox, and shares no code with the
writer. It accepts only what its own allow-list grammar consumes whole.
"""

from __future__ import annotations


class Rejected(Exception):
    """The output is not what the grammar allows. The text is for the log only."""
