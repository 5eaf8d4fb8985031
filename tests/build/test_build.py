"""What the build repeats and what it does not, tried on a small gallery."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from project import ROOT, call, make, run
from small_gallery import NAMES, page_of

BUILD = """
import sys
from sphinx.cmd.build import main
status = main("-nW --keep-going -c . -d docs/_build/doctrees docs docs/_build/html".split())
print("TensorFlow imported:", "tensorflow" in sys.modules)
sys.exit(status)
"""


def build(project):
    """Build like make; return how many pages were run and whether TensorFlow was
    imported."""
    said = run(sys.executable, "-c", BUILD, cwd=project)
    (count,) = re.findall(r"successfully executed (\d+) out of", said) or [0]
    return int(count), "TensorFlow imported: True" in said


def files_of(site):
    """The files of a site, {name: bytes}, without Sphinx' own notes of its build."""
    return {
        str(file.relative_to(site)): file.read_bytes()
        for file in site.glob("**/*")
        if file.is_file() and not file.name.startswith((".buildinfo", ".source-commit"))
    }


def index_of(site):
    """The words under which the search finds pages first."""
    name = "searchindex.js"
    index = site[name] if isinstance(site, dict) else (site / name).read_bytes()
    return re.search(rb'"indexentries":\{(.*?)\}', index)[1].decode()


def test_built_again_it_is_the_same_to_the_byte(small):
    """From a fresh clone, by the command that conf.py names, one page after the other;
    then, as if Keras had changed, two side by side. Only an edited page runs again."""
    site = small / "docs/_build/html"
    (command,) = re.findall("sphinx-build .*html", (small / "conf.py").read_text())
    made = call(small, *f".venv/bin/{command} -d docs/_build/doctrees".split())
    assert made.returncode == 0, made.stdout
    first = files_of(site)
    assert {f"auto_examples/{name}.html" for name in NAMES} < set(first)

    record = small / "docs/_build/built-from.json"
    built = json.loads(record.read_text())
    assert {"keras", "numpy"} < set(built["packages"])
    built["packages"]["keras"] = "3.0.0"  # as if the site had been built with it
    record.write_text(json.dumps(built))
    (site / "stale.html").touch()
    made = make(small, "html", "JOBS=2")
    assert made.returncode == 0, made.stdout
    assert made.stdout.endswith("Open docs/_build/html/index.html\n")
    again = files_of(site)
    assert set(again) == set(first)
    assert [name for name in first if first[name] != again[name]] == []

    assert build(small) == (0, False)
    assert files_of(site) == again
    page = page_of(small, NAMES[1])
    page.write_text(page.read_text().replace("its bias.", "its bias. Edited."))
    assert build(small) == (1, True)
    assert "Edited." in (site / f"auto_examples/{NAMES[1]}.html").read_text()
    assert index_of(site) == index_of(again) != ""


PRUNE = """
import gallery
from types import SimpleNamespace
build = gallery.ROOT / "docs/_build"
gallery.prune(SimpleNamespace(outdir=build / "html", doctreedir=build / "doctrees",
                              srcdir=gallery.ROOT / "docs"), None)
"""


@pytest.fixture
def built(small):
    """The small gallery, as if it had been built."""
    for name in ("_build/doctrees", "_build/html", "auto_examples"):
        (small / "docs" / name).mkdir(parents=True, exist_ok=True)
    run(sys.executable, "-c", PRUNE, cwd=small / "docs/_ext")
    for name in ("_build/html", "auto_examples"):
        (small / "docs" / name).mkdir(parents=True, exist_ok=True)
    return small


def is_pruned(project):
    """Whether what was built is removed, so that every page runs again."""
    run(sys.executable, "-c", PRUNE, cwd=project / "docs/_ext")
    built = [project / "docs" / name for name in ("_build/html", "auto_examples")]
    left = [folder.exists() for folder in built]
    assert left[0] == left[1]
    return not left[0]


def test_neither_without_a_change_nor_for_a_new_page_is_anything_pruned(built):
    assert not is_pruned(built)
    shutil.copy(page_of(built, NAMES[0]), page_of(built, "small/plot_new"))
    assert not is_pruned(built)


def test_a_deleted_page_disappears(built):
    page_of(built, NAMES[1]).unlink()
    assert is_pruned(built)


@pytest.mark.parametrize("name", ["conf.py", "requirements.txt", "docs/_ext/mathml.py"])
def test_configuration_counts_as_much_as_versions(built, name):
    with (built / name).open("a") as file:
        file.write("# edited\n")
    assert is_pruned(built)


@pytest.mark.parametrize(
    "remote, repository",
    [
        ("https://github.com/someone/fork.git", "someone/fork"),
        ("git@github.com:someone/fork.git", "someone/fork"),
        ("https://example.org/someone/fork.git", "keras-by-hand/keras-by-hand"),
        (None, "keras-by-hand/keras-by-hand"),
    ],
)
def test_links_launch_the_fork(tmp_path, remote, repository):
    (tmp_path / "docs/_ext").mkdir(parents=True)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/order.txt").touch()
    for name in ("paths.py", "repository.py"):
        shutil.copy(ROOT / "docs/_ext" / name, tmp_path / "docs/_ext")
    run("git", "init", "--quiet", tmp_path)
    if remote:
        run("git", "-C", tmp_path, "remote", "add", "origin", remote)
    environment = dict(os.environ)
    environment.pop("GITHUB_REPOSITORY", None)
    for given in (None, "an-owner/a.name"):
        if given:
            environment["GITHUB_REPOSITORY"] = given
        said = subprocess.run(
            [
                sys.executable,
                "-c",
                "import repository as r; print(r.find_repository())",
            ],
            cwd=tmp_path / "docs/_ext",
            env=environment,
            capture_output=True,
            text=True,
        )
        assert said.stdout.strip() == (given or repository), said.stderr
