/** One round of PING in the numbers that are shown. */

import type { PingResult, ResultRow } from '../wire';

export interface Round {
  sent: number;
  received: number;
  lossPct: number;
  minMs: number | null;
  medianMs: number | null;
  maxMs: number | null;
  /** Mean difference between one RTT and the next; the standard deviation where RTTs are not kept. */
  jitterMs: number | null;
  error: string;
}

const MS = 1e6;

export function isPing(row: ResultRow): row is ResultRow<PingResult> {
  return row.type === 'PING' && typeof row.payload === 'object' && row.payload !== null;
}

export function round(payload: Omit<PingResult, `${'start' | 'stop'}_timestamp`>): Round {
  const base = {
    sent: payload.packets_sent,
    received: payload.packets_recv,
    lossPct: payload.packet_loss,
    error: payload.error ?? '',
  };
  if (payload.packets_recv === 0) {
    return { ...base, minMs: null, medianMs: null, maxMs: null, jitterMs: null };
  }
  const summary = {
    ...base,
    minMs: (payload.min_rtt ?? 0) / MS,
    maxMs: (payload.max_rtt ?? 0) / MS,
  };
  const rtts = (payload.rtts_ns ?? []).filter((ns) => ns !== null).map((ns) => ns / MS);
  if (rtts.length > 0) return { ...summary, medianMs: median(rtts), jitterMs: jitter(rtts) };
  // An agent that keeps no single RTTs: its mean is the nearest thing to a median.
  return {
    ...summary,
    medianMs: (payload.avg_rtt ?? 0) / MS,
    jitterMs: payload.packets_recv > 1 ? (payload.std_dev_rtt ?? 0) / MS : null,
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted.length - 1, sorted.length].map((n) => sorted[n >> 1] as number);
  return ((low as number) + (high as number)) / 2;
}

/** A lost packet is skipped: its neighbours are compared with each other. */
function jitter(inOrder: number[]): number | null {
  if (inOrder.length < 2) return null;
  let sum = 0;
  for (let i = 1; i < inOrder.length; i += 1) {
    sum += Math.abs((inOrder[i] as number) - (inOrder[i - 1] as number));
  }
  return sum / (inOrder.length - 1);
}
