"""The course in Chromium: what was read is remembered there, and forgotten when asked."""

import pytest
from playwright.sync_api import expect
from project import SITE

from gallery.course import read_course

ITEMS = read_course()
NAMES = [item.name for item in ITEMS]
KEPT = "localStorage.getItem('keras-by-hand: read')"
DENY = """
const deny = () => { throw new DOMException("denied"); };
const real = Storage.prototype.getItem;
Storage.prototype.setItem = deny;
Storage.prototype.getItem = function (name) {
  return name.startsWith("keras-by-hand") ? deny() : real.call(this, name);
};
"""


def address_of(name, address):
    return f"{address}/auto_examples/{name}.html"


def read(tab, name, address):
    """Read a lesson to its end."""
    tab.goto(address_of(name, address))
    tab.locator("article .checked").scroll_into_view_if_needed()
    expect(tab.locator(".course [aria-current] .was-read")).to_be_attached()


def test_a_lesson_was_read_when_its_end_was_seen(tab, address):
    tab.set_viewport_size({"width": 1300, "height": 700})
    tab.goto(address_of(NAMES[0], address))
    expect(tab.locator(".course [aria-current]")).to_contain_text("1")
    assert tab.locator(".was-read").count() == 0 and tab.evaluate(KEPT) is None
    read(tab, NAMES[0], address)
    assert tab.evaluate(KEPT) == f'["{NAMES[0]}"]'
    tab.goto(address_of(NAMES[1], address))
    (marked,) = tab.locator(".course [data-lesson]:has(.was-read)").all()
    assert marked.get_attribute("data-lesson") == NAMES[0]
    assert marked.text_content().endswith("✓, read")


def test_the_course_tells_what_was_read_and_forgets_it(tab, address):
    lab = next(item.name for item in ITEMS if item.kind == "lab")
    for name in (NAMES[0], lab):
        read(tab, name, address)
    tab.goto(f"{address}/course.html")
    told = tab.locator(".what-was-read")
    expect(told).to_contain_text(f"2 of {len(NAMES)}")
    listed = tab.locator("article .part a:has(.was-read)")
    addresses = [link.evaluate("link => link.href") for link in listed.all()]
    assert addresses == [address_of(name, address) for name in (NAMES[0], lab)]
    button = tab.get_by_role("button", name="Forget what I have read")
    button.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator(".was-read")).to_have_count(0)
    expect(button).to_be_hidden()
    assert tab.evaluate(KEPT) == "[]"


def test_each_lesson_of_the_course_can_be_marked(tab, address):
    tab.goto(f"{address}/course.html")
    tab.evaluate("names => localStorage.setItem('keras-by-hand: read', names)", "[]")
    names = str(NAMES).replace("'", '"')
    tab.evaluate("names => localStorage.setItem('keras-by-hand: read', names)", names)
    tab.reload()
    expect(tab.locator("article .was-read")).to_have_count(len(NAMES))
    expect(tab.locator(".sidebar-tree .was-read")).to_have_count(len(NAMES))


@pytest.mark.drawn
@pytest.mark.parametrize("kept", ["{", "7", '{"a": 1}', '"dense"', "null"])
def test_what_else_stands_in_the_storage_does_no_harm(tab, address, kept):
    tab.goto(f"{address}/course.html")
    tab.evaluate("kept => localStorage.setItem('keras-by-hand: read', kept)", kept)
    read(tab, NAMES[0], address)
    tab.goto(f"{address}/course.html")
    expect(tab.locator("article .was-read")).to_have_count(1)


def test_without_storage_a_lesson_is_marked_until_one_leaves(tab, address):
    denied = tab.context.new_page()
    denied.add_init_script(DENY)
    read(denied, NAMES[0], address)
    denied.goto(f"{address}/course.html")
    expect(denied.locator(".what-was-read")).to_contain_text("remember")
    expect(denied.locator(".was-read")).to_have_count(0)
    denied.close()


def test_the_sidebar_begins_where_one_is(tab, address):
    tab.set_viewport_size({"width": 1300, "height": 700})
    tab.goto(address_of(NAMES[-1], address))
    expect(tab.locator(".course [aria-current]")).to_be_in_viewport()
    assert tab.evaluate("scrollY") == 0


def test_the_script_is_small():
    assert (SITE / "_static/course.js").stat().st_size < 4096


def test_without_scripts_nothing_is_promised(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/course.html")
    expect(page.locator(".sidebar-tree [data-lesson]")).to_have_count(len(NAMES))
    expect(page.get_by_role("button", name="Forget")).to_have_count(0)
    context.close()
