"""Pictures of the pages, for people to look at: `python tests/support/pictures.py FOLDER`.

Writes PNGs of the paper hospital with 3, 12 and 60 systems, without data and all red: dashboard, a
system's page and the index at 360 and 1,440 px and as printed on A4, and the quarterly report's
pages. With a second argument, the pictures are of the pages in that folder of reports instead.
"""

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from chromium import chromium
from playwright.sync_api import Browser
from report_hospital import DAY, SYSTEMS, nights, paper_incidents, paper_lake, paper_portfolio

from aiops_pipelines.reports import dashboard_pages, render_quarterly

MANY = [*SYSTEMS, *(f"regional-system-number-{number}" for number in range(48))]
VARIANTS = {
    "three": (list(SYSTEMS)[:3], "calm", 30),
    "twelve": (list(SYSTEMS), "mixed", 30),
    "sixty": (MANY, "mixed", 2),
    "red": (list(SYSTEMS), "red", 30),
    "none": (list(SYSTEMS), "red", 0),
}
QUARTER = (date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31))
WIDTHS = (360, 1440)
TALL = 2600
"""The greatest height of a picture in px; a longer page is cut into several."""


def write_variant(folder: Path, name: str) -> list[Path]:
    """Write the hospital's pages and report below `folder`, return those worth a picture."""
    ids, mood, count = VARIANTS[name]
    portfolio = paper_portfolio(ids)
    lake = paper_lake(folder / "lake", portfolio, nights(count), mood)
    incidents = paper_incidents() if count else []
    for page, text in dashboard_pages(portfolio, lake, incidents, DAY).items():
        target = folder / page
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (folder / "quarter.pdf").write_bytes(render_quarterly(portfolio, lake, incidents, *QUARTER))
    day = folder / "dashboard" / DAY.isoformat()
    return [day / "index.html", day / "lung-nodule-ct.html", folder / "quarter.pdf"]


def picture(browser: Browser, page: Path, stem: Path) -> Iterator[Path]:
    """Yield the pictures of one page: narrow, wide, printed."""
    for width in WIDTHS:
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.goto(page.as_uri())
        height = tab.evaluate("document.documentElement.scrollHeight")
        for part, top in enumerate(range(0, height, TALL)):
            file = stem.with_name(f"{stem.name}-{width}-{part}.png")
            box = {"x": 0, "y": top, "width": width, "height": min(TALL, height - top)}
            tab.screenshot(path=file, full_page=True, clip=box)
            yield file
        if width == WIDTHS[-1]:
            printed = stem.with_name(f"{stem.name}-a4.pdf")
            tab.pdf(path=printed, format="A4", prefer_css_page_size=True)
            yield from paper(printed, stem.with_name(f"{stem.name}-a4"))
        tab.close()


def paper(pdf: Path, stem: Path) -> Iterator[Path]:
    """Yield a picture a page of a PDF."""
    subprocess.run(["pdftoppm", "-r", "75", "-png", str(pdf), str(stem)], check=True)
    yield from sorted(stem.parent.glob(f"{stem.name}-*.png"))


def main(out: Path, reports: Path | None) -> None:
    """Write all pictures below `out`."""
    out.mkdir(parents=True, exist_ok=True)
    if reports is None:
        files = {f"{name}-{file.stem}": file for name in VARIANTS
                 for file in write_variant(out / "pages" / name, name)}  # fmt: skip
    else:
        found = [*reports.glob("**/*.html"), *reports.glob("**/*.pdf")]
        files = {"-".join(f.relative_to(reports).with_suffix("").parts): f for f in found}
    with chromium() as browser:
        for name, file in files.items():
            draw = paper(file, out / name) if file.suffix == ".pdf" else None
            for made in draw or picture(browser, file, out / name):
                print(made)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
