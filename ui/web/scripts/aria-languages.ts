/** Leaves out the sentences that React Aria brings for languages which the page does not speak. */
import type { Plugin } from 'vite';

const SENTENCES = /\/react-(aria|aria-components|stately)\/dist\/private\/intl\/.*\/([a-z]{2}-[A-Z]{2})\.m?js$/;

export function ariaLanguages(spoken: readonly string[]): Plugin {
  return {
    name: 'fleetguard:aria-languages',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      const language = SENTENCES.exec(id)?.[2];
      return language && !spoken.includes(language) ? 'export default {};' : null;
    },
  };
}
