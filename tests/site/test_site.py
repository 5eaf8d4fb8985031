"""The built site as files: its links, its downloads, and what must not be on it."""

import functools
import gzip
import itertools
import re
import traceback
import zipfile
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from project import HTML, PAGES, ROOT, SITE, html_of
from serving import PREFIX

from gallery.course import read_course
from gallery.kinds import NOTE, kind_of
from gallery.paths import name_of

SOURCES = {html_of(page): page for page in PAGES}
LAUNCHED = (*SOURCES, "check_your_model.html", "my_port.html")
FONT = TTFont(ROOT / "docs/_static/math.woff2").getBestCmap().keys()
UNSEEN = {0x2061}  # between a function and its argument
GENERATED = ("404.html", "genindex.html", "search.html")


CODE = re.compile("<pre>.*?</pre>", re.DOTALL)
COLOUR = re.compile("</?span[^>]*>")


def without_colours(source):
    """Return a page without the spans that colour its code: they are half of what would
    be parsed."""
    return CODE.sub(lambda code: COLOUR.sub("", code[0]), source)


class Page:
    """A page of the site, parsed."""

    def __init__(self, name):
        self.name = name
        self.folder = (SITE / name).parent
        self.source = (SITE / name).read_text()
        self.html = BeautifulSoup(without_colours(self.source), "html.parser")
        self.select = self.html.select

    def downloads(self):
        """The files that it offers, by name."""
        links = self.select("a.download[href]")
        files = [self.folder / unquote(link["href"]) for link in links]
        return {file.name: file for file in files}


QUESTIONS = []


def of_each_page(question):
    """Have a question asked of each page, which is parsed once for all of them."""
    QUESTIONS.append(question)
    return question


@functools.cache
def anchors(file):
    """What links to a page may lead to."""
    return {unquote(name) for name in re.findall(r'\bid="([^"]+)"', file.read_text())}


# -- Each page


@of_each_page
def links_lead_somewhere(page):
    for tag in page.select("[href], [src], [srcset]"):
        targets = [tag.get("href"), tag.get("src")]
        targets += [
            part.split()[0] for part in tag.get("srcset", "").split(",") if part
        ]
        for target in filter(None, targets):
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            folder, path = page.folder, unquote(parts.path)
            if path.startswith(f"{PREFIX}/"):  # on the 404 page only
                folder, path = SITE, path.removeprefix(f"{PREFIX}/")
            file = (folder / path).resolve() if path else SITE / page.name
            file = file / "index.html" if file.is_dir() else file
            assert file.is_file(), f"{page.name} links to {target}, which is not there"
            if parts.fragment and file.suffix == ".html":
                assert unquote(parts.fragment) in anchors(file), target


@of_each_page
def nothing_is_loaded_from_another_host(page):
    loading = page.select(
        "[src], [srcset], object[data], link[href]:not([rel=canonical])"
    )
    for tag in loading:
        for attribute in ("src", "srcset", "data", "href"):
            assert "//" not in tag.get(attribute, ""), tag
    assert "@import" not in page.source


@of_each_page
def no_noise(page):
    formulas = page.select("annotation")  # whose source is TeX
    text = "".join(s for s in page.html.strings if s.parent not in formulas)
    assert not re.search(r"\b0x[0-9a-f]{6,}", text), "a memory address"
    assert not re.search(r"warning:|deprecat|\bI0000\b|oneDNN custom", text, re.I)
    bar = r"(?<![━┏┡┳╇])━|\bETA\b|\d+/\d+ \["  # the lines of a table begin otherwise
    assert not re.search(bar, text), "a progress bar"
    assert not re.search(r"Traceback|problematic|system-message", page.source)
    assert not re.search(r"\\begin|\\left|\\\(|\\\[|\$\$", text), "raw TeX"
    assert str(ROOT) not in page.source, "a path of this machine"


@of_each_page
def every_figure_says_what_it_shows(page):
    for image in page.select("article img:not(.sphx-glr-thumbcontainer img)"):
        assert "plot_" not in image["alt"] and image["alt"].strip(), image


@functools.cache
def transferred(file):
    """The bytes that a reader loads for a file: compressed, unless it is already."""
    data = file.read_bytes()
    return len(data) if file.suffix == ".png" else len(gzip.compress(data))


@of_each_page
def a_page_is_light(page):
    if page.name == "404.html":
        return  # its links are those of the published site
    folder = page.folder
    loaded = page.select("script[src], link[rel=stylesheet][href]")
    files = {
        folder / re.sub(r"\?.*", "", tag.get("src") or tag["href"]) for tag in loaded
    }
    at_once = page.select("img[src]:not([loading=lazy])")
    figures = {folder / image["src"] for image in at_once}
    weight = transferred(SITE / page.name) + sum(map(transferred, files))
    weight_of_figures = sum(map(transferred, figures))
    print(f"{page.name}: {weight} bytes, figures {weight_of_figures} bytes")
    # All optimizers of Keras are on one page of the reference, with their code; all
    # scripts that show a defect of Keras are on another one, all cards on a third.
    others = "defects.html", "auto_examples/index.html"
    is_long = page.name.startswith("reference/") or page.name in others
    assert weight <= (64_000 if is_long else 60_000)
    assert weight_of_figures <= 60_000


def test_scripts_of_a_page_have_no_name_in_common():
    """They share one scope: a const that stands twice stops the second script, and a
    function that does is replaced."""
    declared = re.compile(r"^(?:const|let|class|function) ([\w$]+)", re.MULTILINE)
    names = [
        name
        for script in sorted((ROOT / "docs/_static").glob("*.js"))
        for name in declared.findall(script.read_text())
    ]
    assert len(names) > 10
    assert not {name for name in names if names.count(name) > 1}


def test_the_index_of_the_search_is_not_heavy():
    weight = transferred(SITE / "search_index.js")
    print(f"search_index.js: {weight} bytes")
    assert weight <= 150_000


@of_each_page
def sharing_a_link_shows_a_preview(page):
    tags = {
        tag.get("property") or tag.get("name"): tag["content"]
        for tag in page.select("meta[content]")
    }
    if page.name in ("genindex.html", "search.html"):
        return
    assert tags["og:title"] and tags["og:image:alt"]
    assert len(tags["description"]) > 30 or page.name == "404.html"
    assert tags["og:image"].endswith(f"{PREFIX}/_static/preview.png")


@of_each_page
def binder_and_colab_open_the_notebook_of_the_page(page):
    if page.name not in LAUNCHED:
        return
    addresses = [urlsplit(link["href"]) for link in page.select("a[href]")]
    binder = next(at for at in addresses if at.hostname == "mybinder.org")
    assert re.fullmatch(r"/v2/gh/[\w-]+/[\w.-]+/gh-pages", binder.path)
    (path,) = parse_qs(binder.query)["urlpath"]
    notebook = SITE / path.removeprefix("lab/tree/")
    assert notebook.stem == page.name.split("/")[-1].removesuffix(".html")
    assert notebook.is_file()
    colab = next(at for at in addresses if at.hostname == "colab.research.google.com")
    assert colab.path.endswith(f"/blob/gh-pages/{notebook.relative_to(SITE)}")


@of_each_page
def links_stand_below_the_title_and_at_the_end(page):
    if page.name not in SOURCES:
        return
    above, below = page.select(".page-links")
    before = above.find_previous_sibling()
    has_place = "place" in before.get("class", [])  # what kind it is stands first
    assert (before.find_previous_sibling() if has_place else before).name == "h1"
    assert [link["href"] for link in above.select("a")] == [
        link["href"] for link in below.select("a")
    ]
    assert "Go to the end" not in page.html.text


@of_each_page
def a_formula_holds_its_source_and_signs_that_the_font_has(page):
    for formula in page.select("math"):
        (source,) = formula.select("annotation")
        assert source["encoding"] == "application/x-tex" and source.text.strip()
        source.extract()
        assert {ord(sign) for sign in "".join(formula.text.split())} <= FONT | UNSEEN


@of_each_page
def a_page_offers_its_source(page):
    if not (source := SOURCES.get(page.name)):
        return
    files = page.downloads()
    assert set(files) == {f"{source.stem}.{kind}" for kind in ("py", "ipynb", "zip")}
    assert files[source.name].read_bytes() == source.read_bytes()
    with zipfile.ZipFile(files[f"{source.stem}.zip"]) as archive:
        assert archive.read(source.name) == source.read_bytes()
        notebook = archive.read(f"{source.stem}.ipynb")
    assert notebook == files[f"{source.stem}.ipynb"].read_bytes()


OTHER_SENSE = {"plot_interpolation_kernels"}  # what it calls a kernel is no weight


@of_each_page
def a_page_leads_to_related_pages_and_to_the_glossary(page):
    if not (source := SOURCES.get(page.name)):
        return
    cards = page.select(".sphx-glr-thumbcontainer a[href]")
    related = {card["href"].split("/")[-1] for card in cards}
    assert len(related) == 3
    assert f"{source.stem}.html" not in related
    terms = page.select("a[href*='glossary.html#term-']")
    assert bool(terms) == (source.stem not in OTHER_SENSE)
    assert len({link["href"] for link in terms}) == len(terms), "a term linked twice"


@of_each_page
def mathematics_is_native(page):
    source = SOURCES.get(page.name)  # a note may have no equation
    assert not source or kind_of(name_of(source)) == NOTE or page.select("math")


@of_each_page
def the_logo_is_there_with_words(page):
    in_header, logo = page.select(".brand img, .sidebar-brand img")
    assert logo["alt"] and not in_header["alt"]  # the header is read as its name alone
    (icon,) = page.select("link[rel~=icon]")
    for address in (logo["src"], in_header["src"], icon["href"]):
        assert address.split("?")[0].endswith("_static/logo.svg")


@pytest.mark.parametrize("name", HTML)
def test_a_page_is_as_it_should_be(name):
    page, faults = Page(name), []
    for question in QUESTIONS:
        try:
            question(page)
        except Exception:
            faults.append(f"{question.__name__}:\n{traceback.format_exc(limit=-2)}")
    assert not faults, "\n".join(faults)


# -- The site as a whole


def test_every_page_is_there():
    assert {*LAUNCHED, "index.html", "how_to_run.html"} <= set(HTML)


def test_home_leads_to_all_that_one_comes_for():
    page = Page("index.html")
    ways = [link["href"] for link in page.select(".ways a.internal")]
    named = ("course", "reference", "teaching", "surprises", "versions")
    assert ways == [f"{name}.html" for name in named]
    sidebar = {link["href"] for link in page.select(".sidebar-tree a")}
    assert {"surprises.html", "versions.html"} <= sidebar


def test_gallery_offers_all_pages():
    files = Page("auto_examples/index.html").downloads()
    for kind, ending in (("python", "py"), ("jupyter", "ipynb")):
        with zipfile.ZipFile(files[f"auto_examples_{kind}.zip"]) as archive:
            names = {name for name in archive.namelist() if not name.endswith("/")}
            if kind == "python":
                sources = {archive.read(name) for name in names}
                assert sources == {page.read_bytes() for page in PAGES}
        ends = {f"{page.parent.name}/{page.stem}.{ending}" for page in PAGES}
        assert {"/".join(name.split("/")[-2:]) for name in names} == ends


def test_notebook_is_offered_as_it_is_stored():
    (file,) = Page("check_your_model.html").downloads().values()
    assert file.read_bytes() == (ROOT / "docs/check_your_model.ipynb").read_bytes()


def test_binder_finds_its_requirements():
    for file in ("requirements.txt", "runtime.txt"):
        source = (ROOT / "binder" / file).read_bytes()
        assert (SITE / "binder" / file).read_bytes() == source


def test_no_style_loads_from_another_host():
    for file in SITE.glob("_static/**/*.css"):
        assert not re.search(r"(url\(|@import)[\s\"']*(https?:)?//", file.read_text())


def test_the_preview_is_there():
    assert (SITE / "_static/preview.png").is_file()


def test_sitemap_lists_every_page():
    paths = re.findall("<loc>(.*?)</loc>", (SITE / "sitemap.xml").read_text())
    listed = {urlsplit(path).path for path in paths}
    assert listed == {f"{PREFIX}/{name}" for name in set(HTML) - set(GENERATED)}


def test_next_leads_through_the_gallery_in_the_order_of_ideas():
    """Lessons lead through the course instead, as test_course.py holds."""

    def visit(name):
        """Yield the pages that next leads to, up to one that has its own way on."""
        next_page = r'<a class="next-page" href="([^"]+)"'
        while link := re.search(next_page, (SITE / name).read_text()):
            file = ((SITE / name).parent / link[1]).resolve()
            name = file.relative_to(SITE).as_posix()
            yield name
            if name in lessons:
                return

    lessons = {f"auto_examples/{name}.html" for _, name, _ in read_course()}
    pages = list(SOURCES)
    assert pages[0] in visit("index.html")
    for before, page in itertools.pairwise(pages):
        if before in lessons and page not in lessons:  # a run of others begins
            visited = [page, *(name for name in visit(page) if "plot_" in name)]
            first = pages.index(page)
            ends = [*(n for n in lessons if pages.index(n) > first), pages[-1]]
            last = min(map(pages.index, ends))
            assert visited == pages[first : last + 1]
    assert "glossary.html" in visit("check_your_model.html")
