/** "Is it us?": what the ways of those who suffer have in common, in words. */

import { plural } from '../../text/units';
import { hostWords, type Hop } from './hops';

/** Two sites may have one name. */
export interface NamedSite {
  agent: number;
  site: string;
}

/** The newest way of a site to the target. */
export interface Trace extends NamedSite {
  hops: readonly Hop[];
  reached: boolean;
}

export interface Answer {
  kind: 'own' | 'shared' | 'target' | 'separate' | 'unknown';
  words: string;
  /** The first hop that all who suffer go through; the target is none. */
  hop?: Hop;
}

/** `suffering`: of some there may be no trace. null where nobody suffers. */
export function isItUs(suffering: readonly NamedSite[], traces: readonly Trace[]): Answer | null {
  if (suffering.length === 0) return null;
  const ids = new Set(suffering.map((one) => one.agent));
  const sick = traces.filter((one) => ids.has(one.agent));
  const well = traces.filter((one) => !ids.has(one.agent));
  const untraced = suffering.filter(({ agent }) => !sick.some((one) => one.agent === agent));
  const rest = untraced.length ? ` Of ${list(untraced)} no way is known.` : '';
  const [first, second] = sick;
  if (!first) {
    const words = `Nobody can tell: of ${list(suffering)} no way to it is known. An MTR probe would show it.`;
    return { kind: 'unknown', words };
  }
  const answer = second ? together(first, sick, well) : alone(first, suffering.length === 1);
  return { ...answer, words: answer.words + rest };
}

function together(first: Trace, sick: readonly Trace[], well: readonly Trace[]): Answer {
  const shared = first.hops.filter((hop) => sick.every((one) => passes(one, hop)));
  const hop = shared.find((one) => !isTarget(first, one));
  const who = sick.length === 2 ? 'Both that suffer' : `All ${sick.length} that suffer`;
  if (hop) {
    const fine = well.filter((one) => passes(one, hop));
    const words =
      `Not one site alone: ${who.toLowerCase()} go through ${named(hop)}, the first hop that they have in common. ` +
      (well.length === 0
        ? 'It is there or behind it.'
        : fine.length === 0
          ? 'Nobody who is fine does: it is there or close behind it.'
          : `So do ${fine.length} of ${plural(well.length, 'site')} that ${well.length === 1 ? 'is' : 'are'} fine: rather the target, or each on its own way there.`);
    return { kind: 'shared', words, hop };
  }
  if (shared.length > 0) {
    return {
      kind: 'target',
      words: `${who} have no hop in common but the target itself: it is the target, or each has a trouble of its own.`,
    };
  }
  return {
    kind: 'separate',
    words: `${who} have no hop in common: each has a trouble of its own.`,
  };
}

function alone(one: Trace, only: boolean): Answer {
  const subject = only ? `Only ${one.site} suffers` : `Of ${one.site} the way is known`;
  const begins = one.hops.find((hop) => (hop.realLossPct ?? 0) > 0);
  if (!begins) {
    return {
      kind: only ? 'own' : 'unknown',
      words: `${subject}, and its last trace lost nothing${only ? ': rather that site, or the service itself' : ''}.`,
    };
  }
  const before = one.hops.findLast((hop) => hop.ttl < begins.ttl && hop.hosts.length > 0);
  if (begins.ttl === 1 || !before) {
    return {
      kind: 'own',
      words: `${subject}, and loss begins at its own first hop, ${hostWords(begins)}.`,
      hop: begins,
    };
  }
  return {
    kind: 'own',
    words: `${subject}. Its packets come well as far as ${place(before)}; loss begins behind it, at ${place(begins)}.`,
    hop: begins,
  };
}

function passes(trace: Trace, hop: Hop): boolean {
  return trace.hops.some((other) =>
    other.hosts.some((host) => hop.hosts.some((one) => one.address === host.address)),
  );
}

function isTarget(trace: Trace, hop: Hop): boolean {
  return trace.reached && hop === trace.hops.at(-1);
}

function place(hop: Hop): string {
  return `hop ${hop.ttl}, ${named(hop)}`;
}

function named(hop: Hop): string {
  const network = hop.hosts[0]?.network;
  return `${hostWords(hop)}${network ? ` of ${network}` : ''}`;
}

function list(sites: readonly NamedSite[]): string {
  const names = sites.map((one) => one.site);
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
