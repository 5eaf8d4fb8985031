"""What tests in a browser are given."""

import contextlib
from urllib.parse import urlsplit

import chromium as browser
import pytest


# Of each module: while it is open, an asyncio loop is, which other tests could not start.
@pytest.fixture(scope="module")
def chromium():
    with browser.opened() as instance:
        yield instance


@contextlib.contextmanager
def watched(page):
    """While open, what the page asks for and what fails on it is noted; in the end, no
    other host must have been asked for anything, and no script have failed."""
    hosts, errors = set(), []
    notice = {
        "request": lambda request: hosts.add(urlsplit(request.url).hostname),
        "pageerror": lambda error: errors.append(error),
    }
    for event, function in notice.items():
        page.on(event, function)
    yield page
    for event, function in notice.items():
        page.remove_listener(event, function)
    assert hosts <= {"127.0.0.1", None}
    assert errors == []


@pytest.fixture
def tab(chromium):
    """A new page, with nothing stored."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    with watched(context.new_page()) as page:
        yield page
    context.close()


@pytest.fixture(scope="module")
def module_tab(chromium):
    context = chromium.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def same_tab(module_tab):
    """One page for all tests of a module, which only look at what it goes to: it need not
    load again what all pages of the site share."""
    with watched(module_tab):
        yield module_tab
