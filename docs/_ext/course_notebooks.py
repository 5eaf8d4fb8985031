"""The notebooks of the course to download, in a zip with solutions and in one without."""

import shutil

from library_downloads import put

from gallery import stages
from gallery.course import find_numbered
from gallery.course_notebooks import WITH, WITHOUT, compose


def write_zips(app):
    if find_numbered():
        put(WITH, compose())
        put(WITHOUT, compose(solutions=False))


def put_beside(app, exception):
    """Offer both at addresses without a digest."""
    if not exception and find_numbered():
        for file in (WITH, WITHOUT):
            shutil.copy(file, app.outdir)


def setup(app):
    app.connect("builder-inited", write_zips, priority=stages.TELL_OF_PAGES)
    app.connect("build-finished", put_beside, priority=stages.COMPLETE_SITE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
