/** What a page shows, as a text and as a table to take along. */

import type { Curve } from '../../chart/buckets';
import { isPing, round } from '../../chart/round';
import { digits, ms, percent, UNKNOWN } from '../../text/units';
import type { ResultRow } from '../../wire';
import { hopsOf, hostWords, type Mtr } from '../paths/hops';
import type { Finding } from './finding';
import { finding } from './findings';
import { say } from '../../words/en/findings';

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

/** "198.18.0.1: 4 of 5 answered, 20 % lost, median 12.1 ms." */
function pingText(row: Parameters<typeof isPing>[0]): string {
  if (!isPing(row)) return '';
  const now = round(row.payload);
  const times =
    now.medianMs === null ? '' : say.rttSummary(ms(now.medianMs), ms(now.minMs), ms(now.maxMs));
  const failed = now.error ? `\n${now.error}` : '';
  return say.answeredLost(now.received, now.sent, percent(now.lossPct), times, failed);
}

/** Of one result what the page says of it, for a chat or a ticket; empty: nothing. */
export function resultText(row: ResultRow): string {
  const found = finding(row);
  const words =
    row.type === 'MTR'
      ? traceText(row.payload as Mtr)
      : pingText(row) || (found ? findingText(found) : '');
  return words ? `${row.type} ${row.target}, ${row.created_at}\n${words}` : '';
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
