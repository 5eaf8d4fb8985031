"""Launching and downloading, as a reader meets them: ``make test-binder``.

The site is published to a bare repository, cloned from there as Binder does, and its
notebooks run in JupyterLab, in an environment made of its own requirements, driven by
Chromium from the very links that stand on the pages.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import chromium
import nbformat
import numpy as np
import psutil
import pytest
from bs4 import BeautifulSoup
from environments import INSTALL, clean_environment, new_environment, run_alone
from playwright.sync_api import expect
from project import PAGES, ROOT, SECTIONS, SITE, git, html_of, run
from serving import free_port, wait_for

from gallery.exercise_cells import CHECK, has_tag

JUPYTERLAB = "jupyterlab>=4.4,<5"
MEMORY = 1000  # MB: Binder gives 1 to 2 GB


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A clone of gh-pages, after the site was published there."""
    folder = tmp_path_factory.mktemp("published")
    project, remote, clone = folder / "project", folder / "remote.git", folder / "clone"
    git(folder, "clone", "--quiet", ROOT, project)
    shutil.copytree(SITE, project / "docs/_build/html")
    shutil.copy(ROOT / "publish.py", project)
    # What is being worked on counts as its last commit, or it could not be tried.
    record = project / "docs/_build/html/.source-commit"
    record.write_text(git(ROOT, "rev-parse", "HEAD"))
    git(folder, "init", "--quiet", "--bare", remote)
    run(sys.executable, "publish.py", remote, cwd=project)
    git(folder, "clone", "--quiet", "--branch=gh-pages", remote, clone)
    return clone


def commands_of(clone):
    """The lines of shell on the page "How to run a page"."""
    page = BeautifulSoup((clone / "how_to_run.html").read_text(), "html.parser")
    blocks = page.select(".highlight-bash pre")
    return [line for block in blocks for line in block.get_text().splitlines() if line]


@pytest.fixture(scope="module")
def environments(published, tmp_path_factory):
    """The Pythons of two environments, made side by side: with what the clone says that
    Binder installs, and with what "How to run a page" says."""
    folder = tmp_path_factory.mktemp("environments")
    requirements = published / "binder/requirements.txt"
    as_binder = (*INSTALL, "--requirement", requirements, JUPYTERLAB)
    as_told = commands_of(published)[0].split()
    folders = folder / "binder", folder / "told"
    with ThreadPoolExecutor() as pool:
        return list(pool.map(new_environment, folders, (as_binder, as_told)))


@pytest.fixture(scope="module")
def binder(environments):
    return environments[0]


@pytest.fixture
def quiet(tmp_path):
    return clean_environment(tmp_path)


# -- The links


def pages_of(clone):
    """The pages that can be launched: (their file, its text as HTML)."""
    files = [clone / html_of(page) for page in PAGES]
    return [
        (file, BeautifulSoup(file.read_text(), "html.parser"))
        for file in (*files, clone / "check_your_model.html", clone / "my_port.html")
    ]


def link_to(page, host):
    """The one address of this host on a page, whose links stand twice."""
    (link,) = {a["href"] for a in page.select("a[href]") if host in a["href"]}
    return urlsplit(link)


def launched(page):
    """The path that Binder opens, relative to the published tree."""
    (path,) = parse_qs(link_to(page, "mybinder.org").query)["urlpath"]
    return path.removeprefix("lab/tree/")


def test_every_link_opens_a_notebook_that_exists(published):
    for file, page in pages_of(published):
        notebook = launched(page)
        assert (published / notebook).is_file(), f"{file} launches {notebook}"
        assert Path(notebook).stem == file.stem
        colab = link_to(page, "colab.research.google.com").path
        owner = r"/github/[\w-]+/[\w.-]+/blob/gh-pages/"
        assert re.fullmatch(owner + re.escape(notebook), colab), colab
        binder = link_to(page, "mybinder.org").path
        assert re.fullmatch(r"/v2/gh/[\w-]+/[\w.-]+/gh-pages", binder)


def test_binder_chooses_python_and_our_requirements(published):
    repo2docker = [sys.executable, "-m", "repo2docker", "--no-build", "--debug"]
    said = run(*repo2docker, published)
    runtime = (published / "binder/runtime.txt").read_text().strip()
    assert runtime == "python-3.11"
    assert f"environment for {runtime.replace('-', '=')}\n" in said
    assert re.search(
        r"^RUN .*/pip install .*-r \"binder/requirements.txt\"$", said, re.M
    )


# -- In JupyterLab


@contextlib.contextmanager
def jupyterlab(published, binder, quiet):
    """A JupyterLab in the clone: its address and its process."""
    port = free_port()
    server = subprocess.Popen(
        [
            *(binder, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
            *("--IdentityProvider.token=", f"--ServerApp.root_dir={published}"),
        ],
        env=quiet,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(f"http://127.0.0.1:{port}/api", server)
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(server.pid)
    finally:
        kernels = psutil.Process(server.pid).children(recursive=True)
        server.terminate()
        server.wait(timeout=120)
        for kernel in kernels:
            with contextlib.suppress(psutil.NoSuchProcess):
                kernel.kill()


def memory(server):
    """MB that a server and its kernels have in memory.

    What has just been forked, and runs no command of its own yet, has its parent's.
    """
    total = server.memory_info().rss
    for process in server.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.cmdline() != psutil.Process(process.ppid()).cmdline():
                total += process.memory_info().rss
    return total / 2**20


FORKS = """
import os, time
held = b"1" * 100 * 2**20
if os.fork():
    print("forked", flush=True)
time.sleep(60)
"""


def test_what_is_forked_is_counted_once():
    command = [sys.executable, "-c", FORKS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "forked\n"
        server = psutil.Process(process.pid)
        (child,) = server.children()
        try:
            assert child.memory_info().rss > 100 * 2**20
            assert 100 < memory(server) < 200
        finally:
            child.kill()
            process.kill()


def has_run(notebook):
    """Whether each code cell of the notebook, as saved, has been run."""
    try:
        cells = nbformat.read(notebook, nbformat.NO_CONVERT).cells
    except nbformat.reader.NotJSONError:  # it is being saved
        return False
    return all(cell.execution_count for cell in cells if cell.cell_type == "code")


def run_all(tab, address, notebook, server):
    """Run all cells of a notebook that is open, save it, and return the peak memory."""
    cells = nbformat.read(notebook, nbformat.NO_CONVERT)
    for cell in cells.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(cells, notebook)  # what is found below has been run here
    tab.goto(address)
    idle = tab.get_by_text("Python 3 (ipykernel) | Idle")
    expect(idle).to_be_visible(timeout=60_000)
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    error = tab.locator('[data-mime-type="application/vnd.jupyter.error"]')
    red = sum(has_tag(cell, CHECK) for cell in cells.cells)  # nobody has answered
    peak, end = 0, time.monotonic() + 120
    while not (done := has_run(notebook)) and time.monotonic() < end:
        for _ in range(10):
            peak = max(peak, memory(server))
            tab.wait_for_timeout(100)
        assert error.count() <= red, error.first.inner_text()
        if idle.count():
            tab.keyboard.press("Control+s")
    assert done, "the cells did not finish"  # asked again, it may be being saved
    return peak


def printed_in(notebook):
    """What the cells of a notebook printed, by line."""
    lines = []
    cells = nbformat.read(notebook, nbformat.NO_CONVERT).cells
    for cell in [cell for cell in cells if not has_tag(cell, CHECK)]:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", output
            if output.output_type == "stream" and output.name == "stdout":
                lines += output.text.splitlines()
    return [line.strip() for line in lines if line.strip()]


def printed_on(page):
    """What a page of the site shows as printed, by line."""
    selector = ".sphx-glr-script-out pre, .output_area.stdout pre, .output_area pre"
    blocks = page.select(selector)
    lines = [line for block in blocks for line in block.get_text().splitlines()]
    return [line.strip() for line in lines if line.strip()]


NUMBER = r"-?\d+(?:\.\d*(?:e[-+]\d+)?|e[-+]\d+)"  # that may be rounded: 1.5, 2., 1e-07
PLACE = r"((?:0\.0e\+00|\de-0[6-9]) +)\([\d,]+\)"  # where a rounding error is largest


def assert_agree(printed, shown):
    """Assert that lines are the same. Rounding differs between environments, so numbers
    need only be close, and all rounding errors are: 1.3e-07 and 8.6e-08, for example,
    wherever they are largest."""
    texts = [
        re.sub(PLACE, r"\1(place)", "\n".join(lines)) for lines in (printed, shown)
    ]
    others = [re.sub(NUMBER, "number", text) for text in texts]
    assert others[0] == others[1]
    numbers = [np.array(re.findall(NUMBER, text), float) for text in texts]
    np.testing.assert_allclose(*numbers, rtol=1e-4, atol=1e-5)


def test_rounding_makes_no_difference():
    assert_agree(["error 1.3e-07", "of 0.12345"], ["error 8.6e-08", "of 0.12346"])
    assert_agree(["1.3e-07 (0,1) 1.0"], ["0.0e+00 (0,0) 1.0"])


@pytest.mark.parametrize(
    "printed, shown",
    [
        ("loss 0.123", "loss 0.124"),
        ("[ 1.5 -2. ]", "[ 1.5  2. ]"),
        ("1.3e-03 (0,1)", "1.3e-03 (1,3)"),
        ("(4,16) 1.3e-07", "(4,8) 1.3e-07"),
        ("error 8.6e-08", "error 8.6e-04"),
        ("12345 weights", "12346 weights"),
        ("True 1.5", "False 1.5"),
        ("1.5", "1.5 2.5"),
    ],
)
def test_what_differs_is_noticed(printed, shown):
    with pytest.raises(AssertionError):
        assert_agree([printed], [shown])


@pytest.fixture(scope="module")
def heaviest(published, binder, tmp_path_factory):
    """The page whose script takes most memory; each is run from the downloaded zip."""
    folder = tmp_path_factory.mktemp("zip")
    (archive,) = published.glob("_downloads/*/auto_examples_python.zip")
    with zipfile.ZipFile(archive) as files:
        files.extractall(folder)
    peaks, _ = run_alone(binder, 2, sorted(folder.glob("**/plot_*.py")), folder)
    assert set(peaks) == {page.stem for page in PAGES}
    return max(peaks, key=peaks.get)


def launch(file, page, published, binder, folder):
    """Open a page's link to Binder, run all cells, and return the peak memory."""
    (path,) = parse_qs(link_to(page, "mybinder.org").query)["urlpath"]
    notebook = published / launched(page)
    with (
        chromium.opened() as browser,
        jupyterlab(published, binder, clean_environment(folder)) as (address, server),
    ):
        tab = browser.new_page()
        return run_all(tab, f"{address}/{path}?reset", notebook, server)


def test_notebooks_run_from_their_links(published, binder, heaviest, tmp_path):
    stems = {page.stem for page in SECTIONS.values()} | {
        heaviest,
        "check_your_model",
        "my_port",
    }
    opened = [item for item in pages_of(published) if item[0].stem in stems]
    with ThreadPoolExecutor(3) as pool:
        peaks = pool.map(
            lambda item: launch(*item, published, binder, tmp_path / item[0].stem),
            opened,
        )
    for (file, page), peak in zip(opened, peaks):
        print(f"{file.stem}: at most {peak:.0f} MB, kernel and server together")
        assert 300 < peak < MEMORY
        assert_agree(printed_in(published / launched(page)), printed_on(page))


# -- On Colab


def execute(python, notebook, folder, environment):
    """Run a notebook; return its exit code and what was said."""
    nbconvert = [python, "-m", "nbconvert", "--to", "notebook", "--execute"]
    done = subprocess.run(
        [*map(str, nbconvert), "--output-dir", str(folder), str(notebook)],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture
def colab(tmp_path, quiet):
    """An environment in which google.colab can be imported."""
    package = tmp_path / "stand-in/google/colab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return {**quiet, "PYTHONPATH": str(tmp_path / "stand-in")}


def test_on_colab_what_is_missing_is_installed(
    published, binder, quiet, colab, tmp_path
):
    notebook = published / "launch/auto_examples/dense/plot_no_bias.ipynb"
    status, said = execute(binder, notebook, tmp_path, colab)
    assert status == 0, said  # nothing was missing
    run(binder, "-m", "pip", "uninstall", "--yes", "--quiet", "matplotlib")
    status, said = execute(binder, notebook, tmp_path, quiet)
    assert status != 0 and "No module named 'matplotlib'" in said
    status, said = execute(binder, notebook, tmp_path, colab)
    assert status == 0, said
    assert "Version" in run(binder, "-m", "pip", "show", "matplotlib")


# -- Downloads


def test_the_commands_of_how_to_run(published, environments, quiet, tmp_path):
    _, plain, on_jax = commands_of(published)
    quiet["PATH"] = f"{environments[1].parent}{os.pathsep}{quiet['PATH']}"
    (archive,) = published.glob("_downloads/*/plot_no_bias.zip")
    with zipfile.ZipFile(archive) as files:
        files.extractall(tmp_path)
    said = run(*plain.split(), cwd=tmp_path, env=quiet)
    assert said.strip()
    assert on_jax == f"KERAS_BACKEND=jax {plain}"


def test_the_zip_of_all_notebooks_runs(published, binder, quiet, tmp_path):
    (archive,) = published.glob("_downloads/*/auto_examples_jupyter.zip")
    with zipfile.ZipFile(archive) as files:
        files.extractall(tmp_path)
    notebooks = {path.stem: path for path in tmp_path.glob("**/plot_*.ipynb")}
    assert set(notebooks) == {page.stem for page in PAGES}
    # Each runs in site/test_notebooks.py; here it is the zip that counts.
    status, said = execute(binder, notebooks[PAGES[0].stem], tmp_path, quiet)
    assert status == 0, said
