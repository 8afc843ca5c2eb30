/** Light, dark, or as the system says; the choice is kept in this browser. */

const KEY = 'forepost.theme';
const CHOICES = ['system', 'light', 'dark'] as const;
export type Choice = (typeof CHOICES)[number];

class Theme {
  choice = $state<Choice>('system');
  #system = matchMedia('(prefers-color-scheme: dark)');
  #systemDark = $state(this.#system.matches);
  dark = $derived(this.choice === 'system' ? this.#systemDark : this.choice === 'dark');

  constructor() {
    this.#system.addEventListener('change', (event) => (this.#systemDark = event.matches));
    const kept = localStorage.getItem(KEY);
    this.#set(CHOICES.find((choice) => choice === kept) ?? 'system');
  }

  next() {
    this.#set(CHOICES[(CHOICES.indexOf(this.choice) + 1) % CHOICES.length] as Choice);
    localStorage.setItem(KEY, this.choice);
  }

  #set(choice: Choice) {
    this.choice = choice;
    if (choice === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  }
}

export const theme = new Theme();
