"""What the build repeats and what it does not, tried on copies of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import PAGES, ROOT, SITE, make

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
    run = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=project, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    (count,) = re.findall(r"successfully executed (\d+) out of", run.stdout) or [0]
    return int(count), "TensorFlow imported: True" in run.stdout


def test_with_another_keras_all_is_built_again_and_the_same_to_the_byte(project):
    """The site was built one page after the other; here, two run side by side."""
    record = project / "docs/_build/built-from.json"
    built = json.loads(record.read_text())
    assert {"keras", "numpy"} < set(built["packages"])
    built["packages"]["keras"] = "3.0.0"  # as if the site had been built with it
    record.write_text(json.dumps(built))
    again = project / "docs/_build/html"
    (again / "stale.html").touch()
    run = make(project, "html", "JOBS=2")
    assert run.returncode == 0, run.stdout
    assert run.stdout.endswith("Open docs/_build/html/index.html\n")
    assert not (again / "stale.html").exists()
    names = {file.relative_to(SITE) for file in SITE.glob("**/*") if file.is_file()}
    # Not Sphinx' own notes of its configuration, of which JOBS is a part.
    names = {name for name in names if not name.name.startswith(".buildinfo")}
    assert len(names) > 100
    assert names < {file.relative_to(again) for file in again.glob("**/*")}
    different = [
        str(name)
        for name in sorted(names)
        if (SITE / name).read_bytes() != (again / name).read_bytes()
    ]
    assert different == []


def test_only_an_edited_page_runs_again(project):
    assert build(project) == (0, False)
    page = project / PAGES[2].relative_to(ROOT)
    page.write_text(
        page.read_text().replace('"""\n\nimport', '\nEdited.\n"""\n\nimport', 1)
    )
    assert build(project) == (1, True)
    name = f"docs/_build/html/auto_examples/{page.parent.name}/{page.stem}.html"
    assert "Edited." in (project / name).read_text()


PRUNE = """
import gallery
from types import SimpleNamespace
build = gallery.ROOT / "docs/_build"
gallery.prune(SimpleNamespace(outdir=build / "html", doctreedir=build / "doctrees",
                              srcdir=gallery.ROOT / "docs"), None)
"""


def is_pruned(project):
    """Whether what was built is removed, so that every page runs again."""
    command = [sys.executable, "-c", PRUNE]
    subprocess.run(command, cwd=project / "docs/_ext", check=True)
    built = [project / "docs" / name for name in ("_build/html", "auto_examples")]
    left = [folder.exists() for folder in built]
    assert left[0] == left[1]
    return not left[0]


def test_an_unchanged_project_is_not_pruned(project):
    assert not is_pruned(project)


def test_a_new_page_prunes_nothing(project):
    shutil.copy(PAGES[0], project / "examples/dense/plot_8_new.py")
    assert not is_pruned(project)


def test_a_deleted_page_disappears(project):
    (project / PAGES[1].relative_to(ROOT)).unlink()
    assert is_pruned(project)


@pytest.mark.parametrize("name", ["conf.py", "requirements.txt", "docs/_ext/mathml.py"])
def test_configuration_counts_as_much_as_versions(project, name):
    with (project / name).open("a") as file:
        file.write("# edited\n")
    assert is_pruned(project)


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
    for name in ("paths.py", "repository.py"):
        shutil.copy(ROOT / "docs/_ext" / name, tmp_path / "docs/_ext")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    if remote:
        add = ["git", "-C", tmp_path, "remote", "add", "origin", remote]
        subprocess.run(add, check=True)
    environment = dict(os.environ)
    environment.pop("GITHUB_REPOSITORY", None)
    for given in (None, "an-owner/a.name"):
        if given:
            environment["GITHUB_REPOSITORY"] = given
        run = subprocess.run(
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
        assert run.stdout.strip() == (given or repository), run.stderr
