"""Check the links of a built site: every file and every anchor that a page refers to exists; nothing is fetched."""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """Anchors of a page, and what it refers to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect identifiers, links, and what a browser loads."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.anchors.add(value)
            elif name == "href" and value and tag == "a":
                self.targets.append(value)
            elif (name == "src" or (name == "href" and tag == "link")) and value:
                self.loaded.append(value)


def dead_links(site: Path) -> list[str]:
    """Links of pages to files and anchors that do not exist, and files that pages load from elsewhere."""
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    dead = []
    for path, page in pages.items():
        where = path.relative_to(site.resolve()).as_posix()
        for target in [*page.targets, *page.loaded]:
            parts = urlsplit(target)
            if parts.scheme or target.startswith("//"):
                if target in page.loaded and parts.scheme != "data":
                    dead.append(f"{where}: loads {target}")
                continue
            found = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = pages.get(found)
            anchors = parts.fragment and known is not None and unquote(parts.fragment) not in known.anchors
            if not found.exists() or anchors:
                dead.append(f"{where}: {target}")
    return dead


if __name__ == "__main__":
    found = dead_links(Path(sys.argv[1]))
    print("\n".join(found))
    sys.exit(bool(found))
