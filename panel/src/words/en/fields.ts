/** Names of the fields of forms. English ones are those of the wire, as `labelOf` writes them. */

import { inLanguage } from '../language.svelte';

export const say = inLanguage('fields', {} as Readonly<Record<string, string>>);
