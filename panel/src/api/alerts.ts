/** Alerts and their rules. `make docs` writes the types of each route that is named here. */

import { ask, PAGE } from '../rest';
import type { Alert, Rule } from '../wire';

/** Of a workspace, newest first. */
export const alerts = (workspace: number, status: Alert['status'] | '', signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/alerts',
    { workspace_id: workspace },
    { query: { limit: PAGE, ...(status && { status }) }, signal },
  );

/** Open or over, critical first, newest first. */
export const incidents = (workspace: number, open: boolean, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/incidents',
    { workspace_id: workspace },
    { query: { open, limit: PAGE }, signal },
  );

export const openIncidents = async (workspace: number, signal?: AbortSignal) => {
  const query = { open: true, limit: 1 };
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/incidents', path, { query, signal })).total;
};

export const setAlert = (alert: Alert, status: 'acknowledged' | 'resolved') =>
  ask(
    'PATCH /workspaces/{workspace_id}/alerts/{alert_id}',
    { workspace_id: alert.workspace_id, alert_id: alert.id },
    { body: { status } },
  );

export const rules = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/alert-rules', path, { signal })).data;
};

export const setRule = (workspace: number, rule: Rule, enabled: boolean) =>
  ask(
    'PATCH /workspaces/{workspace_id}/alert-rules/{rule_id}',
    { workspace_id: workspace, rule_id: rule.id },
    { body: { enabled } },
  );
