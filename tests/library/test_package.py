"""The library as a package, a wheel and one file: what it needs, what it hands on."""

import ast
import functools
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import keras
import numpy as np
import pytest
import readme_renderer.markdown
from environments import bare_environment
from example_files import write_examples
from packaging.metadata import Metadata
from packaging.version import Version
from project import ROOT, TEMPORARY, join_by_hand, load_by_hand, run

import keras_by_hand
from gallery import one_file, repository, wheel
from gallery.functions import find_things
from gallery.package import (
    PACKAGE,
    find_functions,
    find_modules,
    find_place,
    order_modules,
    read_statements,
)
from keras_by_hand.models.registry import LAYERS
from keras_by_hand.names import ACTIVATIONS

FORMS = ["package", "wheel", "one file"]


@functools.cache
def build():
    """Build the library as it is now; return the paths of its wheel and its sources."""
    return wheel.build(TEMPORARY.name)


def read_metadata():
    """Return what the wheel says of itself, which is well-formed."""
    with zipfile.ZipFile(build()[0]) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith(".dist-info/METADATA")]
        return Metadata.from_email(archive.read(name), validate=True)


def put(form, folder):
    """Put the library, in a form that readers can have, into a folder."""
    if form == "package":
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=ignored)
    elif form == "wheel":
        with zipfile.ZipFile(build()[0]) as archive:
            archive.extractall(folder)
    else:
        shutil.copy(join_by_hand(), folder)


@pytest.mark.parametrize("form", FORMS)
def test_it_needs_nothing_but_numpy(form, tmp_path):
    python = bare_environment(tmp_path / "bare", "numpy")
    put(form, tmp_path)
    code = "import keras_by_hand as k; import numpy; print(k.softmax(numpy.zeros(2)))"
    assert run(python, "-c", code, cwd=tmp_path) == "[0.5 0.5]\n"
    refused = subprocess.run(
        [python, "-m", "keras_by_hand", "model.keras"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    said = "model.keras: to read it needs h5py: pip install h5py\n"
    assert refused.stderr == said


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a model's file and its input, and what Keras predicts."""
    folder = tmp_path_factory.mktemp("saved")
    x = keras.Input((5, 3))
    y = keras.ops.reshape(keras.layers.GRU(4)(x), (-1, 2, 2))
    model = keras.Model(x, keras.layers.Dense(2, activation="gelu")(y))
    model.save(folder / "model.keras")
    x = np.random.default_rng(313).normal(size=(2, 5, 3)).astype("float32")
    np.save(folder / "x.npy", x)
    return folder, model.predict(x, verbose=0)


def predict(python, saved, cwd):
    """Run the model's file by the library that stands in a folder or an environment."""
    command = "-m keras_by_hand run model.keras --input x.npy --output y.npy"
    for name in ("model.keras", "x.npy"):
        shutil.copy(saved[0] / name, cwd)
    run(python, *command.split(), cwd=cwd)
    return np.load(cwd / "y.npy")


def test_each_form_of_it_predicts_the_same(saved, tmp_path):
    """With NumPy and h5py alone, what Keras predicts."""
    python = bare_environment(tmp_path / "bare", "numpy", "h5py")
    answers = []
    for form in FORMS:
        (tmp_path / form).mkdir()
        put(form, tmp_path / form)
        answers.append(predict(python, saved, tmp_path / form))
    for answer in answers:
        np.testing.assert_array_equal(answer, answers[0], strict=True)
    np.testing.assert_allclose(answers[0], saved[1], rtol=1e-4, atol=1e-6)


EXAMPLES = """
import doctest, importlib, pkgutil, sys
import numpy
import keras_by_hand
names = {name: getattr(keras_by_hand, name) for name in keras_by_hand.__all__}
names["np"] = numpy
found = pkgutil.walk_packages(keras_by_hand.__path__, "keras_by_hand.")
modules = [keras_by_hand, *(importlib.import_module(module.name) for module in found)]
results = [doctest.testmod(module, extraglobs=names) for module in modules]
results.append(doctest.testfile(sys.argv[1], module_relative=False))
print(sum(result.attempted for result in results))
sys.exit(any(result.failed for result in results))
"""


def locked(folder):
    """An environment of the wheel and what we test with."""
    python = bare_environment(folder, "numpy", "h5py")
    put("wheel", next(folder.glob("lib/python*/site-packages")))
    return python


def oldest(folder):
    """An environment of the wheel and the oldest that it says it works with."""
    needs = read_metadata().requires_dist
    pins = {f"{n.name}=={s.version}" for n in needs for s in n.specifier}
    return install(folder, *pins)


def newest(folder):
    """An environment of the wheel and the newest that there is."""
    return install(folder, "-r", ROOT / "tests/library/newest.txt")


def install(folder, *requirements):
    python = bare_environment(folder)
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, "--only-binary=:all:", f"{build()[0]}[files]", *requirements)
    return python


# The oldest is not for new Pythons, nor the newest for old ones: the workflow runs both.
END = oldest if sys.version_info < (3, 12) else newest


@pytest.fixture(scope="module", params=[locked, END])
def environment(request, tmp_path_factory):
    """The Python of an environment that has no Keras."""
    return request.param(tmp_path_factory.mktemp("environment"))


def test_the_examples_run(environment, tmp_path):
    """Each docstring's, and README.md's, beside the files that they name."""
    write_examples(tmp_path)
    command = (environment, "-W", "error", "-c", EXAMPLES, ROOT / "README.md")
    said = run(*command, cwd=tmp_path)
    files = (*PACKAGE.rglob("*.py"), ROOT / "README.md")
    texts = [file.read_text() for file in files]
    assert int(said) == sum(len(re.findall("^ *>>> ", t, re.M)) for t in texts) > 0


def test_a_model_runs_as_in_keras(environment, saved, tmp_path):
    answer = predict(environment, saved, tmp_path)
    np.testing.assert_allclose(answer, saved[1], rtol=1e-4, atol=1e-6)


def test_the_wheel_is_the_package():
    with zipfile.ZipFile(build()[0]) as archive:
        names = {n for n in archive.namelist() if ".dist-info/" not in n}
        (commands,) = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
        commands = archive.read(commands).decode()
        for name in names:
            assert archive.read(name) == (PACKAGE.parent / name).read_bytes(), name
    files = {*PACKAGE.rglob("*.py"), PACKAGE / "py.typed"}
    assert {PACKAGE.parent / name for name in names} == files
    assert "keras-by-hand = keras_by_hand.__main__:main" in commands


def test_the_wheel_says_what_it_is_and_needs():
    metadata = read_metadata()
    assert str(metadata.version) == keras_by_hand.__version__
    assert metadata.license_expression == "BSD-3-Clause"
    needs = {f"{n.name} {n.marker or ''}".strip() for n in metadata.requires_dist}
    assert {"numpy", 'h5py extra == "files"'} <= needs
    assert "Typing :: Typed" in metadata.classifiers
    address = f"https://github.com/{repository.REPOSITORY}"
    assert metadata.project_urls["Source"] == address
    owner, name = repository.REPOSITORY.split("/")
    assert metadata.project_urls["Homepage"] == f"https://{owner}.github.io/{name}/"


def test_a_package_index_can_show_its_description():
    """With links and a picture that can be followed from there."""
    metadata = read_metadata()
    assert metadata.description_content_type == "text/markdown"
    page = readme_renderer.markdown.render(metadata.description)
    links = re.findall(r'(?:href|src)="(?!#user-content-)(.*?)"', page)  # titles' own
    links += metadata.project_urls.values()
    source = f"https://github.com/{repository.REPOSITORY}/blob/main/"
    files = [link.removeprefix(source) for link in links if link.startswith(source)]
    pictures = metadata.project_urls["Homepage"] + "_static/"
    files += [
        link.replace(pictures, "docs/_static/") for link in links if pictures in link
    ]
    assert {"CHANGELOG.md", "docs/course.rst", "docs/_static/page.png"} <= set(files)
    for file in files:
        assert (ROOT / file).is_file(), file
    for link in links:
        assert link.startswith("https://"), link


def test_the_newest_changes_are_told():
    """The section of this version, which may still be unreleased, comes first."""
    titles = re.findall(r"^## (.*)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    version = Version(keras_by_hand.__version__)
    assert titles[0].startswith(f"{version.base_version} - ")
    assert titles[0].endswith("unreleased") == version.is_devrelease
    assert len(titles) > 1


def test_what_took_the_place_of_a_name_is_there():
    rows = re.findall(r"^\| `.* \| (.*) \|$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    names = re.findall(r"`(\w+)[`(]", " ".join(rows))
    assert "sparsemax_of_paper" in names
    assert [name for name in names if not find_place(name)] == []


def test_two_builds_have_the_same_bytes(tmp_path, monkeypatch):
    """Of one commit, by whomever, and by those who have the sources alone."""
    with tarfile.open(build()[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (sources,) = tmp_path.iterdir()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    for one, other in zip(build(), wheel.build(tmp_path / "again", sources)):
        assert one.read_bytes() == other.read_bytes(), one.name


@pytest.mark.parametrize(
    "name",
    [n for n, s in find_functions().items() if isinstance(s.node, ast.FunctionDef)],
)
def test_each_function_tells_what_it_takes(name):
    assert len(ast.get_docstring(find_functions()[name].node)) > 10


def test_the_registry_has_every_layer_and_activation():
    layers = {name: function for name, (function, _) in LAYERS.items()}
    tables = {"Layers": layers, "Activations": ACTIVATIONS}
    for (title, thing), name in find_things().items():
        if title in tables:
            assert tables[title][thing] is getattr(keras_by_hand, name), thing


def test_modules_need_each_other_in_one_order():
    order = [str(file.relative_to(PACKAGE)) for file in order_modules(find_modules())]
    assert order.index("activations.py") < order.index("layers/recurrent.py")
    assert order.index("layers/windows.py") < order.index("layers/convolution.py")


# -- One file


def test_it_says_what_it_is():
    header = ast.get_docstring(ast.parse(join_by_hand().read_text()))
    assert "BSD 3-Clause License" in header
    assert f"version {keras_by_hand.__version__} (code" in " ".join(header.split())
    assert re.search(r"Keras\s+\d+\.\d+", header)
    assert f"{len(find_functions())} names" in header
    assert load_by_hand().__version__ == keras_by_hand.__version__


def test_another_commit_of_the_same_library_changes_nothing(monkeypatch):
    git = repository.git
    monkeypatch.setattr(
        repository, "git", lambda *a: git(*a) if a[0] == "remote" else "anything"
    )
    assert one_file.compose() == join_by_hand().read_text()


def test_each_definition_stands_there_word_for_word():
    text = join_by_hand().read_text()
    for file in find_modules():
        for statement in read_statements(file)[1:]:
            if not statement.is_import:
                assert f"\n{statement.text}\n" in text, (file, statement.line)


def test_it_computes_what_the_package_does():
    joined = load_by_hand()
    rng = np.random.default_rng(313)
    x = rng.normal(size=(2, 5, 3))
    weights = [rng.normal(size=shape) for shape in ((3, 8), (2, 8), (8,))]
    np.testing.assert_array_equal(
        joined.lstm(x, *weights), keras_by_hand.lstm(x, *weights)
    )
    for name in find_functions():
        assert hasattr(joined, name), name


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the library, which the one file is made of."""
    package = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    for module in ("package", "one_file"):
        monkeypatch.setattr(f"gallery.{module}.PACKAGE", package)
    monkeypatch.setattr("gallery.package.ROOT", tmp_path)
    return package


def add(text, file):
    file.write_text(file.read_text() + text)


def test_another_library_has_another_digest(package):
    add("# A comment\n", package / "losses.py")
    digests = [
        re.search(r"\(code\s(\w+)\)", text)[1]
        for text in (one_file.compose(), join_by_hand().read_text())
    ]
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    "text", ["pixel_distances = 1\n", "\n\ndef relu(x):\n    pass\n"]
)
def test_one_name_stands_for_one_thing(text, package):
    add(text, package / "losses.py")
    name = "pixel_distances" if "pixel" in text else "relu"
    with pytest.raises(ValueError, match=rf"\.py and .*\.py both have {name}"):
        one_file.join()


def test_the_root_of_the_repository_has_it_without_a_build():
    assert PACKAGE.parent == ROOT
    assert not {"_build", "docs"} & set(PACKAGE.parts[len(ROOT.parts) :])
