/** `/ws/panel`: live results of some probes, reconnected for ever. */

import { workspaces } from '../api';
import type { PanelFrame, PanelSaid, ResultRow } from '../wire';
import { pause } from './backoff';

export interface Feed {
  workspace: number;
  /** Probe ids; 0 is every probe of the workspace. */
  probes: number[];
  result: (row: ResultRow) => void;
  /** Subscribed, at first or again, or frames were dropped: what came meanwhile is only in REST. */
  fetch: () => void;
}

export type LiveState = 'connecting' | 'live' | 'reconnecting';

const PING_MS = 15_000;
/** A connection that is silent for so long is dead, whatever TCP believes. */
const DEAD_MS = 40_000;
/** A connection that lasted so long starts the pauses from the first again. */
const STABLE_MS = 10_000;

export class LiveSocket {
  state = $state<LiveState>('connecting');
  /** When the next try is due, in the browser's ms. */
  retryAt = $state(0);
  #feed: Feed;
  #socket: WebSocket | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #closed = false;

  constructor(feed: Feed) {
    this.#feed = feed;
    window.addEventListener('online', this.now);
    document.addEventListener('visibilitychange', this.now);
    this.#connect();
  }

  close() {
    this.#closed = true;
    window.removeEventListener('online', this.now);
    document.removeEventListener('visibilitychange', this.now);
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Do not wait for the pause to end: somebody looks, or the network is back. */
  now = () => {
    if (this.state !== 'reconnecting' || document.hidden || this.#socket) return;
    this.#connect();
  };

  #connect() {
    clearTimeout(this.#timer);
    const address = new URL('/ws/panel', location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    this.#socket = socket;
    let openedAt = 0;
    let heardAt = Date.now();
    const say = (said: PanelSaid) => socket.send(JSON.stringify(said));
    const waiting = new Set(this.#feed.probes);
    const watch = setInterval(() => {
      if (Date.now() - heardAt > DEAD_MS) lost();
      else if (openedAt) say({ type: 'ping' });
    }, PING_MS);

    const lost = () => {
      clearInterval(watch);
      // A dead peer answers no close frame: the loss counts now, not when the browser gives up.
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      if (this.#socket === socket) this.#socket = undefined;
      if (!this.#closed) this.#retry(openedAt);
    };

    socket.onopen = () => {
      openedAt = heardAt = Date.now();
      for (const probe_id of this.#feed.probes) {
        const { workspace: workspace_id } = this.#feed;
        say({ type: 'subscribe', workspace_id, probe_id });
      }
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      heardAt = Date.now();
      const frame = JSON.parse(event.data) as PanelFrame;
      if (frame.type === 'probe_data') this.#feed.result(frame.data);
      else if (frame.type === 'gap') this.#feed.fetch();
      else if (frame.type === 'subscribe_ok' && waiting.delete(frame.probe_id) && !waiting.size) {
        this.state = 'live';
        this.#feed.fetch();
      }
    };
    socket.onclose = lost;
  }

  #retry(openedAt: number) {
    if (openedAt && Date.now() - openedAt > STABLE_MS) this.#attempt = 0;
    const ms = pause(this.#attempt);
    this.#attempt += 1;
    this.state = 'reconnecting';
    this.retryAt = Date.now() + ms;
    this.#timer = setTimeout(() => this.#connect(), ms);
    // A browser hides why a handshake was refused; REST tells a session that has ended.
    if (!openedAt) workspaces().catch(() => {});
  }
}
