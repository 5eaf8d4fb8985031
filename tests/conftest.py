"""What the tests share: the repository, its pages, and the site that make built."""

import functools
import http.server
import os
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "docs" / "_build" / "html"
PAGES = sorted(ROOT.glob("examples/*/plot_*.py"))
PREFIX = "/keras-by-hand"  # the site is published below its repository's name


class GitHubPages(http.server.SimpleHTTPRequestHandler):
    """Serves the site as GitHub Pages does: below a prefix, with its own 404 page."""

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
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()
        thread.join()
