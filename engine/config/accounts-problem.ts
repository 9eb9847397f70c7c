import { resolve } from 'node:path';
import type { FleetSection } from './accounts-schema.ts';
import type { Config } from './schema.ts';

interface NamedConfig {
  readonly name: string;
  readonly config: Config;
}

/** Where a path leads from the account's state directory, of which each has its own. */
function fromState(path: string, name: string): string {
  return resolve('/state', name, path);
}

/** What no two accounts may have in common: how it is called, and what it is; '' for none. */
const OWN: readonly (readonly [key: string, of: (account: NamedConfig) => string, why: string])[] = [
  ['name', ({ name }) => name, 'give each its own'],
  [
    'credentialsFile',
    ({ config }) => (config.credentialsFile === undefined ? '' : resolve(config.credentialsFile)),
    'one engine to a sub-account: give each its own key',
  ],
  [
    'broker.oauth.tokenFile',
    ({ name, config: { broker } }) =>
      broker.mode === 'oauth' ? fromState(broker.oauth.tokenFile, name) : '',
    'one engine to a pair of tokens: give each its own, or one of its state directory',
  ],
  [
    'journal.directory',
    ({ name, config: { journal } }) => (journal.isOn ? fromState(journal.directory, name) : ''),
    'give each its own, or one of its state directory',
  ],
  [
    'metrics.port',
    ({ config }) => (config.metrics.port === 0 ? '' : String(config.metrics.port)),
    'give each its own, or none, and it follows fleet.metrics.port',
  ],
  [
    'engine.engineCore',
    ({ config }) => config.engine.engineCore?.toString() ?? '',
    'give each its own core, or none',
  ],
];

/** What is wrong with accounts beside one another, or ''. */
export function accountsProblem(accounts: readonly NamedConfig[], { metrics }: FleetSection): string {
  for (const [key, of, advice] of OWN) {
    const seen = new Map<string, number>();
    for (const [index, account] of accounts.entries()) {
      const value = of(account);
      if (value === '') continue;
      const other = seen.get(value);
      if (other !== undefined) {
        return `accounts[${index}].${key}: expected another than that of accounts[${other}], was ${value} again; ${advice}`;
      }
      seen.set(value, index);
    }
  }
  const taken = accounts.findIndex(({ config }) => config.metrics.port === metrics.port);
  if (metrics.port !== 0 && taken !== -1) {
    return `accounts[${taken}].metrics.port: expected another than fleet.metrics.port, was ${metrics.port} as well; change one`;
  }
  return '';
}
