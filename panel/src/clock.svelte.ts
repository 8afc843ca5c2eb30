/** The controller's time, ticking once a second: ages must not depend on the browser's clock. */

import { offsetOf } from './text/clock';

class Clock {
  #offset = 0;
  now = $state(Date.now());

  constructor() {
    setInterval(() => this.#tick(), 1000);
    // A hidden tab is throttled; what it shows on return must be true at once.
    document.addEventListener('visibilitychange', () => this.#tick());
  }

  /** Learn from the Date header of an answer. */
  learn(date: string | null, sentAt: number, receivedAt: number) {
    this.#offset = offsetOf(date, sentAt, receivedAt) ?? this.#offset;
  }

  #tick() {
    this.now = Date.now() + this.#offset;
  }
}

export const clock = new Clock();
