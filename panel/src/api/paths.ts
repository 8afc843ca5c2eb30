/** Paths: who measures what, and over which hops. `make docs` writes the types of each route that is
 * named here. */

import { ask } from '../rest';

/** Each site by each target. */
export const matrix = (workspace: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/connectivity-matrix',
    { workspace_id: workspace },
    { signal },
  );

/** The newest trace of each probe that names a target. */
export const tracesTo = async (workspace: number, target: string, signal?: AbortSignal) => {
  const found = await ask(
    'GET /workspaces/{workspace_id}/probe-data/by-target/data',
    { workspace_id: workspace },
    { query: { target, type: 'MTR', latestOnly: true }, signal },
  );
  return found.bundles.flatMap((one) => one.latest ?? []);
};

/** The newest traces towards an agent, newest first: of one site there may be several. */
export const tracesToAgent = async (workspace: number, agent: number, signal?: AbortSignal) =>
  (
    await ask(
      'GET /workspaces/{workspace_id}/probe-data/find',
      { workspace_id: workspace },
      { query: { type: 'MTR', targetAgent: agent, limit: 200 }, signal },
    )
  ).data;
