/** Writes `csp.json`: the hashes of the fixed `<style>` elements that React Aria adds, for the server's style-src. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const SOURCES = ['interactions/usePress.mjs', 'overlays/usePreventScroll.mjs'];
const STYLE = /style\.textContent = `([^`]*)`\.trim\(\)/g;
const CONSTANT = /const (\S+) = '([^']*)';/g;

export function styleHashes(): Plugin {
  return {
    name: 'fleetguard:style-hashes',
    apply: 'build',
    generateBundle() {
      const styles = SOURCES.flatMap((source) => stylesOf(readFileSync(reactAria(source), 'utf8')));
      if (styles.length !== SOURCES.length) this.error('React Aria no longer adds the styles that the content policy allows.');
      this.emitFile({ type: 'asset', fileName: 'csp.json', source: JSON.stringify({ styleHashes: styles.map(sha256) }) });
    },
  };
}

function reactAria(module: string): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('react-aria')), '../private', module);
}

function stylesOf(source: string): string[] {
  const constants = new Map([...source.matchAll(CONSTANT)].map(([, name, value]) => [name, value]));
  const filled = (css: string) => css.replace(/\$\{([^}]*)\}/g, (_, name: string) => constants.get(name) ?? '');
  return [...source.matchAll(STYLE)].map(([, css = '']) => filled(css).trim());
}

function sha256(css: string): string {
  return `sha256-${createHash('sha256').update(css).digest('base64')}`;
}
