"""``make live``: what one writes appears in the browser by itself."""

import os
import signal
import subprocess

import pytest
from playwright.sync_api import expect
from project import outer
from serving import free_port, wait_for
from small_gallery import NAMES, page_of


@pytest.mark.whole
def test_a_page_follows_its_source(small, chromium):
    port = free_port()
    process = subprocess.Popen(
        ["make", "live", f"PORT={port}"],
        cwd=small,
        env=outer(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}/auto_examples/{NAMES[0]}.html"
        wait_for(address, process)
        tab = chromium.new_page()
        tab.goto(address)
        expect(tab.locator("h1")).to_contain_text("Second")
        page = page_of(small, NAMES[0])
        page.write_text(page.read_text().replace("Second", "SECOND"))
        expect(tab.locator("h1")).to_contain_text("SECOND", timeout=120_000)
        tab.close()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)
