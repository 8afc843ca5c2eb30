/** How microservices stand on their agents, in words. */

import type { WorkspaceMicroservice } from '../wire';
import { say as amounts } from '../words/en/amounts';
import { say } from '../words/en/text';
import { reasonWords } from './reason';
import { wireWord } from './wire_word';

export type Stand = 'current' | 'waiting' | 'failing' | 'refused';

type Counted = Pick<WorkspaceMicroservice, 'counts'>;

/** The worst of its agents; waiting where it is for none. */
export function worst({ counts }: Counted): Stand {
  if (counts.refused) return 'refused';
  if (counts.failing) return 'failing';
  return counts.waiting || !counts.current ? 'waiting' : 'current';
}

export function color(stand: Stand): 'good' | 'bad' | 'unknown' {
  if (stand === 'refused' || stand === 'failing') return 'bad';
  return stand === 'current' ? 'good' : 'unknown';
}

/** "current on 2 of 3 agents". */
export function share({ counts }: Counted): string {
  const all = counts.current + counts.waiting + counts.refused;
  if (all === 0) return say.forNoAgent;
  return say.currentOn(counts.current, amounts.agents(all));
}

/** How one agent stands, and why. */
export function said(row: { state: string; failing: boolean; reason: string }): string {
  // a failing one waits, by the word of the controller: its reason says more
  if (row.failing && row.reason) return row.reason;
  const state = wireWord(row.state);
  return row.reason ? `${state}: ${reasonWords(row.reason)}` : state;
}

/** Where its newest roll-out stands; empty where that is no news. */
export function rollout({
  progress,
}: {
  progress: Pick<
    NonNullable<WorkspaceMicroservice['progress']>,
    'state' | 'wave' | 'waves' | 'reason'
  > | null;
}): string {
  if (!progress) return '';
  const why = progress.reason && `: ${progress.reason}`;
  switch (progress.state) {
    case 'running':
      return say.rolloutWave(progress.wave, progress.waves, why);
    case 'returned':
      return say.wentBack(why);
    default:
      return '';
  }
}
