"""The site on a server, as GitHub Pages serves it, and what is needed of servers."""

import contextlib
import functools
import gzip
import http.server
import os
import socket
import threading
import time
import urllib.request
from pathlib import Path

from project import SITE

COMPRESSED = (".css", ".html", ".js", ".svg", ".xml")
PREFIX = "/keras-by-hand"  # the site is published below its repository's name


@functools.cache
def compressed(path):
    return gzip.compress(path.read_bytes())


class GitHubPages(http.server.SimpleHTTPRequestHandler):
    """Serves the site below a prefix, compressed, with its own 404 page."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        accepted = "gzip" in self.headers.get("Accept-Encoding", "")
        if not (accepted and path.is_file() and path.suffix in COMPRESSED):
            return super().do_GET()
        body = compressed(path)
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


@contextlib.contextmanager
def served():
    """Serve the site; give its address, without a final slash."""
    handler = functools.partial(GitHubPages, directory=SITE)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *_: None  # a browser that closes its connection
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}"
        server.shutdown()
        thread.join()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(address, process, seconds=120):
    """Wait until a process answers at an address; raises AssertionError when it does
    not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=5).status
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")
