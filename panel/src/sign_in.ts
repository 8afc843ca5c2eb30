/** Coming in, going out, and who is here: in all tabs of this browser, which share one cookie. */

import { beginSession, endSession, me } from './api/account';
import { pause } from './live/backoff';
import { ApiError } from './rest';
import { session } from './session.svelte';
import { say } from './words/en/frame';

const tabs = new BroadcastChannel('forepost.session');

/** `code`: of the second factor; empty where there is none. */
export async function logIn(email: string, password: string, code: string): Promise<void> {
  session.begin(await beginSession(email, password, code));
  tabs.postMessage('changed');
}

export async function logOut(): Promise<void> {
  let notice = '';
  try {
    await endSession();
  } catch (error) {
    // What had ended by itself is ended.
    if (!(error instanceof ApiError && error.status === 401)) {
      notice = say.stillLoggedIn((error as Error).message);
    }
  }
  session.end(notice);
  tabs.postMessage('changed');
}

/** Ask until it is known who is logged in. */
export async function findOut(): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const user = await me();
      if (user.id !== session.user?.id) session.begin(user);
      return;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        session.end(session.notice);
        return;
      }
      session.notice = (error as Error).message;
      await new Promise((done) => setTimeout(done, pause(attempt)));
    }
  }
}

/** Somebody came or went in another tab. */
tabs.onmessage = () => {
  session.user = null;
  session.isKnown = false;
  void findOut();
};
