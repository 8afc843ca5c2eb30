/** Which way packets went, when it became another, and what is different then. */

import { instant } from '../../text/age';
import type { ResultRow } from '../../wire';
import { hopsOf, type Hop, type Mtr } from './hops';
import { say } from '../../words/en/paths';

export interface Moment {
  /** Unix seconds. */
  at: number;
  /** The same for the same way. */
  way: string;
  row: ResultRow<Mtr>;
}

/** In order of time; what has no time or no payload is none. */
export function moments(rows: readonly ResultRow[]): Moment[] {
  return rows
    .flatMap((row): Moment[] => {
      const at = instant(row.created_at);
      const payload = row.payload;
      if (at === null || typeof payload !== 'object' || payload === null) return [];
      const traced = row as ResultRow<Mtr>;
      return [{ at: Math.floor(at / 1000), way: wayOf(traced.payload), row: traced }];
    })
    .sort((a, b) => a.at - b.at);
}

/** NetWatcher's agent has no fingerprint: there it is who answered. */
function wayOf(payload: Mtr): string {
  return payload.fingerprint || hopsOf(payload).map(identity).join(' ');
}

/** The nearest to a time; the newest where none is asked for. */
export function nearest(all: readonly Moment[], at: number | null): Moment | undefined {
  if (at === null) return all.at(-1);
  return all.reduce<Moment | undefined>(
    (best, one) => (!best || Math.abs(one.at - at) <= Math.abs(best.at - at) ? one : best),
    undefined,
  );
}

/** Results one after another that went the same way. */
export interface Stretch {
  from: number;
  to: number;
  /** A for the first way that is seen, B for the next. */
  letter: string;
  count: number;
  first: Moment;
  last: Moment;
}

export function stretches(all: readonly Moment[]): Stretch[] {
  const letters = new Map<string, string>();
  const found: Stretch[] = [];
  for (const one of all) {
    const letter = letters.get(one.way) ?? letterOf(letters.size);
    letters.set(one.way, letter);
    const open = found.at(-1);
    if (open?.letter === letter) {
      open.to = one.at;
      open.last = one;
      open.count += 1;
    } else {
      found.push({ from: one.at, to: one.at, letter, count: 1, first: one, last: one });
    }
  }
  return found;
}

function letterOf(place: number): string {
  const rest = String.fromCharCode(65 + (place % 26));
  return place < 26 ? rest : letterOf(Math.floor(place / 26) - 1) + rest;
}

export interface Difference {
  kind: 'same' | 'new' | 'gone' | 'changed';
  before?: Hop;
  after?: Hop;
}

/** Hop by hop, as few differences as can be: one more router in the middle is one new hop. */
export function differences(before: readonly Hop[], after: readonly Hop[]): Difference[] {
  const longest = table(before, after);
  const found: Difference[] = [];
  let gone: Hop[] = [];
  let fresh: Hop[] = [];
  const close = () => {
    const pairs = Math.min(gone.length, fresh.length);
    for (let i = 0; i < Math.max(gone.length, fresh.length); i += 1) {
      const [old, now] = [gone[i], fresh[i]];
      const kind = i < pairs ? 'changed' : old ? 'gone' : 'new';
      found.push({ kind, ...(old && { before: old }), ...(now && { after: now }) });
    }
    gone = [];
    fresh = [];
  };
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]];
    if (old && now && alike(old, now)) {
      close();
      found.push({ kind: 'same', before: old, after: now });
      i += 1;
      j += 1;
    } else if (now && (!old || reach(longest, i, j + 1) > reach(longest, i + 1, j))) {
      fresh.push(now);
      j += 1;
    } else if (old) {
      gone.push(old);
      i += 1;
    }
  }
  close();
  return found;
}

/** "1 hop new, 2 changed"; "the same way" where there is no difference. */
export function summary(rows: readonly Difference[]): string {
  const kinds = { new: say.newHops, gone: say.goneHops, changed: say.changedHops };
  const words = Object.entries(kinds).flatMap(([kind, counted]) => {
    const count = rows.filter((row) => row.kind === kind).length;
    return count ? [counted(count)] : [];
  });
  return words.length ? say.hops(words.join(', ')) : say.theSameWay;
}

/** One host in common is enough; silence is like silence. */
function alike(a: Hop, b: Hop): boolean {
  if (a.hosts.length === 0 || b.hosts.length === 0) return a.hosts.length === b.hosts.length;
  return a.hosts.some((one) => b.hosts.some((other) => other.address === one.address));
}

function identity(hop: Hop): string {
  return hop.hosts[0]?.address ?? '*';
}

/** How many hops can still be paired from each place on. */
function table(before: readonly Hop[], after: readonly Hop[]): number[][] {
  const longest = Array.from({ length: before.length + 1 }, () =>
    new Array<number>(after.length + 1).fill(0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const row = longest[i] as number[];
      row[j] = alike(before[i] as Hop, after[j] as Hop)
        ? reach(longest, i + 1, j + 1) + 1
        : Math.max(reach(longest, i + 1, j), reach(longest, i, j + 1));
    }
  }
  return longest;
}

function reach(longest: number[][], i: number, j: number): number {
  return longest[i]?.[j] ?? 0;
}
