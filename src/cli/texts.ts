/** Everything the commands say to people, in the languages they say it in. A missing text does not compile. */
import type { Environment } from '../config/environment.js';
import { ENGLISH, type Texts } from './texts-en.js';
import { ROMANIAN } from './texts-ro.js';

export const LANGUAGES = ['en', 'ro'] as const;
export type Language = (typeof LANGUAGES)[number];

const CATALOGUE: Readonly<Record<Language, Texts>> = { en: ENGLISH, ro: ROMANIAN };

export function textsIn(language: Language): Texts {
  return CATALOGUE[language];
}

/** As the locale of the environment has it; the first variable that is set decides. Source: POSIX.1-2017, 8.2. */
export function languageOf(environment: Environment): Language {
  const locale = ['LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]).find((value) => value);
  return locale !== undefined && /^ro(?:[_.@-]|$)/i.test(locale) ? 'ro' : 'en';
}
