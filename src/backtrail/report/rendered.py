"""A report as text, Markdown or HTML, whole: laid out, in words, and on its page."""

from collections.abc import Collection

from backtrail.model.case import Report


def to_text(report: Report, *, verbose: bool = False, gated: Collection[str] = ()) -> str:
    """The report as it is piped: short, or with everything found. What has a ``gated`` code is shown in any case."""
    from backtrail.report.page import page
    from backtrail.report.skins.text import text

    return text(page(report, verbose=verbose, gated=gated))


def to_markdown(report: Report, *, gated: Collection[str] = ()) -> str:
    """The report for an issue or a pull request, everything found folded below it."""
    from backtrail.report.page import page
    from backtrail.report.skins.markdown import markdown

    return markdown(report, page(report, gated=gated), page(report, verbose=True))


def to_html(report: Report) -> str:
    """The report as one HTML page that needs nothing but itself."""
    from backtrail.report.page import page
    from backtrail.report.skins.html import html

    return html(report, page(report, verbose=True))


class NotebookReport(Report, frozen=True, kw_only=True):
    """A report that a notebook shows as its HTML page."""

    def _repr_html_(self) -> str:
        return to_html(self)
