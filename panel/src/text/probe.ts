/** How probes are named and ordered where people read them. */

import type { DeliveredProbe, Probe, ProbeTarget, ResultRow } from '../wire';
import { say as general } from '../words/en/general';

interface Aimed {
  targets: readonly Pick<ProbeTarget, 'target' | 'agent_id'>[] | null;
}

export function targets(probe: Aimed): string[] {
  return (probe.targets ?? []).map(
    (t) => t.target || (t.agent_id ? general.agentNumber(t.agent_id) : ''),
  );
}

/** "PING 192.0.2.1, 192.0.2.2 and 3 more". */
export function title(probe: Aimed & Pick<Probe, 'type'>): string {
  const all = targets(probe);
  const more = all.length - 2;
  const named = all.slice(0, 2).join(', ');
  return [probe.type, named, more > 0 ? general.andMore(more) : ''].filter(Boolean).join(' ');
}

/** What looks outward first, the agent's own host last; else as they were made. */
export function inOrder<One extends Aimed & Pick<Probe, 'id'>>(probes: readonly One[]): One[] {
  const inward = (probe: One) => Number(targets(probe).length === 0);
  return probes.toSorted((a, b) => inward(a) - inward(b) || a.id - b.id);
}

/** Why the agent does not run a probe, in its own words: one line, or one for each type that an AGENT
 * probe stands for. */
export function refusals(
  delivered: readonly Pick<DeliveredProbe, 'probe_id' | 'state' | 'reason'>[],
  probe: number,
): string[] {
  const refused = delivered.filter((one) => one.probe_id === probe && one.state === 'refused');
  return [...new Set(refused.map((one) => one.reason))];
}

/** What a result says went wrong; empty where nothing did. */
export function failure({ payload }: Pick<ResultRow, 'payload'>): string {
  if (typeof payload !== 'object' || payload === null || !('error' in payload)) return '';
  return typeof payload.error === 'string' ? payload.error : '';
}
