"""What tests of several folders are given."""

import pytest
import serving
import small_gallery


@pytest.fixture(scope="session")
def address():
    """The address of the site on a server of its own, without a final slash."""
    with serving.served() as address:
        yield address


@pytest.fixture
def small(tmp_path):
    """A copy of the project with a gallery of three small pages, not yet built."""
    return small_gallery.write(tmp_path / "small")
