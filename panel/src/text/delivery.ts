/** Where address groups stand: which agents have them, in words. */

import type { Agent, Group, GroupDelivery } from '../wire';
import { say as amounts } from '../words/en/amounts';
import { say } from '../words/en/text';

export type Stage = 'problem' | 'due' | 'away' | 'none' | 'current';

export interface Delivered {
  id: number;
  name: string;
  stage: Stage;
  connected: boolean;
  problems: string[];
}

const ORDER: readonly Stage[] = ['problem', 'due', 'away', 'none', 'current'];
const byName = new Intl.Collator(undefined, { numeric: true });

/** Every agent of a workspace, with what is wrong first. */
export function delivered(
  agents: readonly Pick<Agent, 'id' | 'name'>[],
  rows: readonly GroupDelivery[],
): Delivered[] {
  const said = new Map(rows.map((row) => [row.agent_id, row]));
  return inOrder(
    agents.map(({ id, name }) => {
      const row = said.get(id);
      const { connected = false, problems = [] } = row ?? {};
      return { id, name, stage: stageOf(row, problems), connected, problems };
    }),
  );
}

/** Those that one group is for. An agent that takes no groups only where the group names it. */
export function deliveredOf(
  group: Pick<Group, 'name' | 'agent_ids'>,
  all: readonly Delivered[],
): Delivered[] {
  const named = new Set(group.agent_ids);
  const mine = named.size > 0 ? all.filter((one) => named.has(one.id)) : takers(all);
  return inOrder(
    mine.map((one) => {
      const problems = one.problems.filter((text) => text.startsWith(`group ${group.name}:`));
      const stage = one.stage === 'problem' && problems.length === 0 ? 'current' : one.stage;
      return { ...one, problems, stage };
    }),
  );
}

/** Those that are to have groups: they meter traffic, or answer on a socket. */
export function takers(all: readonly Delivered[]): Delivered[] {
  return all.filter((one) => one.stage !== 'none');
}

export const isCurrent = (one: Delivered) => one.stage === 'current';

/** "3 of 4 agents". */
export function share(of: readonly Delivered[]): string {
  return say.shareOf(of.filter(isCurrent).length, amounts.agents(of.length));
}

export function words({ stage, connected }: Delivered): string {
  switch (stage) {
    case 'problem':
      return say.withAProblem;
    case 'due':
      return say.onTheWay;
    case 'away':
      return say.away;
    case 'none':
      return say.takesNone;
    case 'current':
      return connected ? say.upToDate : say.upToDateAway;
  }
}

function stageOf(row: GroupDelivery | undefined, problems: readonly string[]): Stage {
  if (!row?.takes_groups) return 'none';
  if (row.current) return problems.length > 0 ? 'problem' : 'current';
  return row.connected ? 'due' : 'away';
}

function inOrder(all: readonly Delivered[]): Delivered[] {
  return all.toSorted(
    (a, b) =>
      ORDER.indexOf(a.stage) - ORDER.indexOf(b.stage) ||
      byName.compare(a.name, b.name) ||
      a.id - b.id,
  );
}
