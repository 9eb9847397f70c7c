/**
 * The thread that looks after the configuration file: looks once a second whether it is another one, reads and validates it,
 * and tells the engine thread what came of it. There, the same would stand in the way of trading for some ten milliseconds.
 */
import { watchFile } from 'node:fs';
import type { Stats } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { ConfigError } from '../config/config-error.ts';
import { loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import type { Milliseconds } from '../base/units.ts';

export interface ConfigurationThreadData {
  readonly file: string;
  /** Of several accounts in it, the one that is run; '' for a file of one. */
  readonly account: string;
}

/** From the engine thread: read it now. */
export interface ConfigurationRequest {
  readonly ask: number;
}

export type ReadConfiguration = { readonly config: Config } | { readonly problem: string };

/** To the engine thread: what the file says, because it was asked (`ask` is that question's), or because it changed (-1). */
export interface ConfigurationNews {
  readonly ask: number;
  readonly read: ReadConfiguration;
}

const LOOK_MS: Milliseconds = 1_000;
/** A file that is still being written is another one at the next look, too: it is read when it has been still for longer. */
const STILL_MS: Milliseconds = 1_500;

const { file, account } = workerData as ConfigurationThreadData;
const port = parentPort!;
let still: NodeJS.Timeout | undefined;

function read(): ReadConfiguration {
  try {
    return { config: loadConfig(file, account) };
  } catch (error) {
    // Anything else ends the thread, which is told to the engine.
    if (!(error instanceof ConfigError)) throw error;
    return { problem: error.message };
  }
}

function tell(ask: number): void {
  const news: ConfigurationNews = { ask, read: read() };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  port.postMessage(news);
}

function onLook(now: Stats, before: Stats): void {
  const isSame = now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino;
  if (isSame) return;
  clearTimeout(still);
  // One that is gone may be about to be put back, as editors do; the engine goes on with what it has.
  if (now.nlink === 0) return;
  still = setTimeout(() => tell(-1), STILL_MS);
}

port.on('message', ({ ask }: ConfigurationRequest) => tell(ask));
watchFile(file, { interval: LOOK_MS }, onLook);
