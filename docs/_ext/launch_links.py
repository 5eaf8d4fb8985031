"""Where a page can be launched, on Binder and on Google Colab, and downloaded: in one line
below its title, and again at its end, in the place of what Sphinx-Gallery writes there.
"""

import re
import sys

import sphinx_gallery

from gallery import stages
from gallery.launching import BINDER, NOTEBOOKS
from gallery.paths import GALLERY, ROOT, find_pages, name_in, name_of

LINKS = """
.. container:: page-links

   `Launch on Binder <{binder}/launch/{docname}.ipynb>`__
   `Open in Colab <{notebooks}/launch/{docname}.ipynb>`__
   :download:`Script <{stem}.py>`
   :download:`Notebook <{stem}.ipynb>`
   :download:`Both, zipped <{stem}.zip>`
"""
# Sphinx-Gallery has no setting for them: we know them by their wording.
NOTE = re.compile(r"\.\. only:: html\n\n    \.\. note::\n(?:\n|        .*\n)+")
TITLE = re.compile(r"^.+\n=+\n", re.M)
FOOTER = re.compile(
    r"(\.\. _sphx_glr_download_\S+\.py:\n)"
    r"\n\.\. only:: html\n\n  \.\. container:: sphx-glr-footer.*",
    re.S,
)
WORDING = {"NOTE": NOTE, "TITLE": TITLE, "FOOTER": FOOTER}


def check_wording(app):
    """End the build, in one line, where a page is not worded as we know it: it would keep
    Sphinx-Gallery's links, or get none."""
    for page in find_pages():
        path = GALLERY / f"{name_of(page)}.rst"
        text = path.read_text()
        for name, wording in WORDING.items():
            if not wording.search(text):
                sys.exit(
                    f"docs/_ext/launch_links.py looks for its {name} in "
                    f"{path.relative_to(ROOT)}, and Sphinx-Gallery "
                    f"{sphinx_gallery.__version__} words it otherwise: mend {name} there"
                )


def add_links(app, docname, source):
    """Put the links of a page in the place of those that Sphinx-Gallery wrote."""
    if not name_in(docname):
        return
    links = LINKS.format(
        binder=BINDER, notebooks=NOTEBOOKS, docname=docname, stem=docname.split("/")[-1]
    )
    text = NOTE.sub("", source[0], count=1)
    text = TITLE.sub(lambda title: f"{title[0]}{links}", text, count=1)
    source[0] = FOOTER.sub(lambda footer: f"{footer[1]}{links}", text)


def setup(app):
    app.connect("builder-inited", check_wording, priority=stages.TELL_OF_PAGES)
    app.connect("source-read", add_links, priority=stages.REPLACE_ENDS)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
