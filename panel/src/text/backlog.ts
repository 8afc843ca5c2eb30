import type { AgentSpool } from '../wire';
import { duration } from './age';
import { say as amounts } from '../words/en/amounts';
import { say } from '../words/en/text';

type Late = Pick<AgentSpool, 'backlog' | 'backlog_left_sec' | 'backlog_grows'>;

/** "34 min left (9000 results)"; nothing where nothing is late. */
export function backlog(spool: Late | null | undefined): string {
  if (!spool) return '';
  if (spool.backlog_grows) return say.backlogGrows;
  if (spool.backlog === 0) return '';
  const results = amounts.results(spool.backlog);
  if (spool.backlog_left_sec === null) return results;
  return say.timeLeft(duration(Math.max(1, Math.ceil(spool.backlog_left_sec)) * 1000), results);
}
