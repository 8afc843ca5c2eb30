/** Members of a workspace, and its API keys. `make docs` writes the types of each route that is named
 * here. */

import { all, ask } from '../rest';
import type { NewApiKey, NewMember } from '../wire';

export const members = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/members', path, { signal })).data;
};

/** With the token of the invitation where there is no account of that address yet. */
export const invite = (workspace: number, body: NewMember) =>
  ask('POST /workspaces/{workspace_id}/members', { workspace_id: workspace }, { body });

export const changeRole = (workspace: number, member: number, role: 'VIEWER' | 'USER' | 'ADMIN') =>
  ask(
    'PATCH /workspaces/{workspace_id}/members/{member_id}',
    { workspace_id: workspace, member_id: member },
    { body: { role } },
  );

export const removeMember = (workspace: number, member: number) =>
  ask('DELETE /workspaces/{workspace_id}/members/{member_id}', {
    workspace_id: workspace,
    member_id: member,
  });

export const keys = (workspace: number, signal?: AbortSignal) =>
  all('GET /workspaces/{workspace_id}/api-keys', { workspace_id: workspace }, signal);

/** With its secret, which is not shown again. */
export const addKey = (workspace: number, body: NewApiKey) =>
  ask('POST /workspaces/{workspace_id}/api-keys', { workspace_id: workspace }, { body });

export const removeKey = (workspace: number, key: number) =>
  ask('DELETE /workspaces/{workspace_id}/api-keys/{key_id}', {
    workspace_id: workspace,
    key_id: key,
  });

/** What an invitation is to; for whoever has its link. */
export const invitation = (token: string, signal?: AbortSignal) =>
  ask('GET /invite/{token}', { token }, { signal });

/** By the account of the invited address. */
export const acceptInvitation = (token: string) => ask('POST /invite/{token}/accept', { token });

/** By somebody who has no account yet. */
export const completeInvitation = (token: string, name: string, password: string) =>
  ask('POST /invite/{token}/complete', { token }, { body: { name, password } });
