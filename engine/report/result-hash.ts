import { createHash } from 'node:crypto';

/** What may differ between two runs of the same command. */
const LEFT_OUT: ReadonlySet<string> = new Set(['resultHash', 'wallSeconds', 'environment']);

/** SHA-256 in hex of a result's JSON with sorted keys, without the hash itself and what the machine adds. */
export function resultHashOf(result: object): string {
  const kept = Object.entries(result).filter(([name]) => !LEFT_OUT.has(name));
  return createHash('sha256')
    .update(canonical(Object.fromEntries(kept)))
    .digest('hex');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([one], [two]) => (one < two ? -1 : 1)));
  });
}
