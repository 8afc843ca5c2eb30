/** What changed, in words, and where it leads. */

import { toAlerts, toJobs, toProbe, toSite, toWorkloads } from '../route';
import type { RecordedChange } from '../wire';
import { instant } from './age';
import { wireWord } from './wire_word';

const WORDS: Partial<Record<RecordedChange['kind'], string>> = {
  alert_began: 'alert',
  alert_ended: 'alert',
  rollout_began: 'roll-out',
  rollout_ended: 'roll-out',
  run_began: 'job',
  run_ended: 'job',
};

/** One of these: what it is of. */
export const changeWord = (kind: RecordedChange['kind']): string => wireWord(WORDS[kind] ?? kind);

/** null: nothing is there to be looked at. */
export function changePlace(workspace: number, one: RecordedChange): string | null {
  const { kind, agent_id, probe_id, about_id } = one;
  if (kind.startsWith('alert')) {
    const incident = about_id ?? undefined;
    return toAlerts(workspace, incident ? { incident } : { tab: 'alerts', status: 'all' });
  }
  if (kind.startsWith('run')) return toJobs(workspace, { job: about_id ?? undefined });
  if (kind.startsWith('rollout')) return toWorkloads(workspace, { find: nameIn(one) });
  if (agent_id === null) return null;
  if (probe_id === null) return toSite(workspace, agent_id);
  const at = Math.floor((instant(one.at) ?? 0) / 1000);
  return toProbe(workspace, agent_id, probe_id, kind === 'route' ? { at } : {});
}

/** "roll-out of sensor: done" is of "sensor". */
function nameIn({ text, after }: RecordedChange): string {
  const name = text.replace(/^roll-out of /, '');
  return name.endsWith(`: ${after}`) ? name.slice(0, -after.length - 2) : name;
}
