/** What results of SPEEDTEST and TRAFFICSIM probes say. */

import { ms, percent, rate, UNKNOWN } from '../../text/units';
import type { SpeedLeg, SpeedtestPayload, TrafficSimResult } from '../../wire';
import { measured, sentence, type Finding, type Payload } from './finding';
import { say as general } from '../../words/en/general';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/findings';
import { fixed } from '../../words/numbers';
import { wireWord } from '../../text/wire_word';

const NS = 1e6;

export function speedtestFinding(of: Payload<SpeedtestPayload>): Finding {
  const test = of.test_data?.[0];
  const speed = (value: number | undefined) => (value ? rate(value) : UNKNOWN);
  const idle = measured(test?.latency);
  const words = test
    ? say.speeds(speed(test.dl_speed), speed(test.ul_speed), ms(idle && idle / NS))
    : say.nothingWasMeasured;
  const leg = (name: string, one: SpeedLeg | null | undefined) =>
    one ? [[name, ...legWords(one)]] : [];
  return {
    words: of.error ? `${sentence(of.error)}${test ? ` ${words}` : ''}` : words,
    tone: of.error ? (test ? 'warn' : 'bad') : 'fine',
    facts: [
      [
        say.server,
        [test?.name, test?.sponsor].filter(Boolean).join(', ') || test?.host || test?.url,
      ],
      [general.jitter, Boolean(test?.jitter) && ms((test?.jitter ?? 0) / NS)],
      [say.lineBeforeIt, test?.line_idle === false && say.notIdle],
    ],
    grids:
      test?.download || test?.upload
        ? [
            {
              title: say.bothWays,
              columns: [
                [say.way],
                [say.speed, 'number'],
                [say.median, 'number'],
                [say.delayAdded, 'number'],
                [say.sentAgain, 'number'],
                [say.streams, 'number'],
              ],
              rows: [...leg(say.download, test.download), ...leg(say.upload, test.upload)],
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
      : say.mosOf5(fixed(of.MOS, 2), of.mosQuality ? ` (${wireWord(of.mosQuality)})` : '');
  const lost = say.lostJitter(
    percent(of.lossPercentage),
    amounts.packets(sent),
    ms(received ? of.averageRTT : null),
    ms(received ? of.jitterAvg : null),
  );
  const ways = [
    [say.lost, of.lostForward, of.lostBackward, (n: number) => amounts.packets(n)],
    [general.jitter, of.jitterForward, of.jitterBackward, ms],
    [say.oneWayMedian, of.oneWayForward, of.oneWayBackward, ms],
  ] as const;
  const known = ways.filter(([, there, back]) => there !== undefined || back !== undefined);
  return {
    words: (of.error ? `${sentence(of.error)} ` : '') + (sent ? call + lost : say.nothingWasSent),
    tone:
      of.error || !received
        ? 'bad'
        : (of.MOS ?? 5) < 3.6 || (of.lossPercentage ?? 0) > 1
          ? 'warn'
          : 'fine',
    facts: [
      [say.leastGreatest, received > 0 && `${ms(of.minRTT)} – ${ms(of.maxRTT)}`],
      [say.below95, received > 0 && ms(of.p95RTT)],
      [say.outOfOrder, of.outOfOrder !== undefined && `${of.outOfOrder}`],
      [say.twice, of.duplicates !== undefined && `${of.duplicates}`],
      [say.tooLate, Boolean(of.late) && `${of.late}`],
      [say.lostInARow, Boolean(of.maxConsecutiveLoss) && say.atMost(of.maxConsecutiveLoss ?? 0)],
      [say.rFactor, of.RFactor !== undefined && fixed(of.RFactor, 1)],
      [
        'DSCP',
        of.dscpValue !== undefined &&
          `${of.dscpValue}${of.dscpAtTarget !== undefined && of.dscpAtTarget !== of.dscpValue ? say.onArrival(of.dscpAtTarget) : ''}`,
      ],
      [general.address, of.remoteAddr],
    ],
    grids: known.length
      ? [
          {
            title: say.eachWay,
            columns: [[say.figure], [say.there, 'number'], [say.back, 'number']],
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
