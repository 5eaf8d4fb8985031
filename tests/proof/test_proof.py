"""Each page, under the faults that name it, with mistakes in its own lines, and with other
answers of Keras.
"""

import kept
import prove
import pytest


@pytest.mark.whole
@pytest.mark.parametrize("page", kept.PAGES)
def test_page_runs(page):
    """As it is: make html runs each, make check those that a change can have touched."""
    import running  # here, as TensorFlow takes its time, and not every process runs pages

    page = running.Page(kept.PAGES[page])
    running.run(page.proof, page.path)


@pytest.mark.drawn
@pytest.mark.parametrize("page", kept.PAGES)
def test_page_goes_red(page):
    results = prove.prove(page)
    print(prove.summary(results))
    assert prove.problems(page, results) == []
