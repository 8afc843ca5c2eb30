/** Who is logged in, and where they are members. `make docs` writes the types of each route that is named here. */

import { all, ask } from '../rest';

/** The session comes in a cookie. */
export const beginSession = async (email: string, password: string, code: string) => {
  const body = { email, password, cookie: true, ...(code && { code }) };
  return (await ask('POST /auth/login', {}, { body })).data;
};

/** Whether a lost password can be replaced by mail. */
export const mayReset = async (signal?: AbortSignal) =>
  (await ask('GET /auth/config', {}, { signal })).password_reset_enabled;

export const askForMail = (email: string) =>
  ask('POST /auth/lost-password', {}, { body: { email } });

/** `token`: of the link in the mail. */
export const resetPassword = (token: string, password: string) =>
  ask('POST /auth/reset-password', {}, { body: { token, password } });

/** To the address of who is logged in. */
export const askForProof = async () => (await ask('POST /auth/resend-verification', {})).message;

/** `token`: of the link in the mail. */
export const proveAddress = (token: string) =>
  ask('POST /auth/verify-email', {}, { body: { token } });

export const endSession = () => ask('POST /auth/logout', {});

export const me = () => ask('GET /auth/me', {});

export const workspaces = (signal?: AbortSignal) => all('GET /workspaces', {}, signal);

export const sessions = async (signal?: AbortSignal) =>
  (await ask('GET /auth/sessions', {}, { signal })).data;

export const endOther = (id: number) =>
  ask('DELETE /auth/sessions/{session_id}', { session_id: id });

export const changePassword = (old_password: string, new_password: string) =>
  ask('PUT /auth/me/password', {}, { body: { old_password, new_password } });

export const secondFactor = (signal?: AbortSignal) =>
  ask('GET /auth/me/second-factor', {}, { signal });

/** It does not count until a code of it is confirmed. */
export const beginSecondFactor = (password: string) =>
  ask('POST /auth/me/second-factor', {}, { body: { password } });

/** With the recovery codes. */
export const confirmSecondFactor = (code: string) =>
  ask('POST /auth/me/second-factor/confirm', {}, { body: { code } });

export const endSecondFactor = (password: string, code: string) =>
  ask('POST /auth/me/second-factor/disable', {}, { body: { password, code } });
