"""The tests themselves: all of them are run."""

import fnmatch


def test_no_folder_of_tests_is_left_out(pytestconfig):
    folders = {file.parent for file in pytestconfig.rootpath.glob("tests/**/test_*.py")}
    names = {part for folder in folders for part in folder.parts}
    assert {"build", "proof", "site"} <= names
    for pattern in pytestconfig.getini("norecursedirs"):
        assert fnmatch.filter(names, pattern) == []
