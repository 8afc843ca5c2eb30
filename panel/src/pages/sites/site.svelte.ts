/** What the page of one site shows, kept fresh by polling. */

import { probeDelivery, probes } from '../../api/probes';
import { agent, netinfo, strips, sysinfo, type Parts } from '../../api/sites';
import { Poll } from '../../poll.svelte';
import type { NetinfoResult, SysinfoResult } from '../../wire';

const POLL_MS = 5_000;

export class SiteView {
  poll: Poll<Awaited<ReturnType<SiteView['fetch']>>>;
  #ids: () => [workspace: number, agent: number];

  constructor(ids: () => [workspace: number, agent: number]) {
    this.#ids = ids;
    this.poll = new Poll(
      (signal) => this.fetch(signal),
      () => POLL_MS,
    );
  }

  async fetch(signal: AbortSignal) {
    const [workspace, id] = this.#ids();
    const [one, list, delivered, lines, host, network] = await Promise.all([
      agent(workspace, id, signal),
      probes(workspace, id, signal),
      probeDelivery(workspace, id, signal),
      strips(workspace, id, signal),
      sysinfo(workspace, id, signal),
      netinfo(workspace, id, signal),
    ]);
    return {
      agent: one,
      probes: list,
      delivered,
      lines,
      sysinfo: host?.payload as Parts<SysinfoResult> | undefined,
      netinfo: network?.payload as Parts<NetinfoResult> | undefined,
    };
  }
}
