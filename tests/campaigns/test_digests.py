"""A sample of docs/digests.md: a release has the digests of the page, or writes it anew and says what changed."""

import pytest

from campaigns import digests

SAMPLE = ("april-2025", "april-2025-intraday", "april-2025-repo-spike", "march-2020", "march-2020-basis")
ANEW = "results changed: say in CHANGELOG.md what did, and write the page: PYTHONPATH=tests python -m campaigns.digests"


@pytest.mark.slow
def test_results_have_the_digests_of_the_page() -> None:
    written = digests.written()
    assert {name: digests.scenario_digest(name) for name in SAMPLE} == {name: written[name] for name in SAMPLE}, ANEW
    assert digests.sweep_digest() == written[digests.SWEEP], ANEW
