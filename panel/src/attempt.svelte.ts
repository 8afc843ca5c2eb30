/** What a person asks to be done: whether it is on its way, and why it was refused. */

export class Attempt {
  busy = $state(false);
  /** The controller's words; empty when nothing was refused. */
  refused = $state('');

  /** Whether it was done. */
  async run(what: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.refused = '';
    try {
      await what();
      return true;
    } catch (error) {
      this.refused = reason(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

export function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
