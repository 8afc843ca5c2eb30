/** What the page of a comparison shows: charts of several probes over one time. */

import { chart, similarProbes } from '../../api/probes';
import { agents } from '../../api/sites';
import type { Window } from '../../chart/range';
import { period } from '../../period.svelte';
import { Poll } from '../../poll.svelte';
import { orNull } from '../../rest';
import { inOrder } from '../../text/probe';
import type { Probe } from '../../wire';
import { chosen, MOST, type Chosen, type Compared } from './compared';
import { say as general } from '../../words/en/general';

const LIVE_MS = 15_000;
const PAST_MS = 300_000;

interface Found extends Window {
  of: string;
  probes: ReadonlyMap<number, Probe>;
  lines: Chosen[];
  /** Of the same targets, from wherever they are measured. */
  similar: Probe[];
  bucketSec: number;
  sites: ReadonlyMap<number, string>;
}

export class ComparedView {
  poll: Poll<Found>;
  found = $derived.by(() => this.poll.value);
  /** Those that are drawn: more cannot be told apart. */
  lines = $derived.by(() =>
    (this.found?.lines ?? []).slice(0, MOST).map((one, colour) => ({
      ...one,
      colour,
      name: this.#nameOf(one),
    })),
  );
  intervalSec = $derived.by(() =>
    Math.max(1, ...[...(this.found?.probes.values() ?? [])].map((one) => one.interval_sec)),
  );
  waiting = $derived.by(() => this.found !== undefined && this.found.of !== this.#asked());
  #asked: () => string;

  constructor(workspace: number, compared: () => readonly Compared[]) {
    this.#asked = () => JSON.stringify([compared(), period.picked ?? period.range.sec]);
    this.poll = new Poll(
      (signal) => this.#fetch(workspace, compared(), signal),
      () => (period.picked ? PAST_MS : LIVE_MS),
      () => this.#asked(),
    );
  }

  async #fetch(
    workspace: number,
    compared: readonly Compared[],
    signal: AbortSignal,
  ): Promise<Found> {
    const of = this.#asked();
    const { from, to } = period.window();
    const ids = [...new Set(compared.map((one) => one.probe))];
    const [all, ...each] = await Promise.all([
      agents(workspace, signal),
      ...ids.map(async (id) => {
        // A probe may have been deleted since the link was sent.
        const like = await orNull(similarProbes(workspace, id, signal));
        return like && { id, like, sums: await chart(workspace, id, from, to, signal) };
      }),
    ]);
    const known = each.filter((one) => one !== null);
    const there = new Map(known.map((one) => [one.id, one]));
    const similar = new Map(
      known
        .flatMap(({ like }) => [...like.similar_by_target, ...like.similar_by_agent_id])
        .filter((one) => !there.has(one.id))
        .map((one) => [one.id, one]),
    );
    return {
      ...{ of, from, to },
      probes: new Map(known.map(({ id, like }) => [id, like.probe])),
      lines: compared.flatMap((one) => chosen(one, there.get(one.probe)?.sums.lines ?? [])),
      similar: inOrder([...similar.values()]),
      bucketSec: Math.max(1, ...known.map((one) => one.sums.bucket_sec)),
      sites: new Map(all.map((one) => [one.id, one.name])),
    };
  }

  #nameOf({ curve }: Chosen): string {
    const site = this.found?.sites.get(curve.agent_id) ?? general.agentNumber(curve.agent_id);
    const { target, target_agent, type } = curve;
    const aim = target || (target_agent ? general.agentNumber(target_agent) : type);
    return `${site} · ${type} ${aim}`;
  }
}
