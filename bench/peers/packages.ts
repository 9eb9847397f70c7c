import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../engine/config/package-root.ts';
import { available, unavailable } from './availability.ts';
import type { Availability } from './availability.ts';
import { cacheFolder } from './cache-folder.ts';

const FETCH_TIMEOUT_MS = 180_000;
/** By itself npm tries for more than a minute where there is no network. */
const FEW_RETRIES = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=2000'];

/** A package that is measured: fetched from npm when it is wanted, never a dependency. */
export interface PeerPackage {
  readonly name: string;
  readonly version: string;
}

export const CCXT: PeerPackage = { name: 'ccxt', version: '4.5.84' };
export const OKX_API: PeerPackage = { name: 'okx-api', version: '3.2.3' };

/** The package's folder, as a URL that ends with a slash: what is here already, or fetched when `mayFetch`. */
export function peerPackage(peer: PeerPackage, mayFetch: boolean): Availability<string> {
  const cached = cacheFolder('packages', `${peer.name}-${peer.version}`);
  for (const root of [packageRoot(), cached]) {
    const folder = join(root, 'node_modules', peer.name);
    if (versionIn(folder) === peer.version) return available(folderUrl(folder));
  }
  const name = `${peer.name}@${peer.version}`;
  if (!mayFetch) return unavailable(`${name} is not cached, and a smoke run fetches nothing`);
  mkdirSync(cached, { recursive: true });
  const options = [
    '--ignore-scripts',
    '--no-save',
    '--no-audit',
    '--no-fund',
    ...FEW_RETRIES,
    '--prefix',
    cached,
  ];
  const { status } = spawnSync('npm', ['install', ...options, name], {
    stdio: 'ignore',
    timeout: FETCH_TIMEOUT_MS,
  });
  const folder = join(cached, 'node_modules', peer.name);
  if (status === 0 && versionIn(folder) === peer.version) return available(folderUrl(folder));
  return unavailable(`${name} is not cached and could not be fetched from npm`);
}

function versionIn(folder: string): string {
  const file = join(folder, 'package.json');
  if (!existsSync(file)) return '';
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function folderUrl(folder: string): string {
  return `${pathToFileURL(folder).href}/`;
}
