/** The clock on the wall: of this browser's place or UTC; the choice is kept in this browser. */

const KEY = 'forepost.times';

class WallClock {
  utc = $state(globalThis.localStorage?.getItem(KEY) === 'utc');

  switch() {
    this.utc = !this.utc;
    localStorage.setItem(KEY, this.utc ? 'utc' : 'local');
  }

  /** The zone by its name: "UTC", "Europe/Berlin". */
  get zone(): string {
    return this.utc ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone;
  }

  /** A date whose own getters (`getHours` and so on) say what the clock shows at an instant in ms. */
  shown(at: number): Date {
    const date = new Date(at);
    if (this.utc) date.setMinutes(date.getMinutes() + date.getTimezoneOffset());
    return date;
  }

  /** The instant in ms of what an `<input type="datetime-local">` says; NaN where it says nothing. */
  read(text: string): number {
    return new Date(this.utc && text ? `${text}Z` : text).getTime();
  }
}

export const wallClock = new WallClock();
