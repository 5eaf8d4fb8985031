"""sitemap.xml, from all pages: also those that this build had no reason to write."""

from pathlib import Path

from gallery import stages


def write(app, exception):
    if exception:
        return
    pages = sorted(app.env.found_docs - {"404"})
    addresses = [app.config.html_baseurl + app.builder.get_target_uri(p) for p in pages]
    urls = "".join(f"<url><loc>{address}</loc></url>\n" for address in addresses)
    schema = "http://www.sitemaps.org/schemas/sitemap/0.9"
    path = Path(app.outdir) / "sitemap.xml"
    path.write_text(f'<urlset xmlns="{schema}">\n{urls}</urlset>\n')


def setup(app):
    app.connect("build-finished", write, priority=stages.COMPLETE_SITE)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
