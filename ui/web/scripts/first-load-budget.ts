/** Fails the build when the script that the alert list needs on a first visit grows beyond its budget. */
import { gzipSync } from 'node:zlib';
import type { Plugin, Rollup } from 'vite';

type OutputBundle = Rollup.OutputBundle;
type OutputChunk = Rollup.OutputChunk;

const BUDGET_KIB = 200;
const PAGE = 'AlertsPage';

export function firstLoadBudget(): Plugin {
  return {
    name: 'fleetguard:first-load-budget',
    apply: 'build',
    generateBundle(_, bundle) {
      const page = chunksOf(bundle).find(({ name }) => name === PAGE);
      if (!page) return; // the service worker is a build of its own
      const needed = withImports(bundle, [...chunksOf(bundle).filter(({ isEntry }) => isEntry), page]);
      const kib = needed.reduce((sum, { code }) => sum + gzipSync(code).length, 0) / 1024;
      const words = `The alert list loads ${kib.toFixed(1)} KiB of compressed script at first; the budget is ${BUDGET_KIB} KiB.`;
      if (kib > BUDGET_KIB) this.error(words);
      this.info(words);
    },
  };
}

function chunksOf(bundle: OutputBundle): OutputChunk[] {
  return Object.values(bundle).filter((part) => part.type === 'chunk');
}

function withImports(bundle: OutputBundle, chunks: readonly OutputChunk[]): OutputChunk[] {
  const needed = new Set<OutputChunk>();
  const rest = [...chunks];
  for (let chunk = rest.pop(); chunk; chunk = rest.pop()) {
    if (needed.has(chunk)) continue;
    needed.add(chunk);
    rest.push(...chunk.imports.map((file) => bundle[file]).filter((part) => part?.type === 'chunk'));
  }
  return [...needed];
}
