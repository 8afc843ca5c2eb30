import type { AgentSpool } from '../wire';
import { duration } from './age';
import { plural } from './units';

type Late = Pick<AgentSpool, 'backlog' | 'backlog_left_sec' | 'backlog_grows'>;

/** "34 min left (9000 results)"; nothing where nothing is late. */
export function backlog(spool: Late | null | undefined): string {
  if (!spool) return '';
  if (spool.backlog_grows) return 'grows: more is measured than the line carries';
  if (spool.backlog === 0) return '';
  const results = plural(spool.backlog, 'result');
  if (spool.backlog_left_sec === null) return results;
  return `${duration(Math.max(1, Math.ceil(spool.backlog_left_sec)) * 1000)} left (${results})`;
}
