"""What people type, and the page that they want: the search finds it, first or nearly."""

import collections
import contextlib
import math
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from project import HTML, PAGES
from serving import PREFIX

from gallery.functions import find_taught, plain
from gallery.paths import name_in, name_of
from gallery.scripts import read_title
from gallery.search_index import Page, Place, make_index, split_words, stem

FOLDER = Path(__file__).parent
TERMS = tomllib.loads((FOLDER / "search_terms.toml").read_text())
SENTENCES = tomllib.loads((FOLDER / "search_sentences.toml").read_text())
STEMS = {name.split("/")[-1].removesuffix(".html") for name in HTML}
FETCHED = ["_static/minisearch.js", "_static/stemmer.js", "search_index.js"]
LONGEST = 100  # milliseconds for an answer, on a computer four times slower
WANTED = {}
for group in ("words", "names", "questions", "elsewhere"):
    WANTED |= TERMS[group]


def place(title, says="", anchor=""):
    return Place(title, anchor, says, says)


# A page of each kind; "gru" is found in all of them.
SMALL = [
    Page("gru.html", "gallery", ["gru", "nn.gru"], [place("GRU: a layer")]),
    Page("a_page.html", "a_page", [], [place("A page", "A word of a gru.")]),
    Page(
        "reference/recurrent.html",
        "reference",
        [],
        [place("Recurrent layers"), place("LSTM, GRU", "A gru.", anchor="gru")],
    ),
    Page(
        "glossary.html",
        "glossary",
        [],
        [place("Glossary"), place("gru", anchor="term-gru")],
    ),
]


@pytest.fixture(scope="module")
def search_page(only_tab, address):
    page = only_tab.context.new_page()
    page.goto(f"{address}/search.html?q=relu")
    expect(page.locator("#search-results a").first).to_be_visible()
    return page


def find(tab, questions):
    """Return where what the search finds leads, best first, for each question."""
    return tab.evaluate(
        """async (questions) => {
          const ask = await loadSearch();
          return questions.map((question) => ask(question).map((place) => place.address));
        }""",
        questions,
    )


def rank(tab, question):
    return find(tab, [question])[0]


def rank_in(tab, pages, question):
    """Return the same for a site of these pages."""
    return tab.evaluate(
        "([index, question]) => makeSearch(index)(question).map((place) => place.address)",
        [make_index(pages), question],
    )


def stem_of(address):
    return address.partition("#")[0].split("/")[-1].removesuffix(".html")


def place_of(found, answers):
    """Return at which place the first of these answers was found."""
    for number, address in enumerate(found, 1):
        if answers & {stem_of(address), address.split("/")[-1].replace(".html", "")}:
            return number
    return math.inf


def test_the_page_that_is_wanted_comes_first(search_page):
    assert set(WANTED.values()) <= STEMS
    found = find(search_page, list(WANTED))
    first = {typed: stem_of(best) for typed, (best, *_) in zip(WANTED, found)}
    assert first == WANTED


def test_nine_of_ten_sentences_are_answered_within_three(search_page):
    answers = {}
    for of_group in SENTENCES.values():
        answers |= of_group
    assert {answer.split("#")[0] for of in answers.values() for answer in of} <= STEMS
    found = find(search_page, list(answers))
    places = {
        question: place_of(of_question, set(answers[question]))
        for question, of_question in zip(answers, found, strict=True)
    }
    late = [question for question, number in places.items() if number > 3]
    first = list(places.values()).count(1)
    print(
        f"{len(places)} sentences: {first} first, {len(places) - len(late)} within three"
    )
    assert len(late) <= len(places) / 10, late


@contextlib.contextmanager
def slow(tab):
    """While open, the processor of a tab is about as slow as a phone's."""
    session = tab.context.new_cdp_session(tab)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    yield
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    session.detach()


def time_answers(tab, address, questions):
    """Return the milliseconds of each answer on a page that has just been opened; of the
    first one, all that happens once the scripts are there."""
    tab.goto(f"{address}/search.html")
    return tab.evaluate(
        """async ([files, questions]) => {
          const fetched = await Promise.all(files.map((file) => fetch(file)));
          const scripts = await Promise.all(fetched.map((answer) => answer.text()));
          let ask, before = performance.now();
          for (const textContent of scripts)
            document.head.append(
              Object.assign(document.createElement("script"), { textContent })
            );
          ask = makeSearch(searchIndex);
          return questions.map((question) => {
            ask(question);
            const taken = performance.now() - before;
            before = performance.now();
            return taken;
          });
        }""",
        [FETCHED, questions],
    )


def test_an_answer_takes_no_time_on_a_phone(tab, address):
    questions = [question for of_group in SENTENCES.values() for question in of_group]
    best = [math.inf] * len(questions)
    with slow(tab):
        for _ in range(20):  # the machine has other work
            best = list(map(min, best, time_answers(tab, address, questions)))
            if max(best) <= LONGEST:
                break
    first, *others = best
    print(f"the first answer: {first:.0f} ms; others: at most {max(others):.0f} ms")
    assert max(best) <= LONGEST


def test_nothing_is_fetched_before_the_first_question(tab, address):
    fetched = []
    tab.on("request", lambda request: fetched.append(urlsplit(request.url).path))
    for page in ("index.html", "search.html", "search.html?q=+"):
        tab.goto(f"{address}/{page}", wait_until="networkidle")
    by_question = {f"{PREFIX}/{name}" for name in FETCHED}
    assert f"{PREFIX}/_static/search.js" in fetched
    assert by_question.isdisjoint(fetched)
    tab.locator("article [name=q]").fill("leaky relu")
    tab.keyboard.press("Enter")
    expect(tab.locator("#search-results a").first).to_be_visible()
    assert by_question <= set(fetched)


def test_what_is_found_is_shown_in_this_order(tab, address):
    tab.goto(f"{address}/search.html?q=Leaky+ReLU")
    results = tab.locator("#search-results")
    expect(results.get_by_role("status")).to_have_text("The first 20, best first.")
    links = results.get_by_role("link")
    shown = links.evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    assert shown == rank(tab, "Leaky ReLU")[:20]
    assert shown[0] == "auto_examples/activations/plot_leaky_relu.html"
    for box in tab.locator("[name=q]").all():
        expect(box).to_have_value("Leaky ReLU")


def test_a_part_of_a_page_says_where_it_stands(tab, address):
    tab.goto(f"{address}/search.html?q=LeakyReLU")
    entry = tab.locator(
        "#search-results li", has=tab.get_by_text("LeakyReLU", exact=True)
    )
    expect(entry.locator(".found-on").first).to_have_text("Activation layers")


def test_a_slash_asks(tab, address):
    tab.goto(f"{address}/index.html")
    tab.keyboard.press("/")
    tab.keyboard.type("what is a logit")
    tab.keyboard.press("Enter")
    tab.locator("#search-results a", has_text="logits").first.press("Enter")
    expect(tab).not_to_have_url(re.compile("search.html"))


@pytest.mark.parametrize("typed", TERMS["nothing"])
def test_what_the_site_does_not_have_is_said_to_be_nothing(tab, address, typed):
    tab.goto(f"{address}/search.html?q={typed}")
    status = tab.locator("#search-results").get_by_role("status")
    expect(status).to_have_text("Nothing on this site has any of these words.")
    expect(tab.locator("#search-results a")).to_have_count(0)


def test_an_index_that_does_not_come_is_said(tab, address):
    tab.route("**/search_index.js", lambda route: route.abort())
    tab.goto(f"{address}/search.html?q=relu")
    status = tab.locator("#search-results").get_by_role("status")
    expect(status).to_have_text(re.compile("cannot be loaded"))


def test_without_scripts_there_are_links(chromium, address):
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{address}/search.html?q=gru")
    tab.locator("article").get_by_role("link", name="All names of Keras").click()
    expect(tab.locator("h1")).to_contain_text("Reference")
    context.close()


def test_texts_and_questions_are_taken_apart_alike(search_page):
    """Or what a page says, nobody could ask for."""
    texts = [read_title(page) for page in PAGES]
    texts += [question for of_group in SENTENCES.values() for question in of_group]
    texts += [
        "keras.layers.LSTM(3)",
        "BatchNorm2d's __init__ of 3.16.0",
        "größe, naïve",
    ]
    in_python = [[stem(word) for word in split_words(text)] for text in texts]
    in_browser = search_page.evaluate(
        """async (texts) => {
          await loadSearch();
          const stemmer = new EnglishStemmer();
          const stem = (word) => stemmer.stemWord(word);
          return texts.map((text) => splitWords(text).map(stem));
        }""",
        texts,
    )
    assert in_browser == in_python


def test_a_name_of_keras_finds_its_lesson_first(search_page):
    """That of its function, or another one with the name in its title."""
    lessons = collections.defaultdict(set)
    for (_, thing), page in find_taught().items():
        lessons[thing.lower()].add(page)
    assert len(lessons) > 150
    titles = {name_of(page): read_title(page) for page in PAGES}
    found = find(search_page, list(lessons))
    for (name, pages), (first, *_) in zip(lessons.items(), found, strict=True):
        assert (page := name_in(first.removesuffix(".html"))), f"{name} finds {first}"
        assert page in pages or plain(name) in plain(titles[page]), f"{name}: {page}"


# What is typed on such a site, and what is found first: a name's lesson, then its entry;
# the page with the most words; nothing for a word that says nothing.
ON_SMALL = dict.fromkeys(
    ("GRU", "gru", "keras.layers.GRU", " nn.GRU "),
    ["gru.html", "reference/recurrent.html#gru"],
) | {
    "word of the page": ["a_page.html"],
    "what is the gru": ["gru.html"],
    "nowhere, gru": ["gru.html"],
    "the": [],
}
# And for a site of one page with this title, whether it is found: short words are whole
# words, typing mistakes are forgiven, a few letters are no mistyped word.
BY_TITLE = {
    "ActivityRegularization": {
        "vit": False,
        "acti": False,
        "actv": False,
        "regulariz": True,
    },
    "Regularization: a penalty": {
        "regularizaton": True,
        "regullarization": True,
        "regularizationn": True,
    },
    "Checked numbers": {"checkerboards": False, "checkedd": True},
}


@pytest.mark.parametrize("typed, first", ON_SMALL.items())
def test_names_come_first_then_what_has_most_words(search_page, typed, first):
    found = rank_in(search_page, SMALL, typed)
    assert found[: len(first) or None] == first


@pytest.mark.parametrize("title", BY_TITLE)
def test_words_are_told_from_mistyped_ones(search_page, title):
    pages = [Page("a.html", "gallery", [], [place(title)])]
    found = {typed: rank_in(search_page, pages, typed) for typed in BY_TITLE[title]}
    assert found == {t: ["a.html"] * wanted for t, wanted in BY_TITLE[title].items()}


@pytest.mark.parametrize("typed", ["load_model", "Comparison", "keras-by-hand show"])
def test_what_runs_whole_models_is_found_in_the_reference(search_page, typed):
    assert rank(search_page, typed)[0].startswith("reference/models.html#")
