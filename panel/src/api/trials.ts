/** Probes that are run once, now, from one agent. `make docs` writes the types of each route that is
 * named here. */

import { ask } from '../rest';
import type { NewTrial } from '../wire';

export const runTrial = (workspace: number, agent: number, body: NewTrial) =>
  ask(
    'POST /workspaces/{workspace_id}/agents/{agent_id}/trials',
    { workspace_id: workspace, agent_id: agent },
    { body },
  );

/** What was asked there, the newest first. */
export const trials = async (workspace: number, agent: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace, agent_id: agent };
  return (await ask('GET /workspaces/{workspace_id}/agents/{agent_id}/trials', path, { signal }))
    .data;
};
