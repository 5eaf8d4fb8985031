"""What tests of several folders are given."""

import gc

import checking
import project
import pytest
import serving
import small_gallery
import tiers

from gallery.linker import write_pages
from gallery.package import LinkError


def pytest_configure(config):
    """Link the pages as they are now, before the first process of tests imports them."""
    if not hasattr(config, "workerinput"):
        try:
            write_pages()
        except LinkError as error:
            raise pytest.UsageError(f"{error}")
    checking.configure(config)


def pytest_addoption(parser):
    tiers.add_options(parser)
    checking.add_options(parser)


def pytest_report_header(config):
    return tiers.describe(config)


def pytest_collection_modifyitems(config, items):
    """Leave out what this run need not ask. Say at once that there is no site, if a test
    looks at it."""
    tiers.leave_out(config, items)
    if not (project.SITE / "index.html").exists():
        looking = [item for item in items if hasattr(item.module, "SITE")]
        if looking:
            file = looking[0].path.relative_to(project.ROOT)
            raise pytest.UsageError(f"{file} looks at the built site: make html first")


@pytest.fixture(scope="module", autouse=True)
def freeze_what_is_there():
    """Spare what TensorFlow, and the tests before, hold for good from each search for
    garbage: Keras asks for one with each layer that it quantizes."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def address():
    """The address of the site on a server of its own, without a final slash."""
    with serving.served() as address:
        yield address


@pytest.fixture
def small(tmp_path):
    """A copy of the project with a gallery of three small pages, not yet built."""
    return small_gallery.write(tmp_path / "small")
