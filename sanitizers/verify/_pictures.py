"""Pictures inside of other formats, checked by their own verifiers."""

from __future__ import annotations

from sanitizers.model import Verifier
from sanitizers.verify import Rejected


class Pictures:
    """The kinds of pictures that a format may hold."""

    def __init__(self, *kinds: type[Verifier]) -> None:
        self._kinds = kinds
        self._verifiers = {name: kind() for kind in kinds for name in kind.media_types}

    def warm(self) -> None:
        """Load what their grammars need."""
        for kind in self._kinds:
            kind.warm()

    def verify(self, media_type: str, data: memoryview) -> None:
        """Accept `data` as a picture of that type.

        Raises:
            sanitizers.verify.Rejected: anything else, and other types.
        """
        verifier = self._verifiers.get(media_type)
        if verifier is None:
            raise Rejected("kind of picture")
        verifier.verify(data)
