/** Where the browser is. Links of the panel are followed without loading it anew. */

import { invitationOf, isHome, isPanel, ofHash, proofOf, resetOf, type Query } from './route';

class Place {
  path = $state('');
  /** The token of an invitation that was followed; empty: none. */
  invitation = $state('');
  /** The token of a link to a new password that was followed; empty: none. */
  reset = $state('');
  /** The token of a link that proves an address and was followed; empty: none. */
  proof = $state('');
  #search = $state('');
  #query = $derived(new URLSearchParams(this.#search));

  constructor() {
    this.#read();
    addEventListener('popstate', () => this.#read());
    addEventListener('hashchange', () => this.#read());
    document.addEventListener('click', (event) => this.#follow(event));
  }

  /** What stands behind the question mark at `name`. */
  asked = (name: string): string => this.#query.get(name) ?? '';

  /** The address of this page with some of what it shows changed; what is empty is left out. */
  with(query: Query): string {
    const asked = new URLSearchParams(this.#search);
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined || value === '') asked.delete(name);
      else asked.set(name, String(value));
    }
    return this.path + (asked.size ? `?${asked}` : '');
  }

  /** `replace`: the address that is left is not one to come back to. */
  go(address: string, replace = false) {
    const to = new URL(address, location.href);
    if (to.href === location.href) return;
    const another = to.pathname !== this.path;
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    this.#read();
    if (another) scrollTo(0, 0);
  }

  #read() {
    const moved = isHome(location.pathname) ? ofHash(location.hash) : null;
    if (moved) history.replaceState(null, '', moved);
    this.invitation = isHome(location.pathname) ? invitationOf(location.hash) : '';
    this.reset = isHome(location.pathname) ? resetOf(location.hash) : '';
    this.proof = isHome(location.pathname) ? proofOf(location.hash) : '';
    this.path = location.pathname;
    this.#search = location.search;
  }

  #follow(event: MouseEvent) {
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || event.button !== 0 || !plain) return;
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download'))
      return;
    if (link.origin !== location.origin || !isPanel(link.pathname)) return;
    event.preventDefault();
    this.go(link.href);
  }
}

export const place = new Place();
