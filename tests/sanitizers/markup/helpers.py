"""Cleans one file of the markup family and shows the result to its verifier."""

import io

from sanitizers import registry
from sanitizers.model import Cleaned, Job

SANITIZERS = registry.sanitizers_of("markup")
VERIFIERS = registry.verifiers()
for sanitizer in SANITIZERS.values():
    sanitizer.warm()


def clean(data, media_type, **more):
    """(output, kinds of findings) of one file; the verifier must accept it."""
    data = data.encode() if isinstance(data, str) else data
    out = io.BytesIO()
    job = Job(data=memoryview(data), media_type=media_type, **more)
    cleaned = SANITIZERS[media_type].clean(job, out)
    assert isinstance(cleaned, Cleaned)
    VERIFIERS[cleaned.media_type].verify(memoryview(out.getvalue()))
    return out.getvalue(), [f.kind.value for f in cleaned.findings]
