"""A report as one page of HTML: no scripts, nothing from elsewhere, readable on paper. Pure."""

from html import escape
from typing import Final

from forepost.controller.reports.document import (
    Headline,
    ReportCell,
    ReportColumn,
    ReportDocument,
    ReportTable,
)

MEDIA_TYPE: Final = "text/html"
_STYLE: Final = """
body{font:14px/1.45 system-ui,sans-serif;color:#1b1f24;background:#fff;max-width:1100px;
margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.2rem 0;color:#57606a}
dl{display:flex;flex-wrap:wrap;gap:.6rem;margin:1.2rem 0}
dl div{border:1px solid #d0d7de;border-radius:6px;padding:.5rem .9rem}
dt{color:#57606a;font-size:.8rem}dd{margin:0;font-size:1.25rem;font-weight:600}
table{border-collapse:collapse;width:100%}
th,td{border-bottom:1px solid #d8dee4;padding:.3rem .5rem;text-align:left;vertical-align:top}
th{border-bottom:2px solid #8c959f;font-size:.8rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.w{width:100%;word-break:break-word}
.good{background:#dafbe1}.fair{background:#fff8c5}.bad{background:#ffebe9}
dl .good{background:#dafbe1}
.dense{font-size:.75rem}.dense th,.dense td{padding:.15rem .25rem}
footer{margin-top:2rem;color:#57606a;font-size:.8rem}
@page{size:A4;margin:1.5cm}
@media print{body{margin:0;max-width:none;font-size:10px}
tr,dl div{break-inside:avoid}thead{display:table-header-group}h2{break-after:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


def page_of(document: ReportDocument) -> str:
    title = f"{document.title}: {document.subtitle}"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<header><h1>{escape(document.title)}</h1>",
        f"<p>{escape(document.subtitle)} · {escape(document.period)}</p></header>",
        "<dl>",
        *(_headline(one) for one in document.headlines),
        "</dl>",
    ]
    for table in document.tables:
        parts += _table(table)
    parts.append(f"<footer>Made by forepost at {escape(document.generated)}</footer>")
    parts.append("</body></html>\n")
    return "\n".join(parts)


def _headline(one: Headline) -> str:
    return f'<div class="{one.tone}"><dt>{escape(one.label)}</dt><dd>{escape(one.value)}</dd></div>'


def _table(table: ReportTable) -> list[str]:
    heads = "".join(
        f'<th scope="col" class="{_class(one)}">{escape(one.name)}</th>' for one in table.columns
    )
    rows = ["<tr>" + "".join(map(_cell, table.columns, row)) + "</tr>" for row in table.rows] or [
        f'<tr><td colspan="{len(table.columns)}">none</td></tr>'
    ]
    return [
        f'<section><h2>{escape(table.title)}</h2><table class="{_dense(table)}">',
        f"<thead><tr>{heads}</tr></thead><tbody>",
        *rows,
        f"</tbody></table><p>{escape(table.note)}</p></section>",
    ]


def _dense(table: ReportTable) -> str:
    return "dense" if table.is_dense else ""


def _class(column: ReportColumn) -> str:
    return " ".join(name for name, has in (("n", column.is_figure), ("w", column.is_wide)) if has)


def _cell(column: ReportColumn, cell: ReportCell) -> str:
    names = f"{_class(column)} {cell.tone}".strip()
    return f'<td class="{names}">{escape(cell.text)}</td>'
