/** The language of the panel: English, or one that is loaded when it is chosen; kept in this browser. */

const KEY = 'forepost.language';

/** By the code of a language: its own name, and how its texts are loaded; English is always there. */
export const LANGUAGES = {
  en: { name: 'English', load: async () => null },
  de: { name: 'Deutsch', load: async () => (await import('./de')).texts },
} as const satisfies Record<string, { name: string; load: () => Promise<Texts | null> }>;

export type Code = keyof typeof LANGUAGES;

/** A part of the catalogue: a file of that name in `en/`, and in the folder of each language. */
export type Subject =
  | 'alerts'
  | 'chart'
  | 'general'
  | 'compare'
  | 'amounts'
  | 'fields'
  | 'findings'
  | 'forms'
  | 'frame'
  | 'jobs'
  | 'now'
  | 'parts'
  | 'paths'
  | 'probes'
  | 'settings'
  | 'shares'
  | 'sites'
  | 'states'
  | 'text'
  | 'tools'
  | 'traffic'
  | 'workloads';

export type Texts = Record<Subject, object>;
/** What a message may have in it. */
export type Word = string | number;

class Language {
  code = $state<Code>('en');
  /** null: English, which is in the catalogue itself. */
  texts = $state.raw<Texts | null>(null);

  /** Those that are not spoken now. */
  get others(): { code: Code; name: string }[] {
    return (Object.keys(LANGUAGES) as Code[])
      .filter((code) => code !== this.code)
      .map((code) => ({ code, name: LANGUAGES[code].name }));
  }

  /** As it was chosen, or as the browser asks for; English where its texts cannot be loaded. */
  async begin(): Promise<void> {
    const wanted = localStorage.getItem(KEY) ?? preferred(navigator.languages);
    await this.#speak(wanted in LANGUAGES ? (wanted as Code) : 'en').catch(() => {});
  }

  async choose(code: Code): Promise<void> {
    await this.#speak(code);
    localStorage.setItem(KEY, code);
  }

  async #speak(code: Code) {
    this.texts = await LANGUAGES[code].load();
    this.code = code;
    document.documentElement.lang = code;
  }
}

export const language = new Language();

/** The first of these that the panel speaks; "de-AT" is German. */
export function preferred(tags: readonly string[]): Code {
  const codes = tags.map((tag) => tag.split('-', 1)[0] ?? '');
  return (codes.find((code) => code in LANGUAGES) as Code | undefined) ?? 'en';
}

/** A subject of the catalogue: each text is that of the chosen language at the moment it is read. */
export function inLanguage<T extends object>(subject: Subject, english: T): T {
  const spoken = () => (language.texts?.[subject] ?? english) as T;
  return new Proxy(english, { get: (_, key) => spoken()[key as keyof T] });
}
