import pytest

from sanitizers.pdf.document import PdfDocument


@pytest.fixture(scope="session", autouse=True)
def warm_pdf() -> None:
    PdfDocument.warm()
