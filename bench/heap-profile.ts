import { Session } from 'node:inspector';
import type { HeapProfiler } from 'node:inspector';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../engine/config/package-root.ts';

/** On average one object in this many bytes is noted: small enough that a site of one number a turn is seen. */
const SAMPLING_BYTES = 128;
const SITES_MAX = 12;

/** Where bytes come from, by what V8's sampling heap profiler saw: what was collected meanwhile is counted too. */
export class HeapProfile {
  readonly #session = new Session();

  start(): void {
    this.#session.connect();
    this.#session.post('HeapProfiler.enable');
    // The newer parameters are not in the types of Node 20.
    const parameters = {
      samplingInterval: SAMPLING_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    };
    this.#session.post('HeapProfiler.startSampling', parameters);
  }

  /** The sites that allocate most, the bytes of each divided by `ops`; one line each. */
  stop(ops: number): string {
    let text = '';
    this.#session.post('HeapProfiler.stopSampling', (error, result) => {
      text = error === null ? sitesText(result.profile.head, ops) : `no heap profile: ${error.message}`;
    });
    this.#session.disconnect();
    return text;
  }
}

function sitesText(head: HeapProfiler.SamplingHeapProfileNode, ops: number): string {
  const bytesBySite = new Map<string, number>();
  const visit = (node: HeapProfiler.SamplingHeapProfileNode): void => {
    if (node.selfSize > 0) {
      const site = siteText(node.callFrame);
      bytesBySite.set(site, (bytesBySite.get(site) ?? 0) + node.selfSize);
    }
    for (const child of node.children) visit(child);
  };
  visit(head);
  const sites = [...bytesBySite].toSorted(([, a], [, b]) => b - a);
  const lines = sites
    .slice(0, SITES_MAX)
    .map(([site, bytes]) => `${(bytes / ops).toFixed(1).padStart(8)} B  ${site}`);
  const others = sites.slice(SITES_MAX).reduce((sum, [, bytes]) => sum + bytes, 0);
  if (others > 0)
    lines.push(`${(others / ops).toFixed(1).padStart(8)} B  at ${sites.length - SITES_MAX} others`);
  return lines.join('\n');
}

/** A function, and where it begins in what was compiled from the source file of that name. */
export function siteText(frame: {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}): string {
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName;
  if (frame.url === '') return name;
  const file = frame.url.startsWith('file:') ? fileURLToPath(frame.url) : frame.url;
  const path = file.startsWith('/') ? relative(packageRoot(), file) : file;
  return `${name} ${path}:${frame.lineNumber + 1}`;
}
