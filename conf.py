"""Configuration of the site: sphinx-build -c . docs docs/_build/html"""

import gc
import os
import sys
from pathlib import Path

import pypandoc

# Most of what Sphinx makes it keeps: Python need not look for garbage every 700 objects.
gc.set_threshold(100_000)

ROOT = Path(__file__).parent
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_ext")]
from gallery.launching import BINDER, FIRST_CELL, NOTEBOOKS  # noqa: E402
from gallery.paths import SECTIONS  # noqa: E402
from gallery.repository import (  # noqa: E402
    find_address,
    find_repository,
    find_source,
    find_versions,
)

# nbsphinx looks for pandoc on the path; the package brings its own.
pandoc = Path(pypandoc.get_pandoc_path()).parent
os.environ["PATH"] = f"{pandoc}{os.pathsep}{os.environ['PATH']}"

repository = find_repository()  # its links launch the fork that the site is built from
owner, repository_name = repository.split("/")

# -- The site

project = "Keras by hand"
project_copyright = "2026, the authors of Keras by hand"

extensions = [  # in the order in which they work; gallery/stages.py has it in full
    # What others have made
    "sphinx.ext.extlinks",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "nbsphinx",
    "notfound.extension",
    "sphinxext.opengraph",
    # Before the pages run: they are linked, and what is out of date is removed
    "linking",
    "pruning",
    # While they run, and then the notebooks
    "terminal",
    # When they have run: what they left, and what the tests did, becomes texts
    "architectures",
    "cards",
    "comparison_tables",
    "defects",
    "versions",
    "families",
    "proof_tables",
    "library_downloads",
    "course_notebooks",
    "porting",
    "reference",
    "surprises",
    # While all texts are read
    "launch_links",
    "course",
    "kinds",
    "exercises",
    "glossary",
    "folding",
    "gallery_index",
    "moving_picture",
    "notebooks",
    "page_links",
    # While the HTML is written
    "mathml",
    "sidebar",
    "filter",
    # In the end
    "search_index",
    "moved",
    "sitemap",
    "reproducible",
    "failures",
]
exclude_patterns = ["_build", "_ext", "auto_examples/**.ipynb", "auto_examples/**.py"]
nitpicky = True
suppress_warnings = ["sphinx_gallery.example_error"]  # failures.py tells of them
extlinks = {
    "keras": ("https://keras.io/api/%s/", None),
    "numpy": ("https://numpy.org/doc/stable/reference/%s.html", None),
    "source": (f"https://github.com/{repository}/blob/main/%s", None),
}

html_theme = "furo"
templates_path = ["docs/_templates"]
html_title = project
html_baseurl = find_address()
html_static_path = ["docs/_static"]  # relative to this file
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": ""})]
html_context = {  # for the footer
    "repository": repository,
    "source": find_source(),
    "versions": find_versions(),
}
html_last_updated_fmt = "%-d %B %Y"  # of the commit: SOURCE_DATE_EPOCH
html_favicon = html_logo = "docs/_static/logo.svg"
html_math_renderer = "mathml"
html_copy_source = False  # pages offer their Python source instead
ogp_site_url = html_baseurl
ogp_image = "_static/preview.png"
ogp_image_alt = "One entry of y = x W + b, and the row and the column that made it"
notfound_urls_prefix = f"/{repository_name}/"
copybutton_selector = (  # code a reader would run, not what it printed
    "div:not(.prompt, .output_area, .sphx-glr-script-out) > div.highlight pre"
)
copybutton_exclude = ".linenos, .gp, .go"  # of an example, what one types is copied

# -- The gallery: every script in examples/ is linked, run, and becomes a page

sphinx_gallery_conf = {
    "examples_dirs": "_build/pages",
    "gallery_dirs": "auto_examples",
    "backreferences_dir": "auto_examples/backreferences",  # for the home page
    "subsection_order": [*(f"_build/pages/{section}" for section in SECTIONS), "*"],
    "within_subsection_order": "gallery.paths.AsWritten",
    "reset_modules": ("matplotlib", "terminal.show_page", "gallery.conditions.reset"),
    "reset_modules_order": "both",
    "image_scrapers": ("gallery.figures.scrape",),
    "only_warn_on_example_error": True,  # and failures.py makes an error of it
    "parallel": True,  # as many processes as sphinx-build -j says
    "css": ("sg_gallery",),  # its other styles are for outputs that no page has
    "first_notebook_cell": FIRST_CELL,
    "remove_config_comments": True,  # such as the one that asks for a moving picture
    "show_signature": False,
    # Running times differ from build to build, and their pages load foreign scripts.
    "write_computation_times": False,
    "min_reported_time": 3600,
    "binder": {
        "org": owner,
        "repo": repository_name,
        "branch": "gh-pages",
        "binderhub_url": "https://mybinder.org",
        "dependencies": ["../binder/requirements.txt", "../binder/runtime.txt"],
        "notebooks_dir": "launch",  # Sphinx-Gallery would empty "notebooks"
        "use_jupyter_lab": True,
    },
}

# -- The notebooks, run by nbsphinx in a kernel of their own

nbsphinx_execute = "always"
nbsphinx_allow_errors = True  # and failures.py tells of them
nbsphinx_requirejs_path = ""  # no widgets, so no foreign script
nbsphinx_execute_arguments = [
    "--IPKernelApp.capture_fd_output=False",  # C++ log lines stay off the page
    "--Application.log_level=ERROR",
    "--InlineBackend.figure_formats={'svg'}",
    # keras_by_hand.py and the style of figures, seen from docs/
    "--IPKernelApp.exec_lines=import os, sys; sys.path.insert(0, '_build'); "
    "os.environ['MATPLOTLIBRC'] = '../gallery/figures.mplstyle'",
]
nbsphinx_epilog = f"""
.. container:: notebook-links

   :download:`Download Jupyter notebook </{{{{ env.docname }}}}.ipynb>`, `launch it on
   Binder <{BINDER}/{{{{
   env.docname }}}}.ipynb>`__ or `open it in Colab <{NOTEBOOKS}/{{{{
   env.docname }}}}.ipynb>`__
"""
