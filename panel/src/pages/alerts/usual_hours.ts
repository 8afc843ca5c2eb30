import { wallClock } from '../../wall_clock.svelte';
import type { Hours } from '../../wire';

/** The night, by the clocks of whoever asks. */
export const usualHours = (): Hours => ({ from: '18:00', to: '08:00', timezone: wallClock.zone });
