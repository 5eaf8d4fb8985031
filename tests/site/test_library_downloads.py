"""The library as the site offers it: in one file, and as a wheel."""

import pytest
from project import SITE, downloads

from gallery import one_file, wheel


@pytest.mark.parametrize(
    "file", [one_file.FILE, wheel.FILE], ids=lambda file: file.name
)
def test_it_stands_at_the_root_of_the_site_and_among_the_downloads(file):
    assert (SITE / file.name).read_bytes() == file.read_bytes()
    assert downloads(file.suffix[1:])[file.name].read_bytes() == file.read_bytes()


def test_both_are_of_the_library_as_it_is(tmp_path):
    assert wheel.FILE.read_bytes() == wheel.build(tmp_path)[0].read_bytes()
    assert one_file.FILE.read_text() == one_file.compose()
