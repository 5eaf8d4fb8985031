"""What tests in a browser are given."""

from urllib.parse import urlsplit

import chromium as browser
import pytest


# Of each module: while it is open, an asyncio loop is, which other tests could not start.
@pytest.fixture(scope="module")
def chromium():
    with browser.opened() as instance:
        yield instance


@pytest.fixture
def tab(chromium):
    """A new page; it fails the test when it asked another host for anything, or
    when a script on it failed."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    hosts, errors = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    context.close()
    assert hosts <= {"127.0.0.1", None}
    assert errors == []
