/** Channels, what was sent over them, and when nobody is to be told. `make docs` writes the types of
 * each route that is named here. */

import { ask, PAGE } from '../rest';
import type { ChannelPatch, NewChannel, NewWindow, WindowPatch } from '../wire';

export const channels = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/channels', path, { signal })).data;
};

export const addChannel = (workspace: number, body: NewChannel) =>
  ask('POST /workspaces/{workspace_id}/channels', { workspace_id: workspace }, { body });

export const changeChannel = (workspace: number, channel: number, body: ChannelPatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/channels/{channel_id}',
    { workspace_id: workspace, channel_id: channel },
    { body },
  );

export const deleteChannel = (workspace: number, channel: number) =>
  ask('DELETE /workspaces/{workspace_id}/channels/{channel_id}', {
    workspace_id: workspace,
    channel_id: channel,
  });

/** A notice that says that it is a test; the answer: the deliveries that it made. */
export const testChannel = async (workspace: number, channel: number) => {
  const path = { workspace_id: workspace, channel_id: channel };
  return (await ask('POST /workspaces/{workspace_id}/channels/{channel_id}/test', path)).data;
};

export const deliveries = (workspace: number, signal?: AbortSignal) =>
  ask(
    'GET /workspaces/{workspace_id}/deliveries',
    { workspace_id: workspace },
    { query: { limit: PAGE }, signal },
  );

export const sendAgain = (workspace: number, delivery: number) =>
  ask('POST /workspaces/{workspace_id}/deliveries/{delivery_id}/retry', {
    workspace_id: workspace,
    delivery_id: delivery,
  });

export const windows = async (workspace: number, signal?: AbortSignal) => {
  const path = { workspace_id: workspace };
  return (await ask('GET /workspaces/{workspace_id}/maintenance-windows', path, { signal })).data;
};

export const addWindow = (workspace: number, body: NewWindow) =>
  ask('POST /workspaces/{workspace_id}/maintenance-windows', { workspace_id: workspace }, { body });

export const changeWindow = (workspace: number, window: number, body: WindowPatch) =>
  ask(
    'PATCH /workspaces/{workspace_id}/maintenance-windows/{window_id}',
    { workspace_id: workspace, window_id: window },
    { body },
  );

export const deleteWindow = (workspace: number, window: number) =>
  ask('DELETE /workspaces/{workspace_id}/maintenance-windows/{window_id}', {
    workspace_id: workspace,
    window_id: window,
  });
