/** What the page of one probe shows: a chart from the controller, carried on by live results. */

import { untrack } from 'svelte';
import { chart, probeDelivery, probes, results } from '../../api/probes';
import { agent } from '../../api/sites';
import { catchUp, merge, prune, type Curve } from '../../chart/buckets';
import type { Window } from '../../chart/range';
import { isPing } from '../../chart/round';
import { clock } from '../../clock.svelte';
import { newest, type Latest } from '../../live/latest';
import { LiveSocket } from '../../live/socket.svelte';
import { Poll } from '../../poll.svelte';
import { ApiError } from '../../rest';
import type { PingResult, ResultRow } from '../../wire';
import { say } from '../../words/en/probes';

/** Live results are blended by weight; the controller's own sums replace them this often. */
const POLL_MS = 60_000;
/** So long the first fetch waits for the live results that it is carried on by. */
const SUBSCRIBED_MS = 1_000;

export interface Ids {
  workspace: number;
  agent: number;
  probe: number;
}

/** Which time: so many seconds up to now, or a part of the past. */
export interface Period {
  sec: number;
  picked: Window | null;
}

export class ProbeView {
  poll: Poll<Awaited<ReturnType<ProbeView['fetch']>>>;
  socket = $state.raw<LiveSocket>();
  drawn = $state.raw<{ curves: Curve[]; bucketSec: number }>({ curves: [], bucketSec: 1 });
  latest = $state.raw<Latest>(new Map());
  /** Another time was asked for, and what is drawn is still of the one before. */
  waiting = $derived.by(() => this.#drawnOf !== '' && this.#drawnOf !== this.#window());
  /** A part of the past that was picked; null while the window follows the present. */
  picked = $derived.by(() => this.#asked().picked);
  /** The window moves on by what one sees, so that a month is not drawn again every second. */
  to = $derived.by(() => {
    const step = Math.max(1, Math.round(this.#asked().sec / 1500));
    return this.picked?.to ?? Math.ceil(clock.now / 1000 / step) * step;
  });
  from = $derived.by(() => this.picked?.from ?? this.to - this.#asked().sec);
  #drawnOf = $state('');
  #ids: () => Ids;
  #asked: () => Period;
  /** Ends the waiting of the first fetch. */
  #subscribed: () => void = () => {};
  #first: Promise<void> | null;
  /** What came live since the last fetch was sent. */
  #during: ResultRow<PingResult>[] = [];

  constructor(ids: () => Ids, asked: () => Period) {
    this.#ids = ids;
    this.#asked = asked;
    this.#first = new Promise((resolve) => {
      this.#subscribed = resolve;
      setTimeout(resolve, SUBSCRIBED_MS);
    });
    this.poll = new Poll(
      (signal) => this.fetch(signal),
      () => POLL_MS,
      () => this.#window(),
    );
    $effect(() => {
      const { workspace, probe } = ids();
      const socket = untrack(
        () =>
          new LiveSocket({
            workspace,
            probes: [probe],
            result: (row) => this.#result(row),
            fetch: () => (this.#first ? this.#subscribed() : void this.poll.refresh()),
          }),
      );
      this.socket = socket;
      return () => socket.close();
    });
    $effect(() => {
      if (this.socket?.state === 'reconnecting') this.#subscribed();
    });
  }

  #window(): string {
    return JSON.stringify(this.#asked());
  }

  async fetch(signal: AbortSignal) {
    const { workspace, agent: agentId, probe: id } = this.#ids();
    // What is asked for before the subscription has a hole up to it, and is asked for again.
    await this.#first;
    signal.throwIfAborted();
    this.#first = null;
    this.#during = [];
    const of = this.#window();
    const [owner, list, delivered, sums] = await Promise.all([
      agent(workspace, agentId, signal),
      probes(workspace, agentId, signal),
      probeDelivery(workspace, agentId, signal),
      chart(workspace, id, this.from, this.to, signal),
    ]);
    const probe = list.find((one) => one.id === id);
    if (!probe) throw new ApiError(404, say.noSuchProbe(id));
    // Enough for the newest of every target, also where some come twice as often.
    const limit = Math.min(500, 4 * Math.max(5, probe.targets?.length ?? 0));
    const rows = await results(workspace, id, limit, signal);
    if (!signal.aborted) {
      const bucketSec = sums.bucket_sec;
      const late = this.picked ? [] : this.#during;
      this.#drawnOf = of;
      this.drawn = { curves: catchUp(sums.lines, bucketSec, late), bucketSec };
      this.latest = newest(this.latest, rows);
    }
    return { agent: owner, probe, delivered };
  }

  #result(row: ResultRow) {
    if (row.probe_id !== this.#ids().probe) return;
    this.latest = newest(this.latest, [row]);
    if (this.picked) return;
    if (!isPing(row)) {
      // Only a PING is summed up here; what else has a curve is asked for.
      if (this.drawn.curves.some((curve) => curve.type === row.type)) void this.poll.refresh();
      return;
    }
    this.#during.push(row);
    const { curves, bucketSec } = this.drawn;
    const merged = merge(curves, bucketSec, row);
    this.drawn = { curves: prune(merged, bucketSec, this.from), bucketSec };
  }
}
