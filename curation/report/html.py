"""The HTML report: one file that needs nothing but a browser.

Everything strangers wrote is text here: autoescape is on, no link leads to a stranger's URL, there is no script,
and the page's own Content-Security-Policy forbids everything but its style sheet and `data:` pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation.evaluate.questions import LLAVA
from curation.report.data import Prices, ReportData, from_table, stage_times
from curation.report.reading import snippets
from curation.report.reasons import explain, may_pass_later, stage_of
from curation.report.section import ReportSection
from curation.report.text import count, duration, plural, rate, share, size

if TYPE_CHECKING:
    from curation.table.read import SampleTable

FIRST_WORDS = 10


def build_report(table: SampleTable, out_path: Path | str, section: ReportSection | None = None) -> Path:
    """Write the report of a table to a file and return its path. Reads the table alone."""
    section = section or ReportSection()
    return write(from_table(table, section), out_path, section)


def render(data: ReportData, section: ReportSection | None = None) -> str:
    """The report as one HTML document."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("curation.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=count, duration=duration, rate=rate, size=size, share=share, plural=plural)
    environment.globals.update(explain=explain, may_pass_later=may_pass_later, stage_of=stage_of)
    return environment.get_template("report.html").render(_context(data, section or ReportSection()))


def _context(data: ReportData, section: ReportSection) -> dict[str, Any]:
    facts = data.dialogues
    words = list(facts.first_words.items())
    more = sum(number for _, number in words[FIRST_WORDS:])
    return {
        "data": data,
        "funnel": data.funnel,
        "facts": facts,
        "section": section,
        "times": stage_times(data),
        "reasons": sorted(data.funnel.reasons.items(), key=lambda pair: (-pair[1], pair[0])),
        "shelves": data.shelves(),
        "shown": {group.reason for _, groups in data.shelves() for group in groups},
        "llava": LLAVA,
        "words": words[:FIRST_WORDS] + ([("other", more)] if more else []),
        "prices": Prices.of(section, data.runs),
        "snippets": snippets(data.table),
    }


def write(data: ReportData, out_path: Path | str, section: ReportSection | None = None) -> Path:
    """Write the report to a file, whole or not at all, and return its path."""
    path = Path(out_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(render(data, section), encoding="utf-8")
    part.replace(path)
    return path
