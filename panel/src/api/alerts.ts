/** Alerts and their rules. `make docs` writes the types of each route that is named here. */

import { ask, PAGE } from '../rest';
import type { Alert, AlertPatch, NewRule, RulePatch } from '../wire';

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

export const setAlert = (alert: Alert, body: AlertPatch) =>
  ask('PATCH /workspaces/{workspace_id}/alerts/{alert_id}', pathOf(alert), { body });

/** Nothing opens for so long on what the alert is about. */
export const mute = (alert: Alert, minutes: number, reason: string) =>
  ask('POST /workspaces/{workspace_id}/alerts/{alert_id}/mute', pathOf(alert), {
    body: { minutes, reason },
  });

/** What happened to it, the oldest first. */
export const course = async (alert: Alert, signal?: AbortSignal) =>
  (
    await ask('GET /workspaces/{workspace_id}/alerts/{alert_id}/history', pathOf(alert), {
      signal,
    })
  ).data;

const pathOf = (alert: Alert) => ({ workspace_id: alert.workspace_id, alert_id: alert.id });

export const incident = (workspace: number, id: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/incidents/{incident_id}',
    { workspace_id: workspace, incident_id: id },
    { signal },
  );

export const alertsOf = async (workspace: number, incidentId: number, signal?: AbortSignal) =>
  (
    await ask(
      'GET /workspaces/{workspace_id}/alerts',
      { workspace_id: workspace },
      { query: { incidentId, limit: PAGE }, signal },
    )
  ).data;

export const rules = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/alert-rules', path, { signal })).data;
};

export const addRule = (workspace: number, body: NewRule) =>
  ask('POST /workspaces/{workspace_id}/alert-rules', { workspace_id: workspace }, { body });

export const changeRule = (workspace: number, rule: number, body: RulePatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/alert-rules/{rule_id}',
    { workspace_id: workspace, rule_id: rule },
    { body },
  );

export const deleteRule = (workspace: number, rule: number) =>
  ask('DELETE /workspaces/{workspace_id}/alert-rules/{rule_id}', {
    workspace_id: workspace,
    rule_id: rule,
  });

/** How often it would have fired on what was measured already. */
export const previewRule = (workspace: number, body: NewRule) =>
  ask('POST /workspaces/{workspace_id}/alert-rules/preview', { workspace_id: workspace }, { body });
