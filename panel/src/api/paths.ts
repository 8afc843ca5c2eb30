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
