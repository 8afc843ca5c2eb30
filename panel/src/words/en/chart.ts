/** Charts, their legends and what they say. */

import { inLanguage, type Word } from '../language.svelte';

export const say = inLanguage('chart', {
  noResult: (at: Word) => `${at} · no result`,
  resultsAt: (at: Word, results: Word, step: Word) => `${at} · ${results} in ${step}`,
  median: 'median',
  min: 'min',
  p95: 'p95',
  max: 'max',
  loss: 'loss',
  chartLabel: 'RTT and loss over time. Left and right arrow keys read the values.',
  spikesCut: (ms: Word) => `spikes above ${ms} are cut`,
  band95: '95 % of packets',
  all: 'all',
  lossRightAxis: 'loss (right axis)',
  rateIn: (rate: Word) => `${rate} in`,
  trafficLabel: 'Traffic over time: in above the line, out below it',
  rateOut: (rate: Word) => `${rate} out`,
  noneInTime: 'None in this time: look further back.',
  dragToZoom: 'Drag over the chart to look closer.',
  figuresAtEnd: (title: Word, figures: Word) => `${title}: ${figures} at the end`,
  results: 'results',
  lossNone: 'none',
  lossMore: 'more',
  year: '1 year',
  byLoss: (line: Word) => `${line}, by loss:`,
  trafficPicture: (from: Word, to: Word) => `${from} – ${to}, in above the line, out below it`,
  asPng: (title: Word) => `${title} as PNG`,
  asPicture: 'As a picture (PNG)',
  eachResult: 'each result',
  band95Results: '95 % of results',
});
