import pytest

from sanitizers.pdf.image_pdf import ImagePdf


@pytest.fixture(scope="session", autouse=True)
def warm_pdf() -> None:
    ImagePdf.warm()
