/** A value kept fresh: fetched at once, then every so often, for as long as its page is open. */

import { untrack } from 'svelte';
import { reason } from './attempt.svelte';
import { pause } from './live/backoff';
import { ApiError } from './rest';

export class Poll<T> {
  value = $state.raw<T>();
  /** Why the last try failed, in words; empty when it did not. */
  problem = $state('');
  /** Whether trying again may help: a network comes back, a 404 does not. */
  gone = $state(false);
  #fetch: (signal: AbortSignal) => Promise<T>;
  #period: (value: T) => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #abort = new AbortController();
  #failures = 0;

  /**
   * Lives as long as the component or effect that makes it. `period` is in ms. It is fetched at once
   * when what `of` reads becomes another.
   */
  constructor(
    fetch: (signal: AbortSignal) => Promise<T>,
    period: (value: T) => number,
    of: () => unknown = () => null,
  ) {
    this.#fetch = fetch;
    this.#period = period;
    const subject = $derived(of());
    $effect(() => {
      void subject;
      // What the fetch happens to read must not make it run again.
      untrack(() => void this.refresh());
      const seen = () => document.hidden || void this.refresh();
      document.addEventListener('visibilitychange', seen);
      return () => {
        document.removeEventListener('visibilitychange', seen);
        clearTimeout(this.#timer);
        this.#abort.abort();
      };
    });
  }

  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const value = await this.#fetch(abort.signal);
      if (abort.signal.aborted) return;
      this.value = value;
      this.problem = '';
      this.gone = false;
      this.#failures = 0;
      this.#again(this.#period(value));
    } catch (error) {
      if (abort.signal.aborted) return;
      this.problem = reason(error);
      const status = error instanceof ApiError ? error.status : 0;
      this.gone = status >= 400 && status < 500 && status !== 429;
      if (!this.gone) this.#again(pause((this.#failures += 1)));
    }
  }

  #again(ms: number) {
    this.#timer = setTimeout(() => {
      // Nobody looks: the next look fetches.
      if (!document.hidden) void this.refresh();
    }, ms);
  }
}
