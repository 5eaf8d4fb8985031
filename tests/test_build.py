"""What the build repeats and what it does not, tried on copies of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PAGES, ROOT, SITE, make

BUILD = """
import sys
from sphinx.cmd.build import main
status = main("-nW --keep-going -D nbsphinx_execute=never -c . -d docs/_build/doctrees "
              "docs docs/_build/html".split())
print("TensorFlow imported:", "tensorflow" in sys.modules)
sys.exit(status)
"""


def build(project):
    """Build like make, except for the notebook; return how many pages were run and
    whether TensorFlow was imported."""
    run = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=project, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    (count,) = re.findall(r"successfully executed (\d+) out of", run.stdout) or [0]
    return int(count), "TensorFlow imported: True" in run.stdout


def html(site):
    return {
        file.relative_to(site).as_posix(): file.read_bytes()
        for file in site.glob("**/*.html")
    }


def test_two_builds_are_the_same_to_the_byte(project):
    """The site was built one page after the other; here, two run side by side."""
    for built in ("docs/_build/html", "docs/_build/doctrees", "docs/auto_examples"):
        shutil.rmtree(project / built)
    run = make(project, "html", "JOBS=2")
    assert run.returncode == 0, run.stdout
    assert run.stdout.endswith("Open docs/_build/html/index.html\n")
    again = project / "docs/_build/html"
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


def test_nothing_runs_again_without_a_reason(project):
    assert build(project) == (0, False)


def test_only_an_edited_page_runs_again(project):
    page = project / PAGES[2].relative_to(ROOT)
    page.write_text(
        page.read_text().replace('"""\n\nimport', '\nEdited.\n"""\n\nimport', 1)
    )
    assert build(project) == (1, True)
    name = f"docs/_build/html/auto_examples/{page.parent.name}/{page.stem}.html"
    assert "Edited." in (project / name).read_text()


def test_every_page_runs_again_with_another_version_of_keras(project):
    record = project / "docs/_build/built-from.json"
    built = json.loads(record.read_text())
    assert {"keras", "numpy"} < set(built["packages"])
    built["packages"]["keras"] = "3.0.0"  # as if the site had been built with it
    record.write_text(json.dumps(built))
    assert build(project) == (len(PAGES), True)


@pytest.mark.parametrize("name", ["conf.py", "requirements.txt", "docs/_ext/mathml.py"])
def test_configuration_counts_as_much_as_versions(project, name):
    built = json.loads((project / "docs/_build/built-from.json").read_text())
    with (project / name).open("a") as file:
        file.write("# edited\n")
    now = subprocess.run(
        [
            sys.executable,
            "-c",
            "import gallery, json; print(json.dumps(gallery.provenance()))",
        ],
        cwd=project / "docs/_ext",
        capture_output=True,
        text=True,
    )
    now = json.loads(now.stdout)
    assert now["files"] != built["files"]
    assert {**now, "files": built["files"]} == built


def test_a_deleted_page_disappears(project):
    page = PAGES[1]
    (project / page.relative_to(ROOT)).unlink()
    build(project)
    site = project / "docs/_build/html"
    assert (site / "auto_examples/dense" / f"{PAGES[0].stem}.html").exists()
    assert list(site.glob(f"**/*{page.stem}*")) == []
    assert not any(page.stem in text.decode() for text in html(site).values())


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
