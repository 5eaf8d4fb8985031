"""What the build repeats and what it does not, tried on a small gallery."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from project import ROOT, call, make, run
from searching import read_index
from small_gallery import NAMES, let_keras_compute, link_hard_silu, page_of

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


def edit(project, name):
    with (project / name).open("a") as file:
        file.write("# edited\n")


def files_of(site):
    """The files of a site, {name: bytes}, without Sphinx' own notes of its build."""
    return {
        str(file.relative_to(site)): file.read_bytes()
        for file in site.glob("**/*")
        if file.is_file() and not file.name.startswith((".buildinfo", ".source-commit"))
    }


def terms_of(site):
    """The words under which the search finds each page first."""
    return {address: terms for address, _, terms, _ in read_index(site)["pages"]}


@pytest.mark.whole
def test_built_again_it_is_the_same_to_the_byte(small):
    """With Keras, from a fresh clone, by the command that conf.py names, one page after
    the other; then, as if Keras had changed, two side by side."""
    let_keras_compute(small)
    site = small / "docs/_build/html"
    (command,) = re.findall("sphinx-build .*html", (small / "conf.py").read_text())
    made = call(small, *f".venv/bin/{command} -d docs/_build/doctrees".split())
    assert made.returncode == 0, made.stdout
    first = files_of(site)
    assert {f"auto_examples/{name}.html" for name in NAMES} < set(first)

    record = small / "docs/_build/built-from.json"
    built = json.loads(record.read_text())
    assert {"keras", "numpy"} < set(built["run"]["packages"])
    built["run"]["packages"]["keras"] = "3.0.0"  # as if the site had been built with it
    record.write_text(json.dumps(built))
    (site / "stale.html").touch()
    made = make(small, "html", "JOBS=2")
    assert made.returncode == 0, made.stdout
    assert "Page 3 of 3" in made.stdout
    assert made.stdout.endswith("Open docs/_build/html/index.html\n")
    again = files_of(site)
    assert set(again) == set(first)
    assert [name for name in first if first[name] != again[name]] == []

    assert build(small) == (0, False)
    assert files_of(site) == again


TRY_IT = """
# %%
# Try it
# ------
# 1. Make ``double``, the kernel that gives twice the output.
# 2. Take half of it. Let ``half = kernel / 2``. Call it ``again``.
"""
SOLUTIONS = '''"""Solutions."""

# %%
# Look at the :math:`W` of ``y``.

double = 2 * kernel
np.testing.assert_array_equal(x @ double, 2 * (x @ kernel))

# %%
# It is there.

again = kernel.copy()
half = kernel / 2
for row in range(2):
    assert np.all(again[row] == 2 * half[row])
'''


def test_exercises_come_below_their_tasks_and_zipped(small):
    """A change of a hint changes the notebook, and the zips of a course that has it."""
    page, site = page_of(small, NAMES[0]), small / "docs/_build/html"
    page.write_text(f"{page.read_text()}{TRY_IT}")
    solutions = page.parent / "solutions" / page.name
    solutions.parent.mkdir()
    solutions.write_text(SOLUTIONS)
    course = f"The course\n==========\n\n1. :doc:`auto_examples/{NAMES[0]}`\n"
    (small / "docs/course.rst").write_text(f":orphan:\n\n{course}")
    assert build(small)[0] == 3
    linked = (small / f"docs/_build/pages/{NAMES[0]}.py").read_text()
    assert linked.partition("output.\n")[2].startswith(
        "#\n#    Check::\n#\n#       np.testing.assert_array_equal(x @ double, 2 * (x @ "
        "kernel))\n#\n# 2. Take"
    )
    html = (site / f"auto_examples/{NAMES[0]}.html").read_text()
    parts = ["twice", "assert_array_equal", "A hint for 1", "A solution of 1", "half"]
    asked = html.partition('<section id="try-it">')[2]
    assert [asked.count(part) > 0 for part in parts] == 5 * [True]
    assert sorted(parts, key=asked.find) == parts
    notebook = json.loads((small / f"docs/auto_examples/{NAMES[0]}.ipynb").read_text())
    codes = [c for c in notebook["cells"] if c["metadata"].get("tags")]
    texts = ["".join(cell["source"]) for cell in codes]
    assert texts[0] == "# Your answer to 1\ndouble = ..."
    assert texts[3] == "# Your answer to 2\nhalf = kernel / 2\nagain = ..."
    names = ("course_notebooks.zip", "course_notebooks_without_solutions.zip")
    before = {name: (site / name).read_bytes() for name in names}

    solutions.write_text(solutions.read_text().replace("It is there.", "Look up."))
    assert build(small)[0] == 1
    for name in names:
        assert (site / name).read_bytes() != before[name]


def test_only_what_has_changed_runs_again(small):
    """A page whose text has changed, and one that uses code which has."""
    site = small / "docs/_build/html"
    link_hard_silu(small, NAMES[0])
    assert build(small) == (3, True)
    terms = terms_of(site)
    for name in (
        "keras_by_hand/layers/convolution.py",
        "keras_by_hand/losses.py",
        "docs/_static/site.css",
    ):
        edit(small, name)
    assert build(small) == (0, False)
    assert (site / "_static/site.css").read_text().endswith("# edited\n")

    library, page = small / "keras_by_hand/activations.py", page_of(small, NAMES[1])
    for file, text in (
        (library, "return x * np.minimum(1, np.maximum(0, x / 6 + 0.5))"),
        (page, "bias = np.array([7, 8, 9])"),
    ):
        before = file.read_text()
        assert text in before
        file.write_text(before.replace(text, f"{text}  # edited"))
    assert build(small) == (2, True)
    html = {name: (site / f"auto_examples/{name}.html").read_text() for name in NAMES}
    assert ["# edited" in text for text in html.values()] == [True, True, False]
    assert "The code of hard_silu, from keras_by_hand" in html[NAMES[0]]
    assert terms_of(site) == terms
    assert all(terms[f"auto_examples/{name}.html"] for name in NAMES)
    notebook = json.loads((small / f"docs/auto_examples/{NAMES[0]}.ipynb").read_text())
    hidden = [c for c in notebook["cells"] if c["metadata"].get("jupyter")]
    assert [c["metadata"]["cellView"] for c in hidden] == ["form"]
    assert "".join(hidden[0]["source"]).startswith("#@title From keras_by_hand: hard_s")


PRUNE = """
import sys
sys.path.insert(0, "docs/_ext")
import pruning
from types import SimpleNamespace
build = pruning.ROOT / "docs/_build"
pruning.prune(SimpleNamespace(outdir=build / "html", doctreedir=build / "doctrees",
                              srcdir=pruning.ROOT / "docs",
                              gallery_settings=sys.argv[1]), None)
"""


@pytest.fixture
def built(small):
    """The small gallery, as if it had been built."""
    for name in ("_build/doctrees", "_build/html", "auto_examples/small"):
        (small / "docs" / name).mkdir(parents=True, exist_ok=True)
    prune(small)
    for name in ("_build/html", "auto_examples/small"):
        (small / "docs" / name).mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (small / f"docs/auto_examples/{name}.py.md5").touch()
    return small


def prune(project, settings="{}"):
    """Let what was built be removed that cannot stay; return whether the site is read
    again, and which pages run again."""
    run(sys.executable, "-c", PRUNE, settings, cwd=project)
    kept = project.glob("docs/auto_examples/small/*.md5")
    left = {f"small/{file.name.removesuffix('.py.md5')}" for file in kept}
    return not (project / "docs/_build/html").exists(), set(NAMES) - left


def test_neither_without_a_change_nor_for_a_new_page_is_anything_pruned(built):
    assert prune(built) == (False, set())
    shutil.copy(page_of(built, NAMES[0]), page_of(built, "small/plot_new"))
    assert prune(built) == (False, set())


def test_a_deleted_page_disappears_and_no_other_runs_again(built):
    page_of(built, NAMES[1]).unlink()
    assert prune(built) == (True, {NAMES[1]})


def test_a_page_whose_solutions_change_runs_again(built):
    """As its notebook has them."""
    solutions = built / "examples/small/solutions/plot_first.py"
    solutions.parent.mkdir()
    solutions.touch()
    assert prune(built) == (False, {"small/plot_first"})
    (built / f"docs/auto_examples/{NAMES[1]}.py.md5").touch()
    edit(built, "examples/small/solutions/plot_first.py")
    assert prune(built) == (False, {"small/plot_first"})
    (built / f"docs/auto_examples/{NAMES[1]}.py.md5").touch()
    assert prune(built) == (False, set())
    solutions.unlink()
    assert prune(built) == (False, {"small/plot_first"})


@pytest.mark.parametrize(
    "name",
    [
        "conf.py",
        "requirements.txt",
        "docs/_ext/mathml.py",
        "docs/_ext/moving_picture.py",
        "docs/_static/site.css",
        "docs/_templates/page.html",
        "gallery/linker.py",
    ],
)
def test_what_shapes_no_output_runs_no_page(built, name):
    edit(built, name)
    assert prune(built) == (True, set())


@pytest.mark.parametrize(
    "name",
    [
        "gallery/cards.py",  # which figures.py imports
        "gallery/comparisons.py",  # which conditions.py imports
        "gallery/conditions.py",
        "gallery/figures.mplstyle",
        "gallery/figures.py",
    ],
)
def test_what_shapes_outputs_runs_all_pages(built, name):
    edit(built, name)
    assert prune(built) == (True, set(NAMES))


def test_other_settings_of_the_gallery_run_all_pages(built):
    assert prune(built, '{"remove_config_comments": false}') == (True, set(NAMES))


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
    (tmp_path / "gallery").mkdir()
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/order.txt").touch()
    for name in ("paths.py", "repository.py"):
        shutil.copy(ROOT / "gallery" / name, tmp_path / "gallery")
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
                "from gallery import repository as r; print(r.find_repository())",
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert said.stdout.strip() == (given or repository), said.stderr
