"""The process that sets one report: a document as JSON on standard input, a PDF on standard output.

What somebody named is data of the template, never part of it: no name is read as markup.
"""

import resource
import signal
import sys
from typing import Final

import msgspec
import typst

from forepost.controller.reports.document import ReportDocument

LONGEST_SEC: Final = 60
MOST_MEMORY: Final = 2 << 30
"""Bytes of addresses; half of it is never used."""
TEMPLATE: Final = """
#let doc = json(bytes(sys.inputs.document))
#let tones = (good: rgb("#dafbe1"), fair: rgb("#fff8c5"), bad: rgb("#ffebe9"))
#let tone(name) = if name == "" { none } else { tones.at(name) }
#let grey = rgb("#57606a")
#set document(title: doc.title + ": " + doc.subtitle, author: "forepost")
#set page(
  paper: "a4",
  margin: (x: 1.5cm, top: 1.6cm, bottom: 1.8cm),
  footer: context text(7.5pt, fill: grey)[
    #doc.title · #doc.period #h(1fr) #counter(page).display("1 / 1", both: true)
  ],
)
#set text(size: 8.5pt, lang: "en")
#set par(justify: false)
#show heading.where(level: 2): set block(above: 1.6em, below: .7em)
#show table.cell.where(y: 0): strong
= #doc.title
#text(fill: grey)[#doc.subtitle · #doc.period]
#v(.4em)
#grid(
  columns: (1fr,) * 3,
  gutter: 6pt,
  ..doc.headlines.map(one => block(
    width: 100%, stroke: .5pt + rgb("#d0d7de"), radius: 3pt, inset: 7pt, fill: tone(one.tone),
    [#text(7.5pt, fill: grey, one.label) \\ #text(13pt, weight: "bold", one.value)],
  )),
)
#for part in doc.tables [
  == #part.title
  #set text(size: if part.is_dense { 5.6pt } else { 8pt })
  #if part.rows.len() == 0 [#text(fill: grey)[none] #linebreak()] else {
    table(
      columns: part.columns.map(one => if one.is_wide { 1fr } else { auto }),
      align: part.columns.map(one => if one.is_figure { right } else { left }),
      stroke: (x, y) => (bottom: if y == 0 { .9pt } else { .4pt } + rgb("#8c959f")),
      inset: if part.is_dense { 2pt } else { 4pt },
      table.header(..part.columns.map(one => one.name)),
      ..part.rows.flatten().map(one => table.cell(fill: tone(one.tone), one.text)),
    )
  }
  #text(7.5pt, fill: grey, part.note)
]
#v(1em)
#text(7.5pt, fill: grey)[Made by forepost at #doc.generated]
"""


def main() -> None:
    signal.alarm(LONGEST_SEC)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_SEC, LONGEST_SEC))
    document = msgspec.json.decode(sys.stdin.buffer.read(), type=ReportDocument)
    inputs = {"document": msgspec.json.encode(document).decode()}
    sys.stdout.buffer.write(typst.compile(TEMPLATE.encode(), sys_inputs=inputs))


if __name__ == "__main__":
    main()
