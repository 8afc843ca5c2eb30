/** Who is logged in, and where they are members. `make docs` writes the types of each route that is named here. */

import { all, ask } from '../rest';
import { session } from '../session.svelte';

export async function logIn(email: string, password: string): Promise<void> {
  const answer = await ask('POST /auth/login', {}, { body: { email, password } });
  session.begin(answer.token);
}

export const workspaces = (signal?: AbortSignal) => all('GET /workspaces', {}, signal);

export const sessions = async (signal?: AbortSignal) =>
  (await ask('GET /auth/sessions', {}, { signal })).data;

export const endSession = (id: number) =>
  ask('DELETE /auth/sessions/{session_id}', { session_id: id });

export const changePassword = (old_password: string, new_password: string) =>
  ask('PUT /auth/me/password', {}, { body: { old_password, new_password } });
