/** Rounds for the tests of this folder. */

import type { PingResult } from '../wire';

/** A round from RTTs in ms, null for a lost packet. */
export function payload(rttsMs: (number | null)[], more: Partial<PingResult> = {}): PingResult {
  const back = rttsMs.filter((ms) => ms !== null);
  return {
    start_timestamp: '2026-11-21T12:00:00Z',
    stop_timestamp: '2026-11-21T12:00:01Z',
    packets_sent: rttsMs.length,
    packets_recv: back.length,
    packet_loss: rttsMs.length ? (100 * (rttsMs.length - back.length)) / rttsMs.length : 100,
    addr: '192.0.2.1',
    min_rtt: back.length ? Math.min(...back) * 1e6 : 0,
    max_rtt: back.length ? Math.max(...back) * 1e6 : 0,
    avg_rtt: 0,
    std_dev_rtt: 0,
    rtts_ns: rttsMs.map((ms) => (ms === null ? null : ms * 1e6)),
    ...more,
  };
}
