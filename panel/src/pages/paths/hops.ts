/** The hops of one MTR result as figures; null where nothing came back, never a zero. */

import type { Parts } from '../../api/sites';
import type { MtrResult } from '../../wire';
import { say } from '../../words/en/paths';

export type Mtr = Parts<MtrResult>;

export interface HopHost {
  address: string;
  name: string;
  /** "AS64500 Northline Transit"; empty where the controller's databases do not say. */
  network: string;
}

export interface Hop {
  ttl: number;
  /** Nobody: it was silent. Several: parallel ways. */
  hosts: HopHost[];
  sent: number;
  received: number;
  lossPct: number | null;
  /** Loss that goes on behind it; what is more is a router that answers seldom. */
  realLossPct: number | null;
  lastMs: number | null;
  avgMs: number | null;
  bestMs: number | null;
  worstMs: number | null;
  stddevMs: number | null;
  /** "!H" and by whom, MPLS labels. */
  notes: string[];
}

export function hopsOf(payload: Mtr): Hop[] {
  const hops = (payload.report?.hops ?? []).map((hop): Hop => {
    const received = Number(hop.recv ?? 0);
    const sent = Number(hop.sent ?? 0);
    const time = (text: string) => (received > 0 ? number(text) : null);
    const refusal = hop.refusal ? [`${hop.refusal} ${hop.refuser ?? ''}`.trim()] : [];
    return {
      ttl: hop.ttl,
      hosts: (hop.hosts ?? []).map((host) => ({
        address: host.ip,
        name: host.hostname && host.hostname !== host.ip ? host.hostname : '',
        network: [host.asn ? `AS${host.asn}` : '', host.as_org ?? ''].filter(Boolean).join(' '),
      })),
      sent,
      received,
      lossPct: sent > 0 ? number(hop.loss_pct) : null,
      realLossPct: null,
      lastMs: time(hop.last),
      avgMs: time(hop.avg),
      bestMs: time(hop.best),
      worstMs: time(hop.worst),
      stddevMs: time(hop.stddev),
      notes: [...refusal, ...(hop.extensions ?? [])],
    };
  });
  let least = Infinity;
  for (const hop of hops.toReversed()) {
    if (hop.lossPct === null) continue;
    least = Math.min(least, hop.lossPct);
    hop.realLossPct = least;
  }
  return hops;
}

/** The right end of the axis that all hops share: 1, 2 or 5 times a power of ten. */
export function axisMs(hops: readonly Hop[]): number {
  const worst = Math.max(0, ...hops.map((hop) => hop.worstMs ?? 0));
  if (worst <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(worst));
  return ([1, 2, 5, 10].find((step) => step * power >= worst) ?? 10) * power;
}

export type Speed = 'quick' | 'slow' | 'late';

export function speed(ms: number | null): Speed {
  if (ms === null || ms < 100) return 'quick';
  return ms < 200 ? 'slow' : 'late';
}

/** "core2.tejo.example (198.19.2.9)", "no answer"; of parallel ways all. */
export function hostWords(hop: Hop): string {
  const named = hop.hosts.map((one) => (one.name ? `${one.name} (${one.address})` : one.address));
  return named.join(', ') || say.noAnswer;
}

/** How it went, in one sentence. */
export function outcome(payload: Mtr, hops: readonly Hop[]): string {
  if (payload.error) return payload.error;
  const last = hops.at(-1);
  if (!last || last.sent === 0) return say.nothingWasMeasured;
  if (payload.reached ?? last.received > 0) return say.answeredAt(last.ttl);
  const heard = hops.findLast((hop) => hop.received > 0);
  return heard ? say.lastHeard(heard.ttl, hostWords(heard)) : say.nobodyAnswered;
}

function number(text: string | number | undefined): number | null {
  const value = Number.parseFloat(String(text ?? ''));
  return Number.isFinite(value) ? value : null;
}
