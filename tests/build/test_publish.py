"""Publishing to a bare repository: what lands, and what is refused."""

import shutil
import sys
import threading

import pytest
from project import ROOT, SITE, call, git, make
from small_gallery import NAMES, link_hard_silu


class Source:
    """A repository with the script and a small site, and the remote it publishes to."""

    def __init__(self, folder, remote):
        self.folder, self.remote = folder, remote
        self.site = folder / "docs/_build/html"

    def commit(self, text):
        """Commit a text and return the commit."""
        (self.folder / "source.txt").write_text(text)
        git(self.folder, "add", "source.txt", "publish.py", ".gitignore")
        git(self.folder, "commit", "--quiet", "--message", text)
        return git(self.folder, "rev-parse", "HEAD")

    def build(self, text):
        """Commit a text, build a site of it as make html does; return the commit."""
        commit = self.commit(text)
        (self.site / "_static").mkdir(parents=True, exist_ok=True)
        (self.site / "index.html").write_text(text)
        (self.site / "_static/style.css").write_text("")
        (self.site / ".buildinfo").write_text("")
        (self.site / ".source-commit").write_text(commit)
        return commit

    def publish(self, remote=None, **environment):
        """Publish; return the exit code and what was said."""
        script = [sys.executable, "publish.py", str(remote or self.remote)]
        run = call(self.folder, *script, **environment)
        return run.returncode, run.stdout

    def published(self):
        """The text of the published site."""
        return git(self.remote, "show", "gh-pages:index.html")

    def count(self):
        """How many commits gh-pages has."""
        return int(git(self.remote, "rev-list", "--count", "gh-pages"))


@pytest.fixture
def source(tmp_path):
    remote, folder = tmp_path / "remote.git", tmp_path / "source"
    folder.mkdir()
    git(tmp_path, "init", "--quiet", "--bare", remote)
    git(folder, "init", "--quiet", "--initial-branch=main")
    shutil.copy(ROOT / "publish.py", folder)
    (folder / ".gitignore").write_text("docs/_build/\n")
    return Source(folder, remote)


def test_the_site_is_the_only_commit_and_names_its_source(source):
    commit = source.build("one")
    status, said = source.publish()
    assert status == 0 and commit in said
    assert git(source.remote, "log", "-1", "--format=%B", "gh-pages").splitlines() == [
        f"The site, built from {commit}",
        "",
        f"Source-Commit: {commit}",
    ]
    files = git(source.remote, "ls-tree", "-r", "--name-only", "gh-pages").splitlines()
    assert files == [".nojekyll", ".source-commit", "_static/style.css", "index.html"]
    assert source.count() == 1
    published = git(source.remote, "rev-parse", "gh-pages")
    assert source.publish()[0] == 0
    assert git(source.remote, "rev-parse", "gh-pages") == published  # nothing is new


def test_a_newer_site_replaces_the_older_and_history_does_not_grow(source):
    source.build("one")
    source.publish()
    (source.site / "gone.html").touch()
    source.build("two")
    (source.site / "gone.html").unlink()
    assert source.publish()[0] == 0
    assert (source.published(), source.count()) == ("two", 1)
    assert "gone.html" not in git(source.remote, "ls-tree", "-r", "gh-pages")


def test_an_older_site_never_replaces_a_newer_one(source, tmp_path):
    """Neither from a clone that has the newer commit nor from one that has not."""
    old = source.build("one")
    shutil.copytree(source.folder, tmp_path / "other")
    source.build("two")
    source.publish()
    (source.site / "index.html").write_text("one")
    (source.site / ".source-commit").write_text(old)
    for clone in (source, Source(tmp_path / "other", source.remote)):
        status, said = clone.publish()
        assert status == 1 and "yours is older" in said
        assert source.published() == "two"


def test_another_branch_is_refused(source):
    base = source.commit("base")
    source.build("one")
    source.publish()
    git(source.folder, "checkout", "--quiet", "-b", "other", base)
    source.build("elsewhere")
    status, said = source.publish()
    assert status == 1 and "of another branch" in said
    assert source.published() == "one"


# Git calls it before it pushes: there, somebody else publishes.
HOOK = """#!/bin/sh
rm .git/hooks/pre-push
cd ../rival && {python} publish.py {remote}
"""


def test_the_loser_of_a_race_says_so(source, tmp_path):
    """Between the look at the branch and the push, another site is published."""
    source.build("one")
    source.publish()
    shutil.copytree(source.folder, tmp_path / "rival")
    Source(tmp_path / "rival", source.remote).build("rival")
    source.build("two")
    hook = source.folder / ".git/hooks/pre-push"
    hook.write_text(HOOK.format(python=sys.executable, remote=source.remote))
    hook.chmod(0o755)
    status, said = source.publish()
    assert status == 1 and "somebody else published meanwhile" in said, said
    assert (source.published(), source.count()) == ("rival", 1)


def test_of_two_at_once_one_is_published_whole(source, tmp_path):
    """Started together; whoever loses says why, and nothing is mixed."""
    source.build("base")
    source.publish()
    rivals = []
    for name in ("one", "two"):
        shutil.copytree(source.folder, tmp_path / name)
        rivals.append(Source(tmp_path / name, source.remote))
        rivals[-1].build(name)
    results = {}

    def run(rival):
        results[rival.folder.name] = rival.publish()

    threads = [threading.Thread(target=run, args=[rival]) for rival in rivals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [name for name, (status, _) in results.items() if status == 0]
    assert winners == [source.published()]
    (loser,) = set(results) - set(winners)
    assert results[loser][0] == 1 and "Not published" in results[loser][1]
    assert source.count() == 1


def test_a_site_of_no_commit_is_not_published(source):
    """Of a build that failed, which make html begins by removing the note of its commit,
    and of files that are not committed."""
    commit = source.build("one")
    record = source.site / ".source-commit"
    record.unlink()
    failed = source.publish()
    record.write_text(f"{commit} and uncommitted changes\n")
    changed = source.publish()
    assert (failed[0], changed[0]) == (1, 1)
    assert "no finished site" in failed[1] and "make html" in failed[1]
    assert "Commit your changes" in changed[1]
    assert git(source.remote, "branch", "--list") == ""


@pytest.mark.parametrize("remote", ["no-such-remote", "/no/such/folder"])
def test_a_remote_that_is_not_there(source, remote):
    source.build("one")
    status, said = source.publish(remote)
    assert status == 1 and "Not published" in said and remote in said


def test_without_a_remote_it_says_how(source):
    said = call(source.folder, sys.executable, "publish.py")
    assert said.returncode == 1 and "publish.py REMOTE" in said.stdout
    said = make(ROOT, "publish")
    assert said.returncode != 0 and "make publish REMOTE=origin" in said.stdout


def test_the_site_names_its_source():
    commit = git(ROOT, "rev-parse", "HEAD")
    recorded = (SITE / ".source-commit").read_text()
    assert recorded.startswith(commit)
    assert f"/commit/{commit}" in (SITE / "index.html").read_text()


def test_changed_pages_are_listed(small):
    """Where they have changed themselves, and where code that they use has."""
    link_hard_silu(small, NAMES[0])
    git(small, "init", "--quiet")
    git(small, "add", ".")
    git(small, "commit", "--quiet", "--message", "one")
    assert make(small, "changed", "BASE=HEAD").stdout.split() == []
    for name in (
        "docs/index.rst",
        f"examples/{NAMES[1]}.py",
        "keras_by_hand/losses.py",
    ):
        with (small / name).open("a") as file:
            file.write("\n# edited\n" if name.endswith("py") else "\nEdited.\n")
    library = small / "keras_by_hand/activations.py"
    text = library.read_text()
    computed = "return x * np.minimum(1, np.maximum(0, x / 6 + 0.5))"
    assert computed in text
    library.write_text(text.replace(computed, f"{computed}  # edited"))
    git(small, "commit", "--quiet", "--all", "--message", "two")
    assert make(small, "changed", "BASE=HEAD~1").stdout.split() == [
        "index.html",
        *(f"auto_examples/{name}.html" for name in NAMES[:2]),
    ]
    assert "make changed BASE=main" in make(small, "changed").stdout
    assert make(small, "changed", "BASE=nowhere").returncode != 0
