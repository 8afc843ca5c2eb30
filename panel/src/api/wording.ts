/** To whom notices go by themselves, and in which words. `make docs` writes the types of each route
 * that is named here. */

import { ask } from '../rest';
import type { NewRoute, NewTemplate, RoutePatch, TemplatePatch, TemplateTexts } from '../wire';

export const templates = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/templates', path, { signal })).data;
};

export const addTemplate = (workspace: number, body: NewTemplate) =>
  ask('POST /workspaces/{workspace_id}/templates', { workspace_id: workspace }, { body });

export const changeTemplate = (workspace: number, template: number, body: TemplatePatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/templates/{template_id}',
    { workspace_id: workspace, template_id: template },
    { body },
  );

/** Channels that tell by it tell in the usual words then. */
export const deleteTemplate = (workspace: number, template: number) =>
  ask(
    'DELETE /workspaces/{workspace_id}/templates/{template_id}',
    { workspace_id: workspace, template_id: template },
    { query: { force: true } },
  );

/** What would be sent of a made-up alert. */
export const previewTemplate = (workspace: number, template: TemplateTexts) =>
  ask(
    'POST /workspaces/{workspace_id}/templates/preview',
    { workspace_id: workspace },
    { body: { template } },
  );

export const routes = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/routes', path, { signal })).data;
};

export const addRoute = (workspace: number, body: NewRoute) =>
  ask('POST /workspaces/{workspace_id}/routes', { workspace_id: workspace }, { body });

export const changeRoute = (workspace: number, route: number, body: RoutePatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/routes/{route_id}',
    { workspace_id: workspace, route_id: route },
    { body },
  );

export const deleteRoute = (workspace: number, route: number) =>
  ask('DELETE /workspaces/{workspace_id}/routes/{route_id}', {
    workspace_id: workspace,
    route_id: route,
  });

/** Which routes a critical alert of an agent would take now, and why. */
export const previewRoutes = (workspace: number, agent: number) =>
  ask(
    'POST /workspaces/{workspace_id}/routes/preview',
    { workspace_id: workspace },
    { body: { agent_id: agent } },
  );
