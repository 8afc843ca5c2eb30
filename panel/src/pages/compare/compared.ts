/** Which lines are compared, as an address names them. Pure. */

import type { Curve } from '../../chart/buckets';

/** So many can be told apart. */
export const MOST = 6;

export interface Compared {
  probe: number;
  /** Of several targets the one; empty: all of them. */
  target: string;
}

/** `3 4@198.18.0.1`: what is none is left out, and what is there twice is one. */
export function comparedOf(lines: string): Compared[] {
  const found = new Map<string, Compared>();
  for (const word of lines.split(' ')) {
    const [, probe = '', target = ''] = /^(\d{1,9})(?:@(.*))?$/.exec(word) ?? [];
    if (probe) found.set(word, { probe: Number(probe), target: decoded(target) });
  }
  return [...found.values()].slice(0, MOST);
}

export function linesOf(compared: readonly Compared[]): string {
  return compared
    .map(({ probe, target }) => `${probe}${target ? `@${encodeURIComponent(target)}` : ''}`)
    .join(' ');
}

/** With one more, if it is another and there is room. */
export function withOne(compared: readonly Compared[], one: Compared): Compared[] {
  return comparedOf(linesOf([...compared, one]));
}

/** Without one line; of a probe that was meant as a whole the others stay, by their targets. */
export function without(
  compared: readonly Compared[],
  lines: readonly Chosen[],
  gone: Chosen,
): Compared[] {
  return compared.flatMap((one) => {
    if (one.probe !== gone.of.probe || one.target !== gone.of.target) return [one];
    if (one.target) return [];
    return lines
      .filter(({ of, curve }) => of.probe === one.probe && !of.target && curve !== gone.curve)
      .map((line) => ({ probe: one.probe, target: nameOf(line.curve) }));
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export interface Chosen {
  curve: Curve;
  of: Compared;
}

/** The curves of a probe that are meant; what was measured to a target that is gone is among them. */
export function chosen(of: Compared, curves: readonly Curve[]): Chosen[] {
  const meant = curves.filter((curve) => !of.target || nameOf(curve) === of.target);
  return meant.map((curve) => ({ curve, of }));
}

/** As an address has it, which is the same in every language. */
export function nameOf(curve: Pick<Curve, 'target' | 'target_agent' | 'type'>): string {
  return curve.target || (curve.target_agent ? `agent ${curve.target_agent}` : curve.type);
}

export interface Sum {
  lossPct: number | null;
  /** The least and the greatest of the medians of the buckets, and the one in the middle. */
  leastMs: number | null;
  middleMs: number | null;
  mostMs: number | null;
}

/** Of a whole window: buckets weigh by their results. */
export function sumOf({ points }: Curve): Sum {
  const count = points.reduce((sum, point) => sum + point.count, 0);
  const known = points.filter((point) => point.loss_pct !== null);
  const weight = known.reduce((sum, point) => sum + (point.sent || point.count), 0);
  const lost = known.reduce(
    (sum, point) => sum + (point.loss_pct ?? 0) * (point.sent || point.count),
    0,
  );
  const medians = points
    .flatMap((point) => (point.rtt_p50_ms === null ? [] : [point.rtt_p50_ms]))
    .sort((a, b) => a - b);
  return {
    lossPct: count && weight ? lost / weight : null,
    leastMs: medians[0] ?? null,
    middleMs: medians[Math.floor((medians.length - 1) / 2)] ?? null,
    mostMs: medians.at(-1) ?? null,
  };
}
