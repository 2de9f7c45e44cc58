"""A survey in short as Markdown, and as one HTML page that needs nothing but itself."""

from html import escape
from string import Template

from backtrail.model.safe_text import shown
from backtrail.model.survey import Summary
from backtrail.report.skins.html import asset, markup, source_hash
from backtrail.report.skins.json_document import program_version
from backtrail.report.skins.markdown import mark, paragraphs
from backtrail.report.wording.survey_sections import survey, survey_title

__all__ = ["survey_html", "survey_markdown"]


def survey_markdown(found: Summary, folder: str) -> str:
    """For a pull request or the summary of a step. No text from an index or a user is taken as markup."""
    parts = [f"# {survey_title(found)}\n"]
    for title, block in survey(found, folder):
        parts += (f"## {title}\n", *paragraphs(block))
    return "\n".join((*parts, mark()))


def survey_html(found: Summary, folder: str) -> str:
    """The page; it asks no network for anything, and has no script. The same survey gives the same text."""
    style = asset("page.css")
    sections = (f"<section><h2>{escape(title)}</h2>{markup(block)}</section>" for title, block in survey(found, folder))
    return Template(asset("survey.html")).substitute(
        policy=f"default-src 'none'; style-src '{source_hash(style)}'; base-uri 'none'; form-action 'none'",
        title=escape(shown(survey_title(found))),
        style=style,
        sections="\n".join(sections),
        program=escape(f"backtrail {program_version()}"),
    )
