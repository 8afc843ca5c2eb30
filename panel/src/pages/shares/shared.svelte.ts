/** What the page of a share link shows: one probe, for as long as its link is good. */

import { sharedChart, sharedResults, type Opened } from '../../api/shares';
import type { Curve } from '../../chart/buckets';
import type { Window } from '../../chart/range';
import { clock } from '../../clock.svelte';
import { newest, type Latest } from '../../live/latest';
import { period } from '../../period.svelte';
import { Poll } from '../../poll.svelte';
import type { Shared } from '../../wire';

const POLL_MS = 20_000;
/** A snapshot changes only by being revoked. */
const SNAPSHOT_MS = 300_000;

export class SharedView {
  poll: Poll<Window>;
  drawn = $state.raw<{ curves: Curve[]; bucketSec: number }>({ curves: [], bucketSec: 1 });
  latest = $state.raw<Latest>(new Map());
  #drawnOf = $state('');
  #window: () => string;

  constructor(opened: Opened, found: Shared, probe: () => number) {
    const snapshot = snapshotOf(found);
    const window = () => period.picked ?? snapshot ?? period.window();
    this.#window = () =>
      JSON.stringify([probe(), period.picked ?? (snapshot ? 'snapshot' : period.range.sec)]);
    this.poll = new Poll(
      async (signal) => {
        const [of, id, { from, to }] = [this.#window(), probe(), window()];
        const many = [...found.probes, ...found.reverse_probes].find((one) => one.id === id);
        const limit = Math.min(500, 4 * Math.max(5, many?.targets?.length ?? 0));
        const [sums, rows] = await Promise.all([
          sharedChart(opened, id, { from, to }, signal),
          sharedResults(opened, id, limit, signal),
        ]);
        if (!signal.aborted) {
          if (this.#drawnOf !== of) this.latest = new Map();
          this.#drawnOf = of;
          this.drawn = { curves: sums.lines, bucketSec: sums.bucket_sec };
          this.latest = newest(this.latest, rows);
        }
        return { from, to };
      },
      () => (snapshot ? SNAPSHOT_MS : POLL_MS),
      () => this.#window(),
    );
  }

  /** Another time was asked for, and what is drawn is still of the one before. */
  get waiting(): boolean {
    return this.#drawnOf !== '' && this.#drawnOf !== this.#window();
  }

  get from(): number {
    return this.poll.value?.from ?? clock.now / 1000 - period.range.sec;
  }

  get to(): number {
    return this.poll.value?.to ?? clock.now / 1000;
  }
}

/** The only part of time that a link shows; null where it shows all. */
export function snapshotOf({
  shown_from,
  shown_to,
}: Pick<Shared, 'shown_from' | 'shown_to'>): Window | null {
  if (!shown_from || !shown_to) return null;
  return { from: Date.parse(shown_from) / 1000, to: Date.parse(shown_to) / 1000 };
}
