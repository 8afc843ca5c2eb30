/** The newest result of each target. */

import { key } from '../chart/buckets';
import { instant } from '../text/age';
import type { ResultRow } from '../wire';

export type Latest = ReadonlyMap<string, ResultRow>;

/** Rows may come late and in any order: one that is older than what is known changes nothing. */
export function newest(known: Latest, rows: readonly ResultRow[]): Latest {
  const found = new Map(known);
  for (const row of rows) {
    const old = found.get(key(row));
    if (!old || (instant(row.created_at) ?? 0) >= (instant(old.created_at) ?? 0)) {
      found.set(key(row), row);
    }
  }
  return found;
}

const order = new Intl.Collator(undefined, { numeric: true });

/** In an order that does not change while results come in. */
export function inOrder<Row extends ResultRow>(rows: Iterable<Row>): Row[] {
  return [...rows].sort((a, b) => order.compare(a.target, b.target) || a.agent_id - b.agent_id);
}
