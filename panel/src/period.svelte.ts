/** The part of time that the address names: `last=1h` up to now, or `from` and `to`, Unix seconds. */

import { beside, picked, rangeOf, type Range, type Window } from './chart/range';
import { clock } from './clock.svelte';
import { place } from './place.svelte';
import { fullMoment, moment } from './text/age';
import { say as general } from './words/en/general';

class Period {
  range = $derived<Range>(rangeOf(place.asked('last')));
  /** null while the end follows the present. */
  picked = $derived<Window | null>(picked(place.asked('from'), place.asked('to')));
  /** In words: "Last 1 h", or two moments. */
  words = $derived.by(() => {
    if (!this.picked) return general.lastSpan(this.range.name);
    const { from, to } = this.picked;
    const sameDay = fullMoment(from * 1000).slice(0, 10) === fullMoment(to * 1000).slice(0, 10);
    const until = sameDay ? fullMoment(to * 1000).slice(11, 16) : moment(to * 1000, clock.now);
    return `${moment(from * 1000, clock.now)} – ${until}`;
  });

  /** As it is at this second. */
  window(): Window {
    const now = Math.floor(clock.now / 1000);
    return this.picked ?? { from: now - this.range.sec, to: now };
  }

  follow(last: string) {
    place.go(place.with({ last, from: '', to: '' }));
  }

  show({ from, to }: Window) {
    place.go(place.with({ from, to }));
  }

  live() {
    place.go(place.with({ from: '', to: '' }));
  }

  step(way: -1 | 1) {
    this.show(beside(this.window(), way, clock.now / 1000));
  }
}

export const period = new Period();
