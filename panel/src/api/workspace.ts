/** One workspace. `make docs` writes the types of each route that is named here. */

import { ask } from '../rest';
import type { WorkspacePatch } from '../wire';

export const workspaceOf = (id: number, signal?: AbortSignal) =>
  ask('GET /workspaces/{workspace_id}', { workspace_id: id }, { signal });

export const changeWorkspace = (id: number, body: WorkspacePatch) =>
  ask('PATCH /workspaces/{workspace_id}', { workspace_id: id }, { body });

export const deleteWorkspace = (id: number) =>
  ask('DELETE /workspaces/{workspace_id}', { workspace_id: id });
