/** Who changed what. `make docs` writes the types of each route that is named here. */

import { ask } from '../rest';

/** The newest first; `action`: all of it, as `probes.create`, or empty. */
export const auditLog = (
  workspace: number,
  { action, limit, offset }: { action: string; limit: number; offset: number },
  signal?: AbortSignal,
) =>
  ask(
    'GET /workspaces/{workspace_id}/audit',
    { workspace_id: workspace },
    { query: { limit, offset, ...(action && { action }) }, signal },
  );
