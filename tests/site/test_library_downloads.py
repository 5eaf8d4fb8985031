"""The library as the site offers it: in one file, and as a wheel."""

import zipfile

import pytest
from project import SITE, downloads

from gallery import one_file, wheel
from gallery.package import PACKAGE


@pytest.mark.parametrize(
    "file", [one_file.FILE, wheel.FILE], ids=lambda file: file.name
)
def test_it_stands_at_the_root_of_the_site_and_among_the_downloads(file):
    assert (SITE / file.name).read_bytes() == file.read_bytes()
    assert downloads(file.suffix[1:])[file.name].read_bytes() == file.read_bytes()


def test_both_are_of_the_library_as_it_is():
    with zipfile.ZipFile(wheel.FILE) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        assert {PACKAGE.parent / name for name in names} == set(PACKAGE.rglob("*.py"))
        for name in names:
            assert archive.read(name) == (PACKAGE.parent / name).read_bytes(), name
    assert one_file.FILE.read_text().endswith(one_file.join()[1])
