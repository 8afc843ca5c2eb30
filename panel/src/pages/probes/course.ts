/** Which figures of the results of a type are drawn over time. */

import type { FigureLine } from '../../chart/figure_lines';
import { instant } from '../../text/age';
import { ms, percent, rate } from '../../text/units';
import type {
  ResultRow,
  SpeedtestPayload,
  SysinfoResult,
  TlsResult,
  TrafficSimResult,
} from '../../wire';
import type { Payload } from './finding';
import { busyPct, memoryPct } from './host_finding';
import { say as general } from '../../words/en/general';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/findings';
import { fixed } from '../../words/numbers';

type Figure = number | null | undefined;

interface Course {
  title: string;
  /** Of the axis. */
  most?: number;
  words: (value: number) => string;
  figures: Record<string, (payload: never) => Figure>;
}

const COURSES: Readonly<Record<string, () => readonly Course[]>> = {
  SYSINFO: () => [
    {
      title: general.host,
      most: 100,
      words: percent,
      figures: {
        [say.processorsBusyName]: (of: Payload<SysinfoResult>) => busyPct(of),
        [say.memoryUsedName]: (of: Payload<SysinfoResult>) => memoryPct(of),
      },
    },
  ],
  TLS: () => [
    {
      title: say.daysLeft,
      words: amounts.days,
      figures: {
        [say.certificate]: (of: Payload<TlsResult>) =>
          of.certificate ? of.days_until_expiry : null,
      },
    },
  ],
  SPEEDTEST: () => [
    {
      title: say.speed,
      words: rate,
      figures: {
        [say.download]: (of: Payload<SpeedtestPayload>) => of.test_data?.[0]?.dl_speed || null,
        [say.upload]: (of: Payload<SpeedtestPayload>) => of.test_data?.[0]?.ul_speed || null,
      },
    },
  ],
  TRAFFICSIM: () => [
    {
      title: say.callSound,
      most: 5,
      words: (mos) => `MOS ${fixed(mos, 2)}`,
      figures: { MOS: (of: Payload<TrafficSimResult>) => of.MOS },
    },
    {
      title: general.jitter,
      words: ms,
      figures: {
        [say.there]: (of: Payload<TrafficSimResult>) => of.jitterForward,
        [say.back]: (of: Payload<TrafficSimResult>) => of.jitterBackward,
        [say.bothWays]: (of: Payload<TrafficSimResult>) =>
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
  return (COURSES[type]?.() ?? []).flatMap(({ figures, ...rest }) => {
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
