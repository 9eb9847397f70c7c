import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../engine/config/package-root.ts';

/** The feed column of wire to wire. */
export type WireSecurity = 'plain' | 'tls';

/** Of loopback only: see the README beside them. */
export const CERTIFICATE_FILE = join(packageRoot(), 'test/fixtures/tls/localhost.crt');
export const KEY_FILE = join(packageRoot(), 'test/fixtures/tls/localhost.key');

export function urlOf(security: WireSecurity, port: number): string {
  return `${security === 'tls' ? 'wss' : 'ws'}://127.0.0.1:${port}`;
}

export function certificateText(): string {
  return readFileSync(CERTIFICATE_FILE, 'latin1');
}
