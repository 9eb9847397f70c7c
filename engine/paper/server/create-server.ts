import { createRequire } from 'node:module';
import { HttpEngine } from './http-server.ts';
import type { HttpServer } from './http-server.ts';
import { NodeServer } from './node-server.ts';
import { UwsServer } from './uws-server.ts';
import type { UwsModule } from './uws-server.ts';

/** `auto` takes uWebSockets.js where it loads and node:http with ws where it does not. */
export const HttpChoice = { auto: 'auto', ...HttpEngine } as const;
export type HttpChoice = (typeof HttpChoice)[keyof typeof HttpChoice];

/** uWebSockets.js was demanded and does not load on this machine. */
class UwsLoadError extends Error {
  override readonly name = 'UwsLoadError';
  readonly code = 'UWS_LOAD';

  constructor(reason: string, cause: unknown) {
    super(
      `--http uws: expected uWebSockets.js to load on Node ${process.version} (ABI ${process.versions.modules}, ` +
        `${process.platform} ${process.arch}), it did not: ${reason}. Use --http auto, or install a build for this ` +
        'system (README, "uWebSockets.js").',
      { cause },
    );
  }
}

/**
 * The server of the machine's choice.
 *
 * @param warn told once, in one line, when `auto` has to fall back
 * @throws UwsLoadError when uWebSockets.js is demanded and does not load
 */
export function createHttpServer(choice: HttpChoice, warn: (line: string) => void): HttpServer {
  if (choice === HttpChoice.node) return new NodeServer();
  try {
    const load = createRequire(import.meta.url);
    return new UwsServer(load('uWebSockets.js') as UwsModule);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0]! : String(error);
    if (choice === HttpChoice.uws) throw new UwsLoadError(reason, error);
    warn(`uWebSockets.js does not load (${reason}); serving with node:http and ws`);
    return new NodeServer();
  }
}
