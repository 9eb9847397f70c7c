import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Milliseconds } from '../base/units.ts';
import { Secret } from './credentials.ts';
import { OAuthError, OAuthErrorCode } from './oauth-error.ts';

const PATH = '/callback';
/** A browser asks whichever of the two its system gives it for "localhost". */
const ADDRESSES = ['127.0.0.1', '::1'];

/**
 * Where a browser comes back to from the venue's page: one address on this machine, for one code. Whoever comes without
 * the state that was sent out is told off and not waited for any less: it may be any page that is open in the browser.
 */
export class RedirectListener {
  readonly redirectUri: string;
  readonly #servers: Server[] = [];
  readonly #state: string;
  readonly #code: Promise<Secret>;
  #settle: { resolve: (code: Secret) => void; reject: (error: Error) => void } | undefined;

  private constructor(port: number, state: string) {
    this.redirectUri = `http://localhost:${port}${PATH}`;
    this.#state = state;
    this.#code = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Somebody waits for it, or it does not matter.
    this.#code.catch(() => undefined);
  }

  /** @throws OAuthError when the port is taken */
  static async open(port: number, state: string): Promise<RedirectListener> {
    const listener = new RedirectListener(port, state);
    const problems = await Promise.all(ADDRESSES.map((address) => listener.#listen(address, port)));
    // A machine may be without the second; a port that is taken at either would send the browser to somebody else.
    const problem = problems[0] ?? problems.find((each) => each?.code === 'EADDRINUSE');
    if (problem === undefined) return listener;
    await listener.close();
    throw new OAuthError(
      OAuthErrorCode.redirect,
      `login: expected port ${port} of this machine to be free, was ${problem.code ?? 'not'}; set broker.oauth.redirectPort, and have OKX know it`,
    );
  }

  /**
   * The code that the browser brings.
   *
   * @throws OAuthError when the user did not agree, or nobody came in time
   */
  async code(timeoutMs: Milliseconds): Promise<Secret> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const minutes = Math.round(timeoutMs / 60_000);
        const text = `login: expected the browser to come back within ${minutes} min, it did not; log in again`;
        reject(new OAuthError(OAuthErrorCode.redirect, text));
      }, timeoutMs);
    });
    try {
      return await Promise.race([this.#code, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    const closing = this.#servers.map(
      (server) =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    await Promise.all(closing);
  }

  #listen(address: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
    const server = createServer((request, response) => this.#answer(request, response));
    return new Promise((resolve) => {
      server.once('error', (error: NodeJS.ErrnoException) => resolve(error));
      server.listen({ host: address, port, exclusive: true }, () => {
        this.#servers.push(server);
        resolve(undefined);
      });
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = urlOf(request.url ?? '/', this.redirectUri);
    if (request.method !== 'GET' || url?.pathname !== PATH) {
      respond(response, 404, 'There is nothing here.');
      return;
    }
    const code = url.searchParams.get('code') ?? '';
    const refusal = url.searchParams.get('error') ?? '';
    if (!isSame(url.searchParams.get('state') ?? '', this.#state) || (code === '' && refusal === '')) {
      respond(response, 400, 'This is not the answer to the login that waits here.');
      return;
    }
    const isAgreed = code !== '';
    const text = isAgreed
      ? 'Logged in: this window can be closed.'
      : 'Nothing was changed: this window can be closed.';
    // The browser has its page before the listener is taken down; one that has gone away has brought what it came for.
    response.once('close', () => {
      if (isAgreed) this.#settle?.resolve(new Secret(code));
      else this.#settle?.reject(deniedError(refusal));
    });
    respond(response, 200, text);
  }
}

/** Undefined for what is no address at all, such as "//": any page may ask for that. */
function urlOf(text: string, base: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}

function deniedError(refusal: string): OAuthError {
  const word = /^[\w.-]{1,40}$/.test(refusal) ? refusal : 'another word';
  return new OAuthError(
    OAuthErrorCode.redirect,
    `login: expected the user to agree on the venue's page, was ${word}; log in again`,
  );
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    Connection: 'close',
  });
  response.end(`<!doctype html><meta charset="utf-8"><title>okx-mm</title><p>${text}</p>\n`);
}

function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
