/** What results of SPEEDTEST and TRAFFICSIM probes say. */

import { ms, percent, plural, rate, UNKNOWN } from '../../text/units';
import type { SpeedLeg, SpeedtestPayload, TrafficSimResult } from '../../wire';
import { measured, sentence, type Finding, type Payload } from './finding';

const NS = 1e6;

export function speedtestFinding(of: Payload<SpeedtestPayload>): Finding {
  const test = of.test_data?.[0];
  const speed = (value: number | undefined) => (value ? rate(value) : UNKNOWN);
  const idle = measured(test?.latency);
  const words = test
    ? `Down ${speed(test.dl_speed)}, up ${speed(test.ul_speed)}, ${ms(idle && idle / NS)} to the other side while idle.`
    : 'Nothing was measured.';
  const leg = (name: string, one: SpeedLeg | null | undefined) =>
    one ? [[name, ...legWords(one)]] : [];
  return {
    words: of.error ? `${sentence(of.error)}${test ? ` ${words}` : ''}` : words,
    tone: of.error ? (test ? 'warn' : 'bad') : 'fine',
    facts: [
      ['Server', [test?.name, test?.sponsor].filter(Boolean).join(', ') || test?.host || test?.url],
      ['Jitter', Boolean(test?.jitter) && ms((test?.jitter ?? 0) / NS)],
      ['Line before it', test?.line_idle === false && 'was not idle: the figures are too low'],
    ],
    grids:
      test?.download || test?.upload
        ? [
            {
              title: 'Both ways',
              columns: [
                ['Way'],
                ['Speed', 'number'],
                ['Median', 'number'],
                ['Delay added', 'number'],
                ['Sent again', 'number'],
                ['Streams', 'number'],
              ],
              rows: [...leg('Download', test.download), ...leg('Upload', test.upload)],
            },
          ]
        : [],
  };
}

function legWords(one: SpeedLeg): string[] {
  return [
    rate(one.bytes_per_sec),
    rate(one.median_bytes_per_sec),
    one.added_latency == null ? UNKNOWN : ms(one.added_latency / NS),
    one.retransmits == null ? UNKNOWN : `${one.retransmits}`,
    `${one.streams}`,
  ];
}

export function trafficSimFinding(of: Payload<TrafficSimResult>): Finding {
  const sent = of.totalPackets ?? 0;
  const received = of.receivedPackets ?? 0;
  const call =
    of.MOS === undefined
      ? ''
      : `MOS ${of.MOS.toFixed(2)} of 5${of.mosQuality ? ` (${of.mosQuality})` : ''}. `;
  const lost = `${percent(of.lossPercentage)} of ${plural(sent, 'packet')} lost, ${ms(received ? of.averageRTT : null)} there and back, jitter ${ms(received ? of.jitterAvg : null)}.`;
  const ways = [
    ['Lost', of.lostForward, of.lostBackward, (n: number) => plural(n, 'packet')],
    ['Jitter', of.jitterForward, of.jitterBackward, ms],
    ['One way, median', of.oneWayForward, of.oneWayBackward, ms],
  ] as const;
  const known = ways.filter(([, there, back]) => there !== undefined || back !== undefined);
  return {
    words: (of.error ? `${sentence(of.error)} ` : '') + (sent ? call + lost : 'Nothing was sent.'),
    tone:
      of.error || !received
        ? 'bad'
        : (of.MOS ?? 5) < 3.6 || (of.lossPercentage ?? 0) > 1
          ? 'warn'
          : 'fine',
    facts: [
      ['Least – greatest', received > 0 && `${ms(of.minRTT)} – ${ms(of.maxRTT)}`],
      ['95 % below', received > 0 && ms(of.p95RTT)],
      ['Out of order', of.outOfOrder !== undefined && `${of.outOfOrder}`],
      ['Twice', of.duplicates !== undefined && `${of.duplicates}`],
      ['Too late', Boolean(of.late) && `${of.late}`],
      ['Lost in a row', Boolean(of.maxConsecutiveLoss) && `${of.maxConsecutiveLoss} at most`],
      ['R factor', of.RFactor !== undefined && of.RFactor.toFixed(1)],
      [
        'DSCP',
        of.dscpValue !== undefined &&
          `${of.dscpValue}${of.dscpAtTarget !== undefined && of.dscpAtTarget !== of.dscpValue ? `, ${of.dscpAtTarget} on arrival` : ''}`,
      ],
      ['Address', of.remoteAddr],
    ],
    grids: known.length
      ? [
          {
            title: 'Each way',
            columns: [['Figure'], ['There', 'number'], ['Back', 'number']],
            rows: known.map(([name, there, back, words]) => [
              name,
              there === undefined ? UNKNOWN : words(there),
              back === undefined ? UNKNOWN : words(back),
            ]),
          },
        ]
      : [],
  };
}
