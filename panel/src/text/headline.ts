/** The state of a workspace in one or two sentences. */

import type { AgentHealth } from '../wire';
import { worseFirst, type Status } from './status';

const NAMED = 4;

/**
 * "Lisbon: not heard of since 11:48. Degraded: Leeds and Turin. Everything else is fine." `at` writes
 * a moment.
 */
export function headline(
  sites: readonly Pick<AgentHealth, 'name' | 'verdict'>[],
  at: (since: string) => string,
): string {
  const of = (status: Status) => sites.filter((site) => site.verdict.status === status);
  const down = of('critical');
  const degraded = of('degraded');
  const unknown = of('unknown');
  const fine = of('healthy');
  if (sites.length === 0) return 'There is no site yet.';
  const said = down.slice(0, 2).map(({ name, verdict }) => {
    const since = verdict.since ? ` since ${at(verdict.since)}` : '';
    return `${name}: ${verdict.reason || 'down'}${since}.`;
  });
  if (down.length > 2) said.push(`Also down: ${listed(down.slice(2))}.`);
  if (degraded.length) said.push(`Degraded: ${listed(degraded)}.`);
  if (unknown.length) said.push(`Not known: ${listed(unknown)}.`);
  if (fine.length) said.push(said.length ? 'Everything else is fine.' : 'Everything is fine.');
  return said.join(' ');
}

/** The worst state of any site. */
export function worst(sites: readonly Pick<AgentHealth, 'verdict'>[]): Status {
  return sites.map((site) => site.verdict.status).sort(worseFirst)[0] ?? 'unknown';
}

function listed(sites: readonly { name: string }[]): string {
  const names = sites.map((site) => site.name);
  if (names.length > NAMED) {
    return `${names.slice(0, NAMED - 1).join(', ')} and ${names.length - NAMED + 1} more`;
  }
  const last = names.pop() ?? '';
  return names.length ? `${names.join(', ')} and ${last}` : last;
}
