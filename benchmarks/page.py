"""How large the HTML page of a large report is, and how soon it can be used: measured by the page, in Chromium.

PYTHONPATH=tests python benchmarks/page.py
"""

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from backtrail.model.case import Report
from backtrail.report.page import page
from backtrail.report.skins.html import html
from support.browser import Browser, browser
from support.large import large

SIZES = ((120, 2_000), (700, 10_000), (1_500, 20_000))
INTERACTIVE = (
    "const [page] = performance.getEntriesByType('navigation');"
    "return [Number(document.documentElement.dataset.ready), page.domComplete]"
)


def measure(window: Browser, report: Report, path: Path) -> str:
    begun = time.perf_counter()
    path.write_text(html(report, page(report, verbose=True)), encoding="utf-8")
    written = time.perf_counter() - begun
    window.open(path.as_uri())
    window.until("document.documentElement.dataset.ready")
    script, complete = window.run(INTERACTIVE)
    times = f"written in {written:4.2f} s, usable after {complete / 1000:4.2f} s, of that script {script / 1000:4.2f} s"
    return f"{path.stat().st_size / 1e6:5.1f} MB, {times}"


def main() -> None:
    with browser() as window, tempfile.TemporaryDirectory() as folder:
        for packages, events in SIZES:
            shown = measure(window, large(packages, events), Path(folder) / "report.html")
            print(f"{packages:5} packages {events:6} events  {shown}")


if __name__ == "__main__":
    main()
