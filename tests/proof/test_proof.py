"""Each page, under the faults that name it, with mistakes in its own lines, and with other
answers of Keras.
"""

import kept
import prove
import pytest


@pytest.mark.drawn
@pytest.mark.parametrize("page", kept.PAGES)
def test_page_goes_red(page):
    results = prove.prove(page)
    print(prove.summary(results))
    assert prove.problems(page, results) == []
