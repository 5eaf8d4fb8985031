"""What makes the build fail, tried on copies of the repository."""

import re

import pytest
from conftest import PAGES, ROOT, make, skip_notebook

# Mistakes in the NumPy lines of pages of each section, such as a reader would make.
MISTAKES = {
    "plot_1_no_bias": ("expected = x @ kernel", "expected = x @ kernel[::-1]"),
    "plot_2_default_bias": ("x @ kernel + bias)", "x @ kernel - bias)"),
    "plot_3_ones_bias": ('astype("float64") + bias', 'astype("float64") - bias'),
    "plot_4_relu": ("(y, np.maximum(0, z))", "(y, z)"),
    "plot_5_custom_weights": (
        "expected = x @ kernel + bias",
        "expected = x @ kernel.T.reshape(2, 5) + bias",
    ),
    "plot_6_reduce_dimensions": ("axis=1) + bias", "axis=0) + bias"),
    "plot_7_original_page": (
        "relu = np.maximum(0, with_ones)",
        "relu = np.abs(with_ones)",
    ),
    "plot_1_rectifiers": ("np.clip(z, 0, 6)", "np.clip(z, 0, 5)"),
    "plot_1_any_rank": ("(rows @ kernel + bias)", "(rows @ kernel - bias)"),
    "plot_4_regularizers": ("np.sum(np.abs(values))", "np.sum(values)"),
    "plot_1_gradient_of_dense": (
        "np.sum(gradient, axis=0)",
        "np.mean(gradient, axis=0)",
    ),
    "plot_1_low_rank": ("x @ kernel + (x @ a) @ b + bias", "x @ kernel + bias"),
    "plot_2_sixteen_bits": ("0x7FFF", "0x8000"),
    "plot_4_own_variables": ("x @ kernel + sum(bias)", "x @ kernel - sum(bias)"),
    "plot_1_int8": ("np.rint(values * scale)", "np.floor(values * scale)"),
    "plot_1_at_construction": (
        "expected = np.maximum(0, x @ kernel + bias)",
        "expected = x @ kernel + bias",
    ),
    "plot_what_equal_means": (
        'x @ kernel.astype("float64")\n\n',
        'x @ kernel[::-1].astype("float64")\n\n',
    ),
}


def test_a_mistake_on_any_page_fails_the_build_until_it_is_mended(project):
    mistaken = [page for page in PAGES if page.stem in MISTAKES]
    assert len(mistaken) == len(MISTAKES)
    assert {page.parent for page in mistaken} == {page.parent for page in PAGES}
    skip_notebook(project)
    for page in mistaken:
        right, wrong = MISTAKES[page.stem]
        text = page.read_text()
        assert right in text, page
        (project / page.relative_to(ROOT)).write_text(text.replace(right, wrong))
    for _ in range(2):
        run = make(project, "html")
        assert run.returncode != 0
        _, *parts = re.split(r"(\S+) failed leaving traceback", run.stdout)
        reports = dict(zip(parts[::2], parts[1::2]))
        assert len(reports) == len(mistaken)
        for page in mistaken:
            assert f"../{page.relative_to(ROOT)}" in reports, run.stdout
            report = reports[f"../{page.relative_to(ROOT)}"]
            assert "AssertionError" in report, page
            assert re.search(r"Mismatched elements: \d+|\d\) *\n?.*mismatch", report)

    for page in mistaken:
        (project / page.relative_to(ROOT)).write_text(page.read_text())
    run = make(project, "html")
    assert run.returncode == 0, run.stdout
    # A card that says that its page fails is a PNG file; those of figures are SVG.
    assert list(project.glob("docs/**/*_thumb.svg"))
    assert not list(project.glob("docs/**/*_thumb.png"))


def test_checks_in_vain_and_bad_references_fail_the_build_twice(project):
    skip_notebook(project)
    changes = {
        "plot_1_no_bias": (
            "np.testing.assert",
            "(lambda *_: None) or np.testing.assert",
        ),
        "plot_3_ones_bias": ("(y, x @ kernel + bias)", "(y, y)"),
        "plot_4_relu": ("error = np.abs(y - expected)", "error = np.abs(y - y)"),
    }
    for stem, (right, wrong) in changes.items():
        page = project / f"examples/dense/{stem}.py"
        text = page.read_text()
        assert right in text
        page.write_text(text.replace(right, wrong))
    with (project / "docs/how_to_run.rst").open("a") as file:
        file.write("\n:doc:`no_such_page` and :math:`\\nosuchcommand`\n")
    for _ in range(2):
        run = make(project, "html")
        assert run.returncode != 0
        for message in (
            r"plot_1_no_bias.rst: WARNING: the page compares no arrays",
            r"plot_3_ones_bias.rst: WARNING: check \d+ compares an array with itself",
            r"plot_4_relu.rst: WARNING: check \d+ finds no error at all",
            r"how_to_run.rst:\d+: WARNING: unknown document: 'no_such_page'",
            r"how_to_run.rst:\d+: WARNING: cannot write .*nosuchcommand",
        ):
            assert re.search(message, run.stdout), message


def test_a_failing_notebook_fails_the_build(project):
    notebook = project / "docs/check_your_model.ipynb"
    text = notebook.read_text()
    assert text.count("roundings / 2 * eps * magnitude") == 1
    notebook.write_text(
        text.replace(
            "roundings / 2 * eps * magnitude", "roundings / 2e6 * eps * magnitude"
        )
    )
    run = make(project, "html")
    assert run.returncode != 0
    assert "check_your_model" in run.stdout
    assert "layers beyond their limit" in run.stdout


@pytest.mark.parametrize("given", ["keras-by-hand", "a/b/c", "a b/c", "a/b;c", "/"])
def test_a_malformed_repository_is_refused(project, given):
    run = make(project, "html", GITHUB_REPOSITORY=given)
    assert run.returncode != 0
    line, *rest = run.stdout.splitlines()
    assert line == f"GITHUB_REPOSITORY must read OWNER/NAME, but it is {given!r}"
    assert len(rest) == 1 and rest[0].startswith("make: ***")
