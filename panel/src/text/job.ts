/** How runs of jobs stand, in words. */

import type { RunAgent, RunHead } from '../wire';
import { bytes, plural } from './units';

/** A run's status; `never`: the job has not run yet. */
export type RunStand = RunHead['status'] | 'never';

export const stand = (run: Pick<RunHead, 'status'> | null): RunStand => run?.status ?? 'never';

export function color(of: RunStand): 'good' | 'bad' | 'unknown' {
  if (of === 'error' || of === 'aborted') return 'bad';
  return of === 'finished' || of === 'working' ? 'good' : 'unknown';
}

/** "2 finished, 1 error". */
export function counted({ counts }: Pick<RunHead, 'counts'>): string {
  const found = Object.entries(counts).filter(([, n]) => n > 0);
  return found.map(([state, n]) => `${n} ${state}`).join(', ') || 'at no agent';
}

type Stood = Pick<RunAgent, 'state' | 'status' | 'reason' | 'exit_code' | 'figures'>;

/** How a run stands at one agent, and why. */
export function runSaid(row: Stood): string {
  const state = row.state === 'started' && row.status ? row.status : row.state;
  const why = row.reason || (row.exit_code ? `exit status ${row.exit_code}` : '');
  const { size_total: total, size_completed: done } = row.figures;
  const far = total > done ? ` (${bytes(done)} of ${bytes(total)})` : '';
  return `${state}${far}${why && `: ${why}`}`;
}

export const isBad = ({ state, status }: Pick<RunAgent, 'state' | 'status'>) =>
  state === 'error' || state === 'interrupted' || state === 'lost' || status === 'error';

export const having = (n: number) => (n === 0 ? 'at no agent' : `at ${plural(n, 'agent')}`);
