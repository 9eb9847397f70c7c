/**
 * The file that the engine was started with: read anew when an operator asks, and when it has changed, by a thread of its
 * own.
 *
 * Owner:      the engine thread; made before an engine pins it, since a thread inherits the cores of the one that makes it.
 * Invariants: every question is answered once, with a problem where the thread is no more.
 * Cost:       nothing while nothing changes.
 */
import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type {
  ConfigurationNews,
  ConfigurationRequest,
  ConfigurationThreadData,
  ReadConfiguration,
} from './configuration-thread.ts';
import { textOf } from './text-of.ts';

/** The compiled thread: beside this file, or in dist/ when this file runs as TypeScript (tests). */
function threadFile(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(
    isSource ? '../../dist/engine/host/configuration-thread.js' : './configuration-thread.js',
    import.meta.url,
  );
}

export interface ConfigurationFileHandler {
  /** The file is another one, and what it says. */
  onChanged(read: ReadConfiguration): void;
  /** It cannot be looked after any more: a restart of the process would. */
  onLost(text: string): void;
}

export class ConfigurationFile {
  readonly file: string;
  readonly #handler: ConfigurationFileHandler;
  readonly #thread: Worker;
  /** By question: who waits for its answer. */
  readonly #waiting = new Map<number, (read: ReadConfiguration) => void>();
  #asked = 0;
  #isClosing = false;
  #lost = '';

  /** @param account of several in the file, the one that is run */
  constructor(file: string, handler: ConfigurationFileHandler, account = '') {
    this.file = resolve(file);
    this.#handler = handler;
    const workerData: ConfigurationThreadData = { file: this.file, account };
    // It needs none of the process's environment, where the keys are.
    this.#thread = new Worker(threadFile(), { workerData, name: 'configuration', env: {}, execArgv: [] });
    this.#thread.unref();
    this.#thread.on('message', (news: ConfigurationNews) => this.#onNews(news));
    this.#thread.on('error', (error: unknown) => this.#onEnd(textOf(error)));
    this.#thread.on('exit', (code) => this.#onEnd(`ended with code ${code}`));
  }

  /** What the file says now. */
  read(): Promise<ReadConfiguration> {
    if (this.#lost !== '') return Promise.resolve({ problem: this.#lost });
    const ask = this.#asked++;
    return new Promise((settle) => {
      this.#waiting.set(ask, settle);
      const request: ConfigurationRequest = { ask };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#thread.postMessage(request);
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    // It only reads.
    await this.#thread.terminate();
  }

  #onNews({ ask, read }: ConfigurationNews): void {
    if (ask === -1) {
      if (!this.#isClosing) this.#handler.onChanged(read);
      return;
    }
    this.#waiting.get(ask)?.(read);
    this.#waiting.delete(ask);
  }

  #onEnd(reason: string): void {
    const isNews = this.#lost === '' && !this.#isClosing;
    if (this.#lost === '') {
      this.#lost = `configuration ${this.file}: expected a thread that looks after it, was ${reason}; restart the engine to change it`;
    }
    for (const settle of this.#waiting.values()) settle({ problem: this.#lost });
    this.#waiting.clear();
    if (isNews) this.#handler.onLost(this.#lost);
  }
}
