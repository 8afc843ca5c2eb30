/** Verdicts: of a workspace, its sites and their probes. `make docs` writes the types of each route
 * that is named here. */

import { ask } from '../rest';

/** Of sites, without their probes. */
export const verdicts = (workspace: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/health',
    { workspace_id: workspace },
    { query: { brief: true }, signal },
  );
