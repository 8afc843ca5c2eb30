/** What both pages of address groups show, and how often it is asked for. */

import { agents, agentsPeriod } from '../../api/sites';
import { groupDelivery, groups } from '../../api/traffic';
import { delivered, type Delivered } from '../../text/delivery';
import type { Agent, Group } from '../../wire';

/** While groups are on their way to agents, in ms. */
const SOON_MS = 2_000;
/** With more agents every answer is dear, so nothing is hurried. */
const FEW = 50;

export interface Standing {
  list: Group[];
  fleet: Agent[];
  standing: Delivered[];
}

export async function standing(workspace: number, signal: AbortSignal): Promise<Standing> {
  const [list, said, fleet] = await Promise.all([
    groups(workspace, signal),
    groupDelivery(workspace, signal),
    agents(workspace, signal),
  ]);
  return { list, fleet, standing: delivered(fleet, said) };
}

export function period(of: Pick<Standing, 'fleet' | 'standing'>): number {
  const due = of.standing.some((one) => one.stage === 'due');
  return due && of.fleet.length <= FEW ? SOON_MS : agentsPeriod(of.fleet);
}
