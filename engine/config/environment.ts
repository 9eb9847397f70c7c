import { readFileSync, statSync } from 'node:fs';
import { Credentials, Secret } from '../venue/credentials.ts';
import { ConfigError } from './config-error.ts';
import { TAG_PATTERN, type Config } from './schema.ts';

/**
 * What comes from the environment rather than from the configuration file: secrets, and the broker tag if the file does
 * not give it. The only reader of `process.env`.
 */

const KEYS = ['OKX_API_KEY', 'OKX_API_SECRET', 'OKX_API_PASSPHRASE'] as const;

export interface Environment {
  readonly [name: string]: string | undefined;
}

export function processEnvironment(): Environment {
  return process.env;
}

/**
 * The account's credentials: from `credentialsFile` if the configuration names one (lines `OKX_API_KEY=...`; its mode
 * must not let group or others read it), else from the environment.
 *
 * @throws ConfigError naming what is missing, never showing a value
 */
export function readCredentials(config: Config, environment: Environment): Credentials {
  const source = config.credentialsFile === undefined ? environment : readSecretFile(config.credentialsFile);
  const where = config.credentialsFile ?? 'the environment';
  const missing = KEYS.filter((key) => (source[key] ?? '') === '');
  if (missing.length > 0) {
    throw new ConfigError(
      `credentials: expected ${KEYS.join(', ')} in ${where}, was without ${missing.join(', ')}; set them, or name a file of mode 0600 by credentialsFile`,
    );
  }
  return new Credentials(
    source['OKX_API_KEY']!,
    new Secret(source['OKX_API_SECRET']!),
    new Secret(source['OKX_API_PASSPHRASE']!),
  );
}

function readSecretFile(file: string): Environment {
  let mode: number;
  let text: string;
  try {
    mode = statSync(file).mode & 0o777;
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`credentialsFile ${file}: expected a readable file, was ${reason}`);
  }
  if ((mode & 0o077) !== 0) {
    throw new ConfigError(
      `credentialsFile ${file}: expected mode 0600 (only its owner may read it), was 0${mode.toString(8)}; run: chmod 600 ${file}`,
    );
  }
  const values: Record<string, string> = {};
  text.split('\n').forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const match = /^([A-Z_]+)\s*=\s*(.*)$/.exec(trimmed);
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
export function readTag(config: Config, environment: Environment): string {
  const tag =
    config.tag ?? environment['OKX_BROKER_TAG'] ?? (config.venue.kind === 'paper' ? 'PAPERTAG' : '');
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
