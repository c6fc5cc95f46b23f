"""ZIP archives as our writer may write them: a strict frame around verified files.

The frame is `_zip_framing`'s. Every entry is then checked as the type that its extension
promises, by that type's own verifier, a ZIP inside by this one again. What has no verifier
cannot be inside, so a name never promises less than what was checked.
"""

from __future__ import annotations

from typing import ClassVar, Final

from sanitizers.identify.labels import extension
from sanitizers.limits import MAX_DEPTH
from sanitizers.model import Verifier
from sanitizers.registry import verifiers
from sanitizers.verify import Rejected, _zip_framing

_ZIP: Final = "application/zip"


class ZipVerifier(Verifier):
    """ZIP archives with everything in them."""

    media_types = (_ZIP,)
    _by_extension: ClassVar[dict[str, Verifier]] = {}

    @classmethod
    def warm(cls) -> None:
        """Learn which verifier answers for which extension."""
        cls._by_extension = {
            extension(media_type): verifier
            for media_type, verifier in verifiers().items()
            if media_type != _ZIP and extension(media_type)
        }

    def verify(self, data: memoryview) -> None:
        """Accept a plain ZIP whose every file its own type's grammar accepts.

        Raises:
            sanitizers.verify.Rejected: anything else.
        """
        self._verify(data, 0)

    def _verify(self, data: memoryview, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Rejected("too deep")
        for entry in _zip_framing.parse(data):
            if entry.folder:
                continue
            name = entry.name.rpartition("/")[2]
            stem, dot, ending = name.rpartition(".")
            verifier = self._by_extension.get(dot + ending) if stem else None
            if dot + ending == extension(_ZIP) and stem:
                self._verify(_zip_framing.content(data, entry), depth + 1)
            elif verifier is None:
                raise Rejected("no verifier for an entry's extension")
            else:
                verifier.verify(_zip_framing.content(data, entry))
