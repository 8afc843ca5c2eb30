/** When a job runs by itself, as it is typed: in the local time of each agent. Pure. */

import { inputMoment, ofInput } from '../../text/age';
import type { JobSchedule } from '../../wire';
import { say } from '../../words/en/jobs';

export interface TimetableDraft {
  /** Empty: when somebody begins it. */
  type: JobSchedule['type'] | '';
  every: string;
  /** "02:30, 14:00". */
  at: string;
  days: number[];
  /** As an `<input type="datetime-local">` has it. */
  start: string;
  finish: string;
  skips: boolean;
}

export const timetables = (): readonly { id: TimetableDraft['type']; name: string }[] => [
  { id: '', name: say.byHand },
  { id: 'once', name: say.onceName },
  { id: 'minutes', name: say.everySoManyMinutes },
  { id: 'hourly', name: say.everySoManyHours },
  { id: 'daily', name: say.everySoManyDays },
  { id: 'weekly', name: say.onDaysOfTheWeek },
];

export const week = () =>
  [say.sun, say.mon, say.tue, say.wed, say.thu, say.fri, say.sat].map((name, id) => ({ id, name }));

export function timetableDraft(of: JobSchedule | null | undefined): TimetableDraft {
  return {
    type: of?.type ?? '',
    every: String(of?.every ?? 1),
    at: (of?.at ?? []).map(clockWords).join(', '),
    days: [...(of?.days ?? [])],
    start: of?.start ? inputMoment(of.start * 1000) : '',
    finish: of?.finish ? inputMoment(of.finish * 1000) : '',
    skips: of?.skip_if_running ?? true,
  };
}

/** Throws words about what cannot be a time of the day. */
export function scheduleOf(draft: TimetableDraft): JobSchedule | null {
  const { type } = draft;
  if (type === '') return null;
  const often = type === 'minutes' || type === 'hourly' || type === 'daily';
  const timed = type === 'daily' || type === 'weekly';
  return {
    type,
    ...(often && { every: Number(draft.every) }),
    ...(timed && {
      at: draft.at
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(secondOfDay),
    }),
    ...(type === 'weekly' && { days: [...draft.days].sort() }),
    ...(draft.start && { start: second(draft.start) }),
    ...(draft.finish && type !== 'once' && { finish: second(draft.finish) }),
    ...(!draft.skips && { skip_if_running: false }),
  };
}

/** "daily at 02:30", "on Mon, Fri at 14:00", "every 15 minutes"; empty: there is none. */
export function scheduleWords(of: JobSchedule | null): string {
  if (!of) return '';
  const at = of.at?.length ? say.atTimesOf(of.at.map(clockWords).join(', ')) : say.atMidnight;
  const every = of.every ?? 1;
  switch (of.type) {
    case 'once':
      return say.once(inputMoment((of.start ?? 0) * 1000).replace('T', ' '));
    case 'minutes':
      return say.everyMinutes(every);
    case 'hourly':
      return every === 1 ? say.everyHour : say.everyHours(every);
    case 'daily':
      return `${every === 1 ? say.daily : say.everyDays(every)}${at}`;
    case 'weekly':
      return say.onDays((of.days ?? []).map((day) => week()[day]?.name).join(', '), at);
  }
}

function clockWords(second: number): string {
  const parts = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  const shown = second % 60 ? parts : parts.slice(0, 2);
  return shown.map((one) => String(one).padStart(2, '0')).join(':');
}

function secondOfDay(text: string): number {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  const [hour, minute, second] = [1, 2, 3].map((at) => Number(found?.[at] ?? 0));
  if (!found || hour! > 23 || minute! > 59 || second! > 59) {
    throw new Error(say.noTime(text));
  }
  return hour! * 3600 + minute! * 60 + second!;
}

function second(text: string): number {
  return Math.floor((ofInput(text) ?? 0) / 1000);
}
