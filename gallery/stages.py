"""The order of work in a build: the stages of each event of Sphinx, as priorities.

Each listener in docs/_ext names its stage, and Sphinx calls those of a smaller number
first. FILL_SETTINGS and RUN_PAGES are Sphinx-Gallery's own numbers. Listeners of one stage
need nothing of each other.
"""

# -- config-inited: conf.py has been read

NOTE_SETTINGS = 5  # the gallery's settings are as conf.py has them
FILL_SETTINGS = 10  # Sphinx-Gallery adds its defaults
LINK = 100  # nothing is removed yet: what cannot be linked ends the build here
REMOVE_OUTDATED = 500  # the linked pages stand in docs/_build/pages
REMOVE_THUMBNAILS = 600  # what is left of the gallery is up to date, or will run again

# -- builder-inited

RUN_PAGES = 500  # Sphinx-Gallery runs what has changed
TELL_OF_PAGES = 900  # each page has left its text, figures and record in auto_examples

# -- env-get-outdated: Sphinx knows which sources have changed

FIND_OUTDATED = 500

# -- source-read: a text is as its author, or Sphinx-Gallery, wrote it

REPLACE_ENDS = 400  # the footer of a page is still the last of its text
ADD_SOLUTIONS = 450  # what a page asks is still the last of what it says
READ_TEXT = 500  # the links are ours, and stay whatever is put around them

# -- doctree-read: a text has been parsed

CHANGE_DOCTREE = 500

# -- write-started, html-page-context: everything has been read

WRITE_SITE = 500
COLLAPSE_SIDEBAR = 400  # the theme, at 500, has not yet asked for its tree
WRITE_PAGE = 500

# -- build-finished: the HTML is written

COMPLETE_SITE = 500  # Sphinx-Gallery and we copy what stands beside it
REMOVE_DATES = 900  # all files of the site are there
TELL_FAILURES = 999  # all is done
