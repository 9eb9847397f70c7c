import { readFileSync, statSync } from 'node:fs';
import { Credentials, Secret } from '../venue/credentials.ts';
import { ConfigError } from './config-error.ts';
import { TAG_PATTERN, type Config } from './schema.ts';

/**
 * What comes from the environment rather than from the configuration file: secrets, and the broker tag if the file does
 * not give it. The only reader of `process.env`.
 */

const KEYS = ['API_KEY', 'API_SECRET', 'API_PASSPHRASE'] as const;
const TAG = 'BROKER_TAG';
const OURS = 'OKX_';

export interface Environment {
  readonly [name: string]: string | undefined;
}

export function processEnvironment(): Environment {
  return process.env;
}

/** What names of the environment begin with: of an account among several they hold its name, `OKX_DESK_1_API_KEY`. */
function prefixOf(account: string): string {
  return account === '' ? OURS : `${OURS}${account.replaceAll('-', '_').toUpperCase()}_`;
}

/**
 * What an account's own process may see of an environment: nothing of the keys of others, nor of the master's. The broker's
 * own key is for each, as its code is.
 *
 * @param environment of the process that starts it
 */
export function environmentOf(account: string, environment: Environment): Environment {
  const own = [...KEYS, TAG].map((key) => prefixOf(account) + key);
  const seen: readonly string[] = [...own, OURS + TAG, ...BROKER_KEYS];
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith(OURS) || seen.includes(name));
  return Object.fromEntries(kept);
}

/**
 * The account's credentials: from `credentialsFile` if the configuration names one (lines `OKX_API_KEY=...`; its mode
 * must not let group or others read it), else from the environment.
 *
 * @param account of several, the one whose they are; '' where there is one
 * @throws ConfigError naming what is missing, never showing a value
 */
export function readCredentials(
  config: Pick<Config, 'credentialsFile'>,
  environment: Environment,
  account = '',
): Credentials {
  const { credentialsFile } = config;
  const source = credentialsFile === undefined ? environment : readSecretFile(credentialsFile);
  const where = credentialsFile ?? 'the environment';
  const prefix = credentialsFile === undefined ? prefixOf(account) : OURS;
  const names = KEYS.map((key) => prefix + key);
  const missing = names.filter((name) => (source[name] ?? '') === '');
  if (missing.length > 0) {
    throw new ConfigError(
      `credentials: expected ${names.join(', ')} in ${where}, was without ${missing.join(', ')}; set them, or name a file of mode 0600 by credentialsFile`,
    );
  }
  const [apiKey, secret, passphrase] = names.map((name) => source[name]!);
  return new Credentials(apiKey!, new Secret(secret!), new Secret(passphrase!));
}

const BROKER_KEYS = ['OKX_BROKER_API_KEY', 'OKX_BROKER_API_SECRET', 'OKX_BROKER_API_PASSPHRASE'] as const;

/**
 * The broker's own key, which asks for rebate reports and eligibility: from `broker.credentialsFile`, else from the
 * environment; undefined where neither gives one, and the account's own key asks.
 *
 * @throws ConfigError for a part of it, never showing a value
 */
export function readBrokerCredentials(config: Config, environment: Environment): Credentials | undefined {
  const file = config.broker.credentialsFile;
  if (file !== undefined) return readCredentials({ ...config, credentialsFile: file }, environment);
  const [apiKey = '', secret = '', passphrase = ''] = BROKER_KEYS.map((key) => environment[key]);
  if (apiKey === '' && secret === '' && passphrase === '') return undefined;
  if (apiKey === '' || secret === '' || passphrase === '') {
    const missing = BROKER_KEYS.filter((key) => (environment[key] ?? '') === '');
    throw new ConfigError(
      `credentials of the broker: expected ${BROKER_KEYS.join(', ')} in the environment, was without ${missing.join(', ')}; set all of them or none`,
    );
  }
  return new Credentials(apiKey, new Secret(secret), new Secret(passphrase));
}

/**
 * The secret of the OAuth client: the file's first line.
 *
 * @throws ConfigError when others may read it, or it is empty
 */
export function readClientSecret(file: string): Secret {
  const [secret = ''] = readOwnFile('broker.oauth.clientSecretFile', file).split('\n', 1);
  if (secret.trim() !== '') return new Secret(secret.trim());
  throw new ConfigError(`broker.oauth.clientSecretFile ${file}: expected the client's secret, was empty`);
}

/** What only its owner may read. */
function readOwnFile(key: string, file: string): string {
  let mode: number;
  let text: string;
  try {
    mode = statSync(file).mode & 0o777;
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`${key} ${file}: expected a readable file, was ${reason}`);
  }
  if ((mode & 0o077) === 0) return text;
  throw new ConfigError(
    `${key} ${file}: expected mode 0600 (only its owner may read it), was 0${mode.toString(8)}; run: chmod 600 ${file}`,
  );
}

function readSecretFile(file: string): Environment {
  const text = readOwnFile('credentialsFile', file);
  const values: Record<string, string> = {};
  text.split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const match = /^([A-Z0-9_]+)\s*=\s*(.*)$/.exec(trimmed);
    if (match === null) {
      throw new ConfigError(
        `credentialsFile ${file}, line ${index + 1}: expected NAME=value, was something else`,
      );
    }
    values[match[1]!] = match[2]!.replace(/^(["'])(.*)\1$/, '$2');
  });
  return values;
}

/**
 * The operator's broker tag, set on every order. On the paper venue a default stands in.
 *
 * @throws ConfigError on demo or live without a tag, or with one that OKX would refuse (1 to 16 letters and digits)
 */
export function readTag(config: Config, environment: Environment, account = ''): string {
  const named = environment[prefixOf(account) + TAG] ?? environment[OURS + TAG];
  const tag = config.tag ?? named ?? (config.venue.kind === 'paper' ? 'PAPERTAG' : '');
  if (tag === '') {
    throw new ConfigError(
      `tag: expected your broker code on a ${config.venue.kind} venue, was absent; set "tag" in the configuration or OKX_BROKER_TAG`,
    );
  }
  if (!TAG_PATTERN.test(tag)) {
    throw new ConfigError(
      `tag: expected 1 to 16 letters and digits, was "${tag}"; correct "tag" in the configuration or OKX_BROKER_TAG`,
    );
  }
  return tag;
}
