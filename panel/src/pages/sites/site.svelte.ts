/** What the page of one agent shows, kept fresh: facts by polling, results live. */

import { untrack } from 'svelte';
import { probeDelivery, probes, results } from '../../api/probes';
import { agent, netinfo, sysinfo, type Parts } from '../../api/sites';
import { inOrder, newest, type Latest } from '../../live/latest';
import { LiveSocket } from '../../live/socket.svelte';
import { Poll } from '../../poll.svelte';
import type { NetinfoResult, Probe, ResultRow, SysinfoResult } from '../../wire';

/** With more probes than this one subscription to the workspace is cheaper. */
const MANY = 50;
const POLL_MS = 30_000;

export class AgentView {
  poll: Poll<Awaited<ReturnType<AgentView['fetch']>>>;
  socket = $state.raw<LiveSocket>();
  latest = $state.raw(new Map<number, Latest>());
  /** The newest row of any probe, seen live: evidence younger than the last poll. */
  heardAt = $state('');
  #ids: () => [workspace: number, agent: number];
  #behind = true;

  constructor(ids: () => [workspace: number, agent: number]) {
    this.#ids = ids;
    this.poll = new Poll(
      (signal) => this.fetch(signal),
      () => POLL_MS,
    );
    const wanted = $derived(
      (this.poll.value?.probes ?? [])
        .map((probe) => probe.id)
        .sort((a, b) => a - b)
        .join(),
    );
    $effect(() => {
      if (!wanted) return;
      const list = wanted.split(',').map(Number);
      const socket = untrack(
        () =>
          new LiveSocket({
            workspace: ids()[0],
            probes: list.length > MANY ? [0] : list,
            result: (row) => this.#result(row, new Set(list)),
            fetch: () => {
              this.#behind = true;
              void this.poll.refresh();
            },
          }),
      );
      this.socket = socket;
      return () => socket.close();
    });
  }

  async fetch(signal: AbortSignal) {
    const [workspace, id] = this.#ids();
    const [one, list, delivered, host, network] = await Promise.all([
      agent(workspace, id, signal),
      probes(workspace, id, signal),
      probeDelivery(workspace, id, signal),
      sysinfo(workspace, id, signal),
      netinfo(workspace, id, signal),
    ]);
    // While live results come, the last ones are known; one request for each probe is dear.
    if (this.#behind || this.socket?.state !== 'live') {
      await Promise.all(list.map((probe) => this.#last(probe, signal)));
      this.#behind = false;
    }
    return {
      agent: one,
      probes: list,
      delivered,
      sysinfo: host?.payload as Parts<SysinfoResult> | undefined,
      netinfo: network?.payload as Parts<NetinfoResult> | undefined,
    };
  }

  last(probe: Probe): ResultRow[] {
    return inOrder(this.latest.get(probe.id)?.values() ?? []);
  }

  async #last(probe: Probe, signal: AbortSignal) {
    // One round of results for every target, and one more for those that came in between.
    const limit = 2 * Math.max(1, probe.targets?.length ?? 1);
    const rows = await results(this.#ids()[0], probe.id, limit, signal);
    this.#learn(probe.id, rows);
  }

  #result(row: ResultRow, mine: Set<number>) {
    if (!mine.has(row.probe_id)) return;
    this.#learn(row.probe_id, [row]);
    if (row.agent_id === this.#ids()[1] && row.created_at > this.heardAt) {
      this.heardAt = row.created_at;
    }
  }

  #learn(probe: number, rows: ResultRow[]) {
    const known = this.latest.get(probe) ?? new Map();
    this.latest = new Map(this.latest).set(probe, newest(known, rows));
  }
}
