/** How runs of jobs stand, in words. */

import type { RunAgent, RunHead } from '../wire';
import { bytes, rate } from './units';
import { say as amounts } from '../words/en/amounts';
import { say } from '../words/en/text';
import { wireWord } from './wire_word';

/** A run's status; `never`: the job has not run yet; `held`: it waits for somebody to confirm. */
export type RunStand = RunHead['status'] | 'never' | 'held';

export function stand(run: Pick<RunHead, 'status' | 'held' | 'counts'> | null): RunStand {
  if (!run) return 'never';
  const failed = run.counts.error + run.counts.interrupted + run.counts.lost;
  return run.status === 'error' && run.held > 0 && failed === 0 ? 'held' : run.status;
}

/** What somebody asked of a run, and some agent has not answered yet; empty: nothing. */
export function awaited({ status, wish }: Pick<RunHead, 'status' | 'wish'>): string {
  if (status !== 'working') return '';
  if (wish === 'cancel') return say.beingCancelled;
  return wish === 'pause' ? say.beingPaused : '';
}

export function color(of: RunStand): 'good' | 'bad' | 'unknown' {
  if (of === 'error' || of === 'aborted') return 'bad';
  return of === 'finished' || of === 'working' ? 'good' : 'unknown';
}

/** "2 finished, 1 error", "2 started, 1 held". */
export function counted({ counts, held }: Pick<RunHead, 'counts' | 'held'>): string {
  const found = Object.entries({ ...counts, held }).filter(([, n]) => n > 0);
  return found.map(([state, n]) => `${n} ${wireWord(state)}`).join(', ') || say.atNoAgent;
}

type Stood = Pick<RunAgent, 'state' | 'status' | 'reason' | 'held' | 'exit_code' | 'figures'>;

/** How a run stands at one agent, and why. */
export function runSaid(row: Stood): string {
  const now = row.held ? 'held' : row.status;
  const state = wireWord(row.state === 'started' && now ? now : row.state);
  const why = row.reason || (row.exit_code ? say.exitStatus(row.exit_code) : '');
  return `${state}${far(row)}${why && `: ${why}`}`;
}

/** " (1.4 GiB of 3.7 GiB, 12.0 Mbit/s down, with 3 peers)"; empty where nothing is moved now. */
function far({ figures }: Stood): string {
  const { size_total: total, size_completed: done, peers_count: peers } = figures;
  if (total <= done) return '';
  const parts = [
    say.sizeOf(bytes(done), bytes(total)),
    figures.down_speed > 0 && say.rateDown(rate(figures.down_speed)),
    figures.up_speed > 0 && say.rateUp(rate(figures.up_speed)),
    peers > 0 && say.withPeers(amounts.peers(peers)),
  ];
  return ` (${parts.filter(Boolean).join(', ')})`;
}

export const isBad = ({ state, status, held }: Pick<RunAgent, 'state' | 'status' | 'held'>) =>
  state === 'error' || state === 'interrupted' || state === 'lost' || (status === 'error' && !held);

export const having = (n: number) => (n === 0 ? say.atNoAgent : say.atAgents(amounts.agents(n)));
