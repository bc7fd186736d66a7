"""What needs the addresses of the repository and the published site.

`book_repository` in _config.yml is the one place that names the repository; in a GitHub
workflow the environment variable BOOK_REPOSITORY does. From it follow, on each chapter,
links to Colab, Binder and the chapter's source; on each page, a card for social media;
and for the site, a sitemap. Without it, none of them is there: a page only says what it
is about.
"""

import os
import re
import textwrap
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

ADDRESS = re.compile(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
ABOUT = "From recurrent networks to GPT, one runnable chapter at a time."


def read_address(app: Sphinx, config: Config) -> None:
    """Set the site's address from the repository's.

    Raises: ConfigError where it is not https://github.com/OWNER/NAME.
    """
    address = os.environ.get("BOOK_REPOSITORY", config.book_repository)
    if not address:
        return
    if not (match := ADDRESS.fullmatch(address)):
        raise ConfigError(
            f"book_repository is {address!r}; it should be https://github.com/OWNER/NAME"
        )
    owner, name = match.groups()
    config.book_repository = f"https://github.com/{owner}/{name}"
    config.html_baseurl = f"https://{owner.lower()}.github.io/{name}/"


def links(repository: str, pagename: str) -> str:
    """Links to a chapter in Colab, on Binder and at its source, as HTML."""
    project = repository.removeprefix("https://github.com/")
    stem = pagename.rpartition("/")[2]
    places = {
        "Colab": f"https://colab.research.google.com/github/{project}/blob/colab/"
        f"{stem}.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{project}/main?urlpath=lab/tree/"
        f"{pagename}.ipynb",
        "source": f"{repository}/blob/main/book/chapters/{stem}.md",
    }
    shown = ", ".join(f'<a href="{url}">{name}</a>' for name, url in places.items())
    return f'<p class="open-elsewhere">This chapter elsewhere: {shown}.</p>'


def description(doctree: nodes.document | None) -> str:
    """What a page is about: the first words of its first paragraph of some length."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 60 and not any(paragraph.findall(nodes.math)):
            return textwrap.shorten(text, 160, placeholder=" …")
    return ABOUT


def card(title: str, about: str, url: str, site: str) -> str:
    """The meta elements from which others draw a card for a page."""
    fields = {
        "og:type": "article",
        "og:title": title,
        "og:description": about,
        "og:url": url,
        "og:image": f"{site}_static/site.png",
        "og:image:alt": "A chapter of the book: text, code and a figure to play with.",
    }
    lines = [
        f'<meta property="{name}" content="{escape(value)}">'
        for name, value in fields.items()
    ]
    return "\n".join(
        [*lines, '<meta name="twitter:card" content="summary_large_image">']
    )


def add_to_page(
    app: Sphinx, pagename: str, template: str, context: dict, doctree: nodes.document
) -> None:
    """Put what a page is about into it, its card, and links below a chapter's title."""
    repository, site = app.config.book_repository, app.config.html_baseurl
    about = description(doctree)
    meta = f'<meta name="description" content="{escape(about)}">\n'
    context["metatags"] = context.get("metatags", "") + meta
    if not repository or doctree is None:
        return
    title = nodes.document.astext(doctree).partition("\n")[0]
    url = f"{site}{app.builder.get_target_uri(pagename)}"
    context["metatags"] += card(title, about, url, site)
    if pagename.startswith("book/notebooks/"):
        head, end, rest = context["body"].partition("</h1>")
        context["body"] = head + end + links(repository, pagename) + rest


def write_sitemap(app: Sphinx, error: Exception | None) -> None:
    """List every page of the published site in sitemap.xml."""
    if error or not app.config.book_repository or app.builder.format != "html":
        return
    site = app.config.html_baseurl
    pages = "\n".join(
        f"<url><loc>{site}{app.builder.get_target_uri(page)}</loc></url>"
        for page in sorted(app.env.found_docs)
    )
    text = '<?xml version="1.0" encoding="UTF-8"?>\n'
    text += '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    Path(app.outdir, "sitemap.xml").write_text(f"{text}{pages}\n</urlset>\n", "utf8")


def setup(app: Sphinx) -> dict[str, object]:
    """Sphinx calls this."""
    app.add_config_value("book_repository", "", "html", [str])
    app.connect("config-inited", read_address)
    app.connect("html-page-context", add_to_page)
    app.connect("build-finished", write_sitemap)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
