/** What a page shows, as a text and as a table to take along. */

import type { Curve } from '../../chart/buckets';
import { digits, percent, UNKNOWN } from '../../text/units';
import { hopsOf, hostWords, type Mtr } from '../paths/hops';
import type { Finding } from './finding';

/** Columns one below the other; the first to the left, the others to the right. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((cells) => (cells[at] ?? '').length)),
  );
  return rows
    .map((cells) =>
      cells
        .map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** As `mtr --report-wide` prints it. */
export function traceText(payload: Mtr): string {
  const figure = (value: number | null) => (value === null ? UNKNOWN : digits(value));
  return aligned([
    ['Hop', 'Host', 'Loss', 'Snt', 'Last', 'Avg', 'Best', 'Wrst', 'StDev'],
    ...hopsOf(payload).map((hop) => [
      `${hop.ttl}.`,
      hostWords(hop),
      percent(hop.lossPct),
      `${hop.sent}`,
      ...[hop.lastMs, hop.avgMs, hop.bestMs, hop.worstMs, hop.stddevMs].map(figure),
    ]),
  ]);
}

export function findingText({ words, facts, grids }: Finding): string {
  const known = facts.filter(([, value]) => value).map(([name, value]) => `${name}: ${value}`);
  const tables = grids.map(
    (grid) => `${grid.title}\n${aligned([grid.columns.map(([name]) => name), ...grid.rows])}`,
  );
  return [words, known.join('\n'), ...tables].filter(Boolean).join('\n\n');
}

const COLUMNS = [
  ...['time', 'agent_id', 'type', 'target', 'results', 'loss_pct'],
  ...['rtt_min_ms', 'rtt_p50_ms', 'rtt_p95_ms', 'rtt_max_ms'],
];

/** RFC 4180; a row for each bucket of the chart. */
export function chartCsv(curves: readonly Curve[]): string {
  const rows = curves.flatMap((curve) =>
    curve.points.map((point) => [
      new Date(point.time * 1000).toISOString(),
      curve.agent_id,
      curve.type,
      curve.target || (curve.target_agent ? `agent ${curve.target_agent}` : ''),
      point.count,
      point.loss_pct,
      ...[point.rtt_min_ms, point.rtt_p50_ms, point.rtt_p95_ms, point.rtt_max_ms],
    ]),
  );
  return [COLUMNS, ...rows].map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** No spreadsheet calculates what others wrote. */
function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
