"""Every PDF that is committed keeps both standards: PDF/UA-1 and PDF/A-2a (veraPDF's rules)."""

from pathlib import Path

import pytest

from tests.publish import verapdf

PDFS = sorted((Path(__file__).parent.parent.parent / "papers").rglob("*.pdf"))


@pytest.mark.slow
def test_no_committed_pdf_fails_a_rule():
    assert len(PDFS) >= 10
    found = verapdf.failures(PDFS)
    assert len(found) == 2 * len(PDFS)
    assert {name: result["failed"] for name, result in found.items() if result["failed"]} == {}
