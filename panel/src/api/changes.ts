/** What changed: routes, addresses, certificates, versions, alerts, roll-outs. `make docs` writes the
 * types of each route that is named here. */

import { ask } from '../rest';

export interface ChangesAsked {
  from: number;
  to: number;
  agentId?: number;
  probeId?: number;
  /** 200 at most. */
  limit?: number;
}

export const changes = async (workspace: number, asked: ChangesAsked, signal?: AbortSignal) => {
  const { from, to, ...of } = asked;
  const query = { from: `${Math.floor(from)}`, to: `${Math.ceil(to)}`, limit: 50, ...of };
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/changes', path, { query, signal })).data;
};
