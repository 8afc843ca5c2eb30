/** What happened around a probe, as marks on the axis of its chart. Pure. */

import type { Window } from '../../chart/range';
import { instant, moment } from '../../text/age';
import { changePlace, changeWord } from '../../text/change';
import type { RecordedChange } from '../../wire';
import { hostOf } from '../paths/target_host';
import { say as amounts } from '../../words/en/amounts';
import { say } from '../../words/en/probes';

export interface Event extends Window {
  id: string;
  /** Of an alert how bad it is; all else is neither good nor bad. */
  tone: 'bad' | 'warn' | 'none';
  isAlert: boolean;
  words: string;
  /** null: nowhere. */
  place: string | null;
}

/** Events of the probe, of its host's addresses and version, of roll-outs and runs of its site, and of
 * other probes that go to the same host. */
export function concerns(probe: { id: number; targets: readonly string[] }, one: RecordedChange) {
  if (one.probe_id === null || one.probe_id === probe.id) return true;
  return probe.targets.map(hostOf).includes(hostOf(one.target));
}

/** In order of time. What begins and ends is one: a part that is out of the window is cut off. */
export function eventsOf(
  workspace: number,
  found: readonly RecordedChange[],
  { from, to }: Window,
): Event[] {
  const events = new Map<string, Event>();
  const inOrder = found.toSorted((a, b) => (instant(a.at) ?? 0) - (instant(b.at) ?? 0));
  for (const one of inOrder) {
    const at = (instant(one.at) ?? 0) / 1000;
    const begins = one.kind.endsWith('_began');
    const ends = one.kind.endsWith('_ended');
    const id = begins || ends ? `${changeWord(one.kind)} ${one.id.split('-').at(-1)}` : one.id;
    const open = events.get(id);
    if (ends && open) {
      open.to = at;
      continue;
    }
    events.set(id, {
      id,
      from: ends ? from : at,
      to: begins ? to : at,
      tone: toneOf(one),
      isAlert: one.kind.startsWith('alert'),
      words: `${changeWord(one.kind)}: ${one.text}`,
      place: changePlace(workspace, one),
    });
  }
  return [...events.values()].sort((a, b) => a.from - b.from);
}

function toneOf({ kind, after }: RecordedChange): Event['tone'] {
  if (!kind.startsWith('alert')) return 'none';
  return after === 'critical' ? 'bad' : 'warn';
}

export interface Mark {
  events: Event[];
  /** Parts of the width of the strip. */
  left: number;
  right: number;
  /** From the top: alerts, then what else lasts or happened. */
  lane: 0 | 1;
}

/** Events that would lie on each other are one mark. `least`: how wide a mark is at least. */
export function marksOf(events: readonly Event[], { from, to }: Window, least: number): Mark[] {
  const share = (time: number) => Math.max(0, Math.min(1, (time - from) / Math.max(1, to - from)));
  const marks: Mark[] = [];
  for (const event of events) {
    const lane = event.isAlert ? 0 : 1;
    const left = Math.min(share(event.from), 1 - least);
    const right = Math.max(share(event.to), left + least);
    const before = marks.findLast((mark) => mark.lane === lane);
    if (before && left < before.right) {
      before.events.push(event);
      before.right = Math.max(before.right, right);
    } else marks.push({ events: [event], left, right, lane });
  }
  return marks;
}

/** Where an event leads, with the time that is looked at: the page of a probe shows it on. */
export function withTime(address: string, time: Readonly<Record<string, string>>): string {
  const [path = '', query = ''] = address.split('?');
  if (!/\/probes\/\d+$/.test(path)) return address;
  const asked = new URLSearchParams(query);
  for (const [name, value] of Object.entries(time)) if (value) asked.set(name, value);
  return asked.size ? `${path}?${asked}` : path;
}

/** When and what; of several the first, and how many there are. */
export function markWords({ events }: Mark, now: number): string {
  const [first, ...more] = events;
  if (!first) return '';
  const when = moment(first.from * 1000, now);
  return `${when} ${first.words}${more.length ? say.andMoreEvents(amounts.events(more.length)) : ''}`;
}

/** The worst of its events. */
export function markTone({ events }: Mark): Event['tone'] {
  const tones = events.map((event) => event.tone);
  return tones.includes('bad') ? 'bad' : tones.includes('warn') ? 'warn' : 'none';
}
