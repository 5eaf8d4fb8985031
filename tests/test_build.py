"""What the build promises, each promise tried on a copy of the repository."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import PAGES, ROOT, SITE

# One mistake a page in its NumPy lines, of the kind a reader would make.
MISTAKES = {
    "plot_1_no_bias": ("expected = x @ kernel", "expected = x @ kernel[::-1]"),
    "plot_2_default_bias": ("x @ kernel + bias)", "x @ kernel - bias)"),
    "plot_3_ones_bias": ('astype("float64") + bias', 'astype("float64") - bias'),
    "plot_4_relu": ("(y, np.maximum(0, z))", "(y, z)"),
    "plot_5_custom_weights": (
        "expected = x @ kernel + bias",
        "expected = x @ kernel.T.reshape(2, 5) + bias",
    ),
    "plot_6_reduce_dimensions": ("axes=(-1, 0)) + bias", "axes=(-2, 0)) + bias"),
    "plot_7_original_page": (
        "relu = np.maximum(0, with_ones)",
        "relu = np.abs(with_ones)",
    ),
    "plot_what_equal_means": (
        'expected = x @ kernel.astype("float64")\n    magnitude',
        'expected = x @ kernel[::-1].astype("float64")\n    magnitude',
    ),
}


@pytest.fixture
def project(tmp_path):
    """A copy of the repository with its built site, and with our .venv."""
    copy = tmp_path / "project"
    shutil.copytree(
        ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(".venv", ".*_cache")
    )
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def make(project, *arguments, **environment):
    """Run make in the project; its two streams come back as one text."""
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


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


def test_two_builds_are_the_same(project):
    for built in ("docs/_build", "docs/auto_examples"):
        shutil.rmtree(project / built)
    run = make(project, "html")
    assert run.returncode == 0, run.stdout
    assert run.stdout.endswith("Open docs/_build/html/index.html\n")
    assert html(project / "docs/_build/html") == html(SITE)


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


@pytest.mark.parametrize("reason", ["keras", "conf.py", "extension"])
def test_every_page_runs_again_when_what_made_it_changes(project, reason):
    if reason == "keras":  # as if the site had been built with another version
        record = project / "docs/_build/built-from.json"
        built = json.loads(record.read_text())
        built["packages"]["keras"] = "3.0.0"
        record.write_text(json.dumps(built))
    else:
        name = {"conf.py": "conf.py", "extension": "docs/_ext/mathml.py"}[reason]
        with (project / name).open("a") as file:
            file.write("# edited\n")
    assert build(project) == (len(PAGES), True)


def test_a_deleted_page_disappears(project):
    page = PAGES[1]
    (project / page.relative_to(ROOT)).unlink()
    build(project)
    site = project / "docs/_build/html"
    assert (site / "auto_examples/dense" / f"{PAGES[0].stem}.html").exists()
    assert list(site.glob(f"**/*{page.stem}*")) == []
    assert not any(page.stem in text.decode() for text in html(site).values())


def test_a_mistake_on_any_page_fails_the_build_twice(project):
    assert set(MISTAKES) == {page.stem for page in PAGES}
    for page in PAGES:
        right, wrong = MISTAKES[page.stem]
        text = page.read_text()
        assert right in text, page
        (project / page.relative_to(ROOT)).write_text(text.replace(right, wrong))
    for _ in range(2):
        run = make(project, "html")
        assert run.returncode != 0
        for page in PAGES:
            where = rf"{page.relative_to(ROOT)} failed leaving traceback"
            assert re.search(rf"{where}(.|\n)*?AssertionError", run.stdout), page
        assert re.search(r"Mismatched elements: \d+ / \d+", run.stdout)
        assert re.search(r"Max absolute difference", run.stdout)


def test_a_bad_reference_fails_the_build_twice(project):
    with (project / "docs/how_to_run.rst").open("a") as file:
        file.write("\n:doc:`no_such_page` and :math:`\\nosuchcommand`\n")
    for _ in range(2):
        run = make(project, "html")
        assert run.returncode != 0
        assert "no_such_page" in run.stdout
        assert "nosuchcommand" in run.stdout


def test_a_failing_notebook_fails_the_build(project):
    notebook = project / "docs/check_your_model.ipynb"
    text = notebook.read_text()
    assert text.count("roundings / 2 * eps") == 1
    notebook.write_text(text.replace("roundings / 2 * eps", "roundings / 2e6 * eps"))
    run = make(project, "html")
    assert run.returncode != 0
    assert "check_your_model" in run.stdout
    assert "layers beyond their limit" in run.stdout


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
    (tmp_path / "conf.py").write_bytes((ROOT / "conf.py").read_bytes())
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
            [sys.executable, "-c", "import conf; print(conf.repository)"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert run.stdout.strip() == (given or repository), run.stderr


@pytest.mark.parametrize("given", ["keras-by-hand", "a/b/c", "a b/c", "a/b;c", "/"])
def test_a_malformed_repository_is_refused(project, given):
    run = make(project, "html", GITHUB_REPOSITORY=given)
    assert run.returncode != 0
    line, *rest = run.stdout.splitlines()
    assert line == f"GITHUB_REPOSITORY must read OWNER/NAME, but it is {given!r}"
    assert len(rest) == 1 and rest[0].startswith("make: ***")
