/** REST with the controller, typed by its routes. Every failure is an ApiError in words. */

import { clock } from './clock.svelte';
import { session } from './session.svelte';
import type { Page, Routes } from './wire';
import { say } from './words/en/frame';

type Route = keyof Routes;

export class ApiError extends Error {
  /** HTTP status; 0 where no answer came at all. */
  constructor(
    readonly status: number,
    message: string,
    /** The password was right: the log-in needs a code of the second factor, too. */
    readonly needsCode = false,
  ) {
    super(message);
  }
}

/** Entries of a list that come in one answer. */
export const PAGE = 200;

interface More<R extends Route> {
  query?: Routes[R]['query'];
  body?: Routes[R]['body'];
  signal?: AbortSignal | undefined;
  /** Besides the usual ones. */
  headers?: Record<string, string>;
}

/** `path` fills the braces of the route. */
export async function ask<R extends Route>(
  route: R,
  path: Routes[R]['path'],
  { query, body, signal, headers: more }: More<R> = {},
): Promise<Routes[R]['answer']> {
  const [method = ''] = route.split(' ');
  const headers = {
    ...ours(),
    ...(body && { 'Content-Type': 'application/json' }),
    ...more,
  };
  return call(addressOf(route, path, query), {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}

/** Of a file to be fetched by the browser itself. */
export function addressOf<R extends Route>(
  route: R,
  path: Routes[R]['path'],
  query: Routes[R]['query'] | undefined,
): string {
  const [, pattern = ''] = route.split(' ');
  const filled = pattern.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((path as Record<string, unknown>)[name])),
  );
  const pairs = Object.entries(query ?? {}).map(([name, value]) => [name, String(value)]);
  return filled + (pairs.length ? `?${new URLSearchParams(pairs)}` : '');
}

/** No other page can send these: what changes something needs the first. */
function ours(): Record<string, string> {
  return {
    'X-Forepost-Panel': '1',
    ...(session.user && { 'X-Forepost-User': String(session.user.id) }),
  };
}

/** A stream of JSON texts, one a line, to its end or until `signal` ends it. */
export async function lines<T>(address: string, heard: (one: T) => void, signal: AbortSignal) {
  const response = await answer(address, { headers: ours(), signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: '' };
    if (done) return;
    const parts = (rest + value).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part) heard(JSON.parse(part) as T);
  }
}

type Listed = {
  [R in Route]: Routes[R]['answer'] extends Page<unknown> ? R : never;
}[Route];
type Entry<R extends Listed> = Routes[R]['answer'] extends Page<infer T> ? T : never;

/** A list to its end. */
export async function all<R extends Listed>(
  route: R,
  path: Routes[R]['path'],
  signal?: AbortSignal,
): Promise<Entry<R>[]> {
  const found: Entry<R>[] = [];
  for (;;) {
    const query = { limit: PAGE, offset: found.length };
    const { data, total } = (await ask(route, path, { query, signal })) as Page<Entry<R>>;
    found.push(...data);
    if (data.length === 0 || found.length >= total) return found;
  }
}

/** null where there is no such thing. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** Where a 401 is of a password or a code that was wrong, and not of the session. */
const SECRETS = ['/auth/me/', '/share/'];

async function call<T>(address: string, init: RequestInit): Promise<T> {
  return (await (await answer(address, init)).json()) as T;
}

/** An ApiError where it is a refusal. */
async function answer(address: string, init: RequestInit): Promise<Response> {
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, say.unreached);
  }
  clock.learn(response.headers.get('date'), sentAt, Date.now());
  if (response.ok) return response;
  if (response.status === 401 && session.user && !SECRETS.some((one) => address.startsWith(one))) {
    session.end(say.sessionEnded);
  }
  const { error, second_factor_needed } = await refusal(response);
  const words =
    typeof error === 'string' && error
      ? error
      : say.answered(response.status, response.statusText).trim() + '.';
  throw new ApiError(response.status, words, second_factor_needed === true);
}

async function refusal(
  response: Response,
): Promise<{ error?: unknown; second_factor_needed?: unknown }> {
  try {
    return await response.json();
  } catch {
    // A proxy in between answers in HTML; the status says more.
    return {};
  }
}
