/** Microservices. `make docs` writes the types of each route that is named here. */

import { all } from '../rest';

/** By name, with the agents that are to have each, what is wrong first. */
export const microservices = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/microservices', { workspace_id: workspace }, signal);
