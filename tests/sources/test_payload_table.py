"""Every recorded payload of the forges goes through its source and every template."""

import pytest

from tests.sources.payload_table import PAYLOADS, RECORDED, SILENT, rows


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded payloads are not here")
@pytest.mark.parametrize("kind", PAYLOADS)
def test_payloads_are_told(kind: str):
    """Each payload is told in words, and no template fails on any of them."""
    told = list(rows(kind))
    silent = SILENT.get(kind, {}).keys()
    assert {path.name for path in (RECORDED / kind).iterdir()} - silent == {payload for payload, _, _ in told}
    assert all(line and type for _, type, line in told)
