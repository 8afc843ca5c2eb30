/** MTR results for tests: a hop a word, "" for silence; `loss` by hop, in percent. */

import type { Mtr } from './hops';

export function mtr(hosts: string[], loss: number[] = [], more: Partial<Mtr> = {}): Mtr {
  const hops = hosts.map((ip, at) => {
    const lost = ip ? (loss[at] ?? 0) : 100;
    const time = lost < 100 ? `${10 * (at + 1)}.00` : '0.00';
    return {
      ttl: at + 1,
      hosts: ip ? [{ ip, hostname: `${ip}.example` }] : [],
      extensions: [],
      loss_pct: lost.toFixed(2),
      sent: 10,
      recv: Math.round((10 * (100 - lost)) / 100),
      last: time,
      avg: time,
      best: time,
      worst: time,
      stddev: '0.00',
      late: 0,
      duplicates: 0,
      rtts_ns: [],
      refusal: '',
      refuser: '',
    };
  });
  return {
    report: { info: { target: { ip: '198.18.1.10' } }, hops },
    fingerprint: hosts.join(' '),
    reached: true,
    ...more,
  };
}
