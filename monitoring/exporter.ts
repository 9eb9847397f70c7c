import type { MetricsShare } from '../engine/metrics/cells.ts';
import type { TerminalOptions } from './terminal.ts';
import { Worker } from 'node:worker_threads';

/** What the exporter's thread is started with: plain data. */
export interface ExporterOptions extends MetricsShare {
  /** Where to listen, such as '127.0.0.1'. */
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /**
   * Where the engine's SystemClock counts from, as its constructor takes it: the exporter's clock gets the
   * same, so that ages agree.
   */
  readonly processOriginMs: number;
  /** Shows the status on standard output too; nothing is shown when it is not given. */
  readonly terminal?: TerminalOptions;
}

/** The exporter could not be started. */
export class ExporterError extends Error {
  override readonly name = 'ExporterError';
  readonly code: 'EXPORTER_PORT_TAKEN' | 'EXPORTER_FAILED';

  constructor(code: ExporterError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A running exporter. */
export interface Exporter {
  readonly host: string;
  /** The port it listens on. */
  readonly port: number;
  /** Resolves once its thread has ended, with the reason; `null` when it was closed. Never rejects. */
  readonly ended: Promise<Error | null>;
  /** Writes a line of the log above the status on the terminal. */
  log(line: string): void;
  /** Stops listening and ends the thread. May be called again. */
  close(): Promise<void>;
}

/** What the exporter's thread says: once that it listens, or why it does not. */
export type ExporterMessage =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'failed'; readonly errorCode: string; readonly message: string };

/** A thread that has not begun to listen by then does not come up at all; a start takes 0.2 s. */
const START_TIMEOUT_MS = 10_000;

/** The thread's compiled file, both when this file is compiled and when it runs as source (tests). */
function workerFile(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(
    isSource ? '../dist/monitoring/exporter-worker.js' : './exporter-worker.js',
    import.meta.url,
  );
}

function startFailure(options: ExporterOptions, errorCode: string, message: string): ExporterError {
  const address = `${options.host}:${options.port}`;
  if (errorCode === 'EADDRINUSE') {
    return new ExporterError(
      'EXPORTER_PORT_TAKEN',
      `exporter: expected ${address} to be free, but another process listens there; stop it or change metrics.port`,
    );
  }
  return new ExporterError(
    'EXPORTER_FAILED',
    `exporter: expected to listen on ${address}, got "${message}"; check metrics.host and metrics.port`,
  );
}

/**
 * Starts the exporter: a thread of its own that serves /metrics, /healthz, /readyz and /status from the
 * shared memory. The calling thread has nothing to do with a scrape.
 *
 * @throws ExporterError when the port is taken, the address cannot be had, or the thread does not come up
 */
export async function startExporter(options: ExporterOptions): Promise<Exporter> {
  const workerData: ExporterOptions = {
    sab: options.sab,
    dimensions: options.dimensions,
    host: options.host,
    port: options.port,
    processOriginMs: options.processOriginMs,
    ...(options.terminal === undefined ? {} : { terminal: options.terminal }),
  };
  const worker = new Worker(workerFile(), { workerData, name: 'exporter' });
  let isClosing = false;
  let lastError: Error | null = null;
  worker.on('error', (error) => {
    lastError = error instanceof Error ? error : new Error(String(error));
  });
  const ended = new Promise<Error | null>((resolve) => {
    worker.on('exit', (code) => {
      resolve(isClosing ? null : (lastError ?? new Error(`exporter: its thread ended with code ${code}`)));
    });
  });
  const port = await new Promise<number>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(startFailure(options, 'TIMEOUT', `no answer from its thread within ${START_TIMEOUT_MS} ms`));
    }, START_TIMEOUT_MS);
    const settle = (error: ExporterError | null, value: number): void => {
      clearTimeout(timer);
      if (error === null) resolve(value);
      else reject(error);
    };
    worker.once('message', (message: ExporterMessage) => {
      if (message.type === 'listening') settle(null, message.port);
      else settle(startFailure(options, message.errorCode, message.message), 0);
    });
    void ended.then((reason) => settle(startFailure(options, 'ENDED', reason?.message ?? 'closed'), 0));
  }).catch(async (error: unknown) => {
    isClosing = true;
    await worker.terminate();
    throw error;
  });
  // The monitor alone is no reason for the process to stay.
  worker.unref();
  return {
    host: options.host,
    port,
    ended,
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    log: (line) => worker.postMessage(line),
    close: async () => {
      isClosing = true;
      // Ending the thread closes its sockets; a scrape that is being answered is not worth waiting for.
      await worker.terminate();
    },
  };
}
