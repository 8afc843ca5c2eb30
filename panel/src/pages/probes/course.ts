/** Which figures of the results of a type are drawn over time. */

import type { FigureLine } from '../../chart/figure_lines';
import { instant } from '../../text/age';
import { ms, percent, plural, rate } from '../../text/units';
import type {
  ResultRow,
  SpeedtestPayload,
  SysinfoResult,
  TlsResult,
  TrafficSimResult,
} from '../../wire';
import type { Payload } from './finding';
import { busyPct, memoryPct } from './host_finding';

type Figure = number | null | undefined;

interface Course {
  title: string;
  /** Of the axis. */
  most?: number;
  words: (value: number) => string;
  figures: Record<string, (payload: never) => Figure>;
}

const COURSES: Readonly<Record<string, readonly Course[]>> = {
  SYSINFO: [
    {
      title: 'Host',
      most: 100,
      words: percent,
      figures: {
        'Processors busy': (of: Payload<SysinfoResult>) => busyPct(of),
        'Memory used': (of: Payload<SysinfoResult>) => memoryPct(of),
      },
    },
  ],
  TLS: [
    {
      title: 'Days left',
      words: (days) => plural(days, 'day'),
      figures: {
        Certificate: (of: Payload<TlsResult>) => (of.certificate ? of.days_until_expiry : null),
      },
    },
  ],
  SPEEDTEST: [
    {
      title: 'Speed',
      words: rate,
      figures: {
        Download: (of: Payload<SpeedtestPayload>) => of.test_data?.[0]?.dl_speed || null,
        Upload: (of: Payload<SpeedtestPayload>) => of.test_data?.[0]?.ul_speed || null,
      },
    },
  ],
  TRAFFICSIM: [
    {
      title: 'How a call would sound',
      most: 5,
      words: (mos) => `MOS ${mos.toFixed(2)}`,
      figures: { MOS: (of: Payload<TrafficSimResult>) => of.MOS },
    },
    {
      title: 'Jitter',
      words: ms,
      figures: {
        There: (of: Payload<TrafficSimResult>) => of.jitterForward,
        Back: (of: Payload<TrafficSimResult>) => of.jitterBackward,
        'Both ways': (of: Payload<TrafficSimResult>) =>
          of.jitterForward === undefined && of.receivedPackets ? of.jitterAvg : null,
      },
    },
  ],
};

export const hasCourse = (type: string) => type in COURSES;

export interface Drawn extends Omit<Course, 'figures'> {
  lines: FigureLine[];
}

/** Charts of a type; one without any figure is none. */
export function courses(type: string, rows: readonly ResultRow[]): Drawn[] {
  const inTime = rows
    .flatMap((row) => {
      const at = instant(row.created_at);
      const { payload } = row;
      return at === null || typeof payload !== 'object' || !payload
        ? []
        : [{ time: at / 1000, payload: payload as never }];
    })
    .sort((a, b) => a.time - b.time);
  return (COURSES[type] ?? []).flatMap(({ figures, ...rest }) => {
    const lines = Object.entries(figures).flatMap(([name, figure]): FigureLine[] => {
      const points = inTime.flatMap(({ time, payload }) => {
        const value = figure(payload);
        return typeof value === 'number' ? [{ time, value: Math.max(0, value) }] : [];
      });
      return points.length ? [{ name, points }] : [];
    });
    return lines.length ? [{ ...rest, lines }] : [];
  });
}
