/** What the page carries with it: its own style and script, and uPlot's, each as the text of its file. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../base/assert.ts';

const FOLDERS_MAX = 8;

export interface PageAssets {
  readonly styles: readonly string[];
  readonly scripts: readonly string[];
}

/** @param plots scripts of this folder that say what is drawn, the last one has the last word */
export function pageAssets(plots: readonly string[] = []): PageAssets {
  const plot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const own = join(packageRoot(), 'engine', 'report', 'page');
  return {
    styles: [text(join(plot, 'uPlot.min.css')), text(join(own, 'page.css'))],
    scripts: [
      text(join(plot, 'uPlot.iife.min.js')),
      ...['plot-parts.js', 'time-plots.js', 'still-plots.js', ...plots, 'page.js'].map((name) =>
        text(join(own, name)),
      ),
    ],
  };
}

/** The project's folder, the same whether this file runs as source or compiled under dist/. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let depth = 0; depth < FOLDERS_MAX; depth++) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    folder = dirname(folder);
  }
  assert(false, 'a package.json stands above this file');
}

function text(path: string): string {
  return readFileSync(path, 'utf8');
}
