/** Share links: making them, and what who has one is shown. `make docs` writes the types of each route
 * that is named here. */

import { ask } from '../rest';
import type { NewShareLink } from '../wire';

/** Of all sites, the newest first. */
export const shareLinks = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/share-links', path, { signal })).items;
};

/** With its token, which is not shown again. */
export const addShareLink = (workspace: number, site: number, body: NewShareLink) =>
  ask(
    'POST /workspaces/{workspace_id}/agents/{agent_id}/share-links',
    { workspace_id: workspace, agent_id: site },
    { body },
  );

export const removeShareLink = (workspace: number, site: number, link: number) =>
  ask('DELETE /workspaces/{workspace_id}/agents/{agent_id}/share-links/{link_id}', {
    workspace_id: workspace,
    agent_id: site,
    link_id: link,
  });

/** What opens a link: its token, and its password where it has one. */
export interface Opened {
  token: string;
  password: string;
}

export const shareInfo = (token: string, signal?: AbortSignal) =>
  ask('GET /share/{token}/info', { token }, { signal });

export const shared = ({ token, password }: Opened, signal?: AbortSignal) =>
  ask('GET /share/{token}', { token }, { headers: secret(password), signal });

export const sharedChart = (
  { token, password }: Opened,
  probe: number,
  { from, to }: { from: number; to: number },
  signal?: AbortSignal,
) =>
  ask(
    'GET /share/{token}/chart/{probe_id}',
    { token, probe_id: probe },
    {
      query: { from: `${Math.floor(from)}`, to: `${Math.ceil(to)}` },
      headers: secret(password),
      signal,
    },
  );

/** The newest first. */
export const sharedResults = async (
  { token, password }: Opened,
  probe: number,
  limit: number,
  signal?: AbortSignal,
) =>
  (
    await ask(
      'GET /share/{token}/probe-data/{probe_id}',
      { token, probe_id: probe },
      { query: { limit }, headers: secret(password), signal },
    )
  ).data;

/** In no address, and so in no log. */
const secret = (password: string): Record<string, string> =>
  password ? { 'X-Share-Password': password } : {};
