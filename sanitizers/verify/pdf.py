"""The two kinds of PDF that cross, told apart by their first line.

Image PDFs (`_pdf_image_document`) and rebuilt documents (`_pdf_document`). Each grammar
reads the file from its first byte to its last and shares no code with its writer.
"""

from __future__ import annotations

import codecs
from typing import ClassVar

from sanitizers.model import Verifier
from sanitizers.verify._pdf_document import check_document
from sanitizers.verify._pdf_file import HEADER as DOCUMENT_HEADER
from sanitizers.verify._pdf_image_document import check_image_document


class PdfVerifier(Verifier):
    """Accepts what the PDF sanitizer may write."""

    media_types: ClassVar[tuple[str, ...]] = ("application/pdf",)

    @classmethod
    def warm(cls) -> None:
        """Load the codecs of text strings."""
        for name in ("utf-16-be", "ascii"):
            codecs.lookup(name)

    def verify(self, data: memoryview) -> None:
        """Accept `data` only if one of the grammars consumes it whole.

        Raises:
            Rejected: anything else.
        """
        if bytes(data[: len(DOCUMENT_HEADER)]) == DOCUMENT_HEADER:
            check_document(data)
        else:
            check_image_document(data)
