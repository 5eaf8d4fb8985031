"""What the tests share: the repository, its pages, and the site that make built."""

import functools
import gzip
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import hypothesis
import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "docs/_ext"))
import report  # noqa: E402, F401
from paths import ROOT, find_pages  # noqa: E402

SITE = ROOT / "docs" / "_build" / "html"
PAGES = find_pages()
SECTIONS = {page.parent.name: page for page in reversed(PAGES)}  # the first of each
COMPRESSED = (".css", ".html", ".js", ".svg", ".xml")
PREFIX = "/keras-by-hand"  # the site is published below its repository's name

# A fixed budget in "make test", the same cases each time; "make test-deep" has its own.
SLOW = {"deadline": None, "suppress_health_check": list(hypothesis.HealthCheck)}
hypothesis.settings.register_profile(
    "default", max_examples=40, derandomize=True, database=None, **SLOW
)
hypothesis.settings.register_profile("deep", max_examples=700, print_blob=True, **SLOW)
hypothesis.settings.load_profile("default")

# What a test's own make must not inherit from the make that runs the tests.
INHERITED = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "PYTHON")


class GitHubPages(http.server.SimpleHTTPRequestHandler):
    """Serves the site as GitHub Pages does: below a prefix, compressed, with its own
    404 page."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (accepted and path.is_file() and path.suffix in COMPRESSED):
            return super().do_GET()
        body = gzip.compress(path.read_bytes())
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", len(body))
        self.end_headers()
        self.wfile.write(body)

    def translate_path(self, path):
        if path.startswith(f"{PREFIX}/"):
            return super().translate_path(path.removeprefix(PREFIX))
        return os.path.join(self.directory, "outside-of-the-site")

    def send_error(self, code, message=None, explain=None):
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((SITE / "404.html").read_bytes())

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def address():
    """The address of the site on a server of its own, without a final slash."""
    handler = functools.partial(GitHubPages, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *_: None  # a browser that closes its connection
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path):
    """A copy of the repository with its built site, and with our .venv."""
    copy = tmp_path / "project"
    shutil.copytree(
        ROOT, copy, symlinks=True, ignore=shutil.ignore_patterns(".venv*", ".*_cache")
    )
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


def skip_notebook(project):
    """Put a notebook without code in the place of ours, whose running takes a while."""
    path = project / "docs/check_your_model.ipynb"
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_markdown_cell("# Check your own model")]
    nbformat.write(notebook, path)


def make(project, *arguments, **environment):
    """Run make in the project; its two streams come back as one text."""
    outer = {name: os.environ[name] for name in os.environ if name not in INHERITED}
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env={**outer, "NO_COLOR": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
