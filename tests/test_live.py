"""``make live``: what one writes appears in the browser by itself."""

import os
import signal
import socket
import subprocess
import time
import urllib.request

from conftest import INHERITED, PAGES, ROOT, skip_notebook
from playwright.sync_api import expect
from test_browser import chromium  # noqa: F401


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(address, process, seconds=120):
    """Wait until the address answers; raises AssertionError when it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            return urllib.request.urlopen(address, timeout=5).status
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


def test_a_page_follows_its_source(project, chromium):  # noqa: F811
    skip_notebook(project)
    port = free_port()
    process = subprocess.Popen(
        ["make", "live", f"PORT={port}"],
        cwd=project,
        env={name: os.environ[name] for name in os.environ if name not in INHERITED},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        page = PAGES[0].relative_to(ROOT)
        address = f"http://127.0.0.1:{port}"
        path = f"auto_{page.with_suffix('.html').as_posix()}"
        wait_for(f"{address}/{path}", process)
        tab = chromium.new_page()
        tab.goto(f"{address}/{path}")
        heading = "A Dense layer is a matrix product"
        expect(tab.locator("h1")).to_contain_text(heading)
        source = project / page
        source.write_text(
            source.read_text().replace(heading, heading.replace("product", "PRODUCT"))
        )
        expect(tab.locator("h1")).to_contain_text("a matrix PRODUCT", timeout=60_000)
        tab.close()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
