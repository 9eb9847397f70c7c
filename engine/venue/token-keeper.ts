/**
 * Keeps the tokens of an account good: asks for new ones ahead of time, one at a time, and says when there are none left.
 *
 *     fresh ──the access token's time is nearly over──▶ expired ──a new pair──▶ fresh
 *       └──────────the venue refuses to refresh──────────▶ lost ──somebody logged in again──▶ fresh
 *
 * Owner:      the engine thread.
 * Invariants: a pair is on disk before it is used, unless the disk refuses it, which is said and tried again; at most one
 *             refresh is under way, here and in other processes; no text of a token leaves but in a header.
 * Cost:       four looks a second; a call and two syncs an hour.
 */
import type { Clock } from '../base/clock.ts';
import { TokenState } from '../base/token-state.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds } from '../base/units.ts';
import { STALE_TOKEN_CODES } from '../okx/oauth.ts';
import type { Secret } from './credentials.ts';
import type { OAuthClient, TokenPair } from './oauth-client.ts';
import { OAuthError, OAuthErrorCode } from './oauth-error.ts';
import type { PrivateCall, RestAuth } from './rest-auth.ts';
import type { TokenFile } from './token-file.ts';

/** The share of an access token's life that is left when a new one is asked for: 20 minutes of an hour, for retries. */
const AHEAD_SHARE = 1 / 3;
/** Waits after a refresh that failed, as shares of that life: 7 to 120 s of an hour. */
const RETRY_SHARE_MIN = 1 / 512;
const RETRY_SHARE_MAX = 1 / 30;
/** So long before its end a token is left to what must be cancelled by it: two minutes of an hour, two of ten seconds. */
const CANCEL_SHARE = 1 / 30;
const CANCEL_SHARE_MAX = 1 / 5;
const CANCEL_MS_MIN = 2_000;
const LOOK_MS = 250;
/** How often a lost or expired keeper looks for a pair that somebody else brought. */
const FILE_LOOK_MS = 2_000;
/** How long a refused call waits for a new token. */
const RENEWAL_MS_MAX = 5_000;

export interface TokenKeeperOptions {
  readonly file: TokenFile;
  readonly client: OAuthClient;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** After the change; the reason is for people. Not from within a call of the keeper's. */
  readonly onState?: (state: TokenState, reason: string) => void;
}

export class TokenKeeper implements RestAuth {
  /** Pairs that were taken from the venue, and tries that brought none. */
  refreshes = 0;
  failures = 0;

  readonly #options: TokenKeeperOptions;
  #pair: TokenPair;
  #state: TokenState = TokenState.fresh;
  /** The venue refused this access token though its time is not over. */
  #isRefused = false;
  #reason = '';
  /** The last failure's text. */
  #failure = '';
  #failuresInRow = 0;
  /** By the clock that nobody sets. */
  #nextTryMs: Milliseconds = -Infinity;
  #nextFileLookMs: Milliseconds = -Infinity;
  /** The pair in use is not in the file. */
  #isUnsaved = false;
  /** What the file held when it was last read or written here: with another pair, somebody else has been there. */
  #filed: Secret;
  #renewing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param pair as the file holds it */
  constructor(options: TokenKeeperOptions, pair: TokenPair) {
    this.#options = options;
    this.#pair = pair;
    this.#filed = pair.refresh;
    if (options.clock.wallMs() < quoteUntilMs(pair)) return;
    this.#state = TokenState.expired;
    this.#reason = 'the access token is too old';
  }

  get state(): TokenState {
    return this.#state;
  }

  /** Why there is no good token; "" while there is. */
  get reason(): string {
    return this.#reason;
  }

  get accessUntilMs(): Milliseconds {
    return this.#pair.accessUntilMs;
  }

  get refreshUntilMs(): Milliseconds {
    return this.#pair.refreshUntilMs;
  }

  /** Looks after the tokens until `close`. */
  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
  }

  /** What is under way ends by itself, and is saved; resolves then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#renewing;
  }

  /** One look: refreshes when it is time to. Never rejects. */
  async look(): Promise<void> {
    if (this.#isClosed || this.#renewing !== undefined) return;
    const { clock } = this.#options;
    const nowMs = clock.wallMs();
    if (this.#state === TokenState.fresh && nowMs >= quoteUntilMs(this.#pair)) {
      this.#enter(TokenState.expired, `the access token ends, and no new one came: ${this.#failure}`);
    }
    if (this.#state === TokenState.lost) {
      if (this.#steadyMs() >= this.#nextFileLookMs) await this.#once(() => this.#adopt());
      return;
    }
    if (this.#isUnsaved && this.#steadyMs() >= this.#nextFileLookMs) {
      await this.#once(() => this.#saveAgain());
      return;
    }
    const { askedMs, accessUntilMs } = this.#pair;
    const isDue = this.#isRefused || nowMs >= accessUntilMs - (accessUntilMs - askedMs) * AHEAD_SHARE;
    if (isDue && this.#steadyMs() >= this.#nextTryMs) await this.#once(() => this.#renew());
  }

  /** For waits: what sets the wall clock back must not make them longer. */
  #steadyMs(): Milliseconds {
    return this.#options.clock.nowNs() / NS_PER_MS;
  }

  // ------------------------------------------------------------------------------------------------------ calls

  authorize(headers: Record<string, string>, _call: PrivateCall): void {
    headers['Authorization'] = bearer(this.#pair.access);
    Object.assign(headers, this.#options.client.deviceHeader(this.#pair));
  }

  /** The venue refused a call's token before it looked at the call: with another one it may be asked again. */
  async isWorthAnother(headers: Readonly<Record<string, string>>, okxCode: string): Promise<boolean> {
    if (!STALE_TOKEN_CODES.has(okxCode)) return false;
    const isCurrent = (): boolean => headers['Authorization'] === bearer(this.#pair.access);
    if (!isCurrent()) return true;
    // It is refused though it should be good: revoked, or refreshed by somebody else.
    if (!this.#isRefused && this.#state !== TokenState.lost && this.#renewing === undefined) {
      this.#isRefused = true;
      this.#nextTryMs = -Infinity;
      void this.look();
    }
    const { promise, cancel } = timeout(RENEWAL_MS_MAX);
    await Promise.race([this.#renewing ?? Promise.resolve(), promise]);
    cancel();
    return !isCurrent();
  }

  // ---------------------------------------------------------------------------------------------------- renewal

  #once(work: () => Promise<void>): Promise<void> {
    this.#renewing = work().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** Never rejects: what goes wrong with files or the venue is a state. */
  async #renew(): Promise<void> {
    const { file, client, clock, log } = this.#options;
    try {
      await file.locked(async () => {
        if (await this.#takeNewer()) return;
        const pair = await client.refresh(this.#pair);
        // On disk before anybody uses it: what it replaces is void by now.
        await this.#save(pair);
        this.refreshes++;
        this.#take(pair);
        const seconds = Math.round((pair.accessUntilMs - clock.wallMs()) / 1_000);
        log(`oauth: new tokens, good for ${seconds} s`);
      });
    } catch (error) {
      this.#onFailed(error);
    }
  }

  /** The only pair there is must not end with a full disk: it is used all the same, and saved when that can be done. */
  async #save(pair: TokenPair): Promise<void> {
    const { file, log } = this.#options;
    const wasUnsaved = this.#isUnsaved;
    try {
      await file.save(pair);
      this.#isUnsaved = false;
      this.#filed = pair.refresh;
    } catch (error) {
      this.#isUnsaved = true;
      this.#nextFileLookMs = this.#steadyMs() + FILE_LOOK_MS;
      if (!wasUnsaved)
        log(`oauth: ${textOf(error)}; a restart would need: npm run -s okx-mm -- broker login`);
    }
  }

  /** As long as nobody has logged in meanwhile: that pair must not be written over. */
  async #saveAgain(): Promise<void> {
    const work = async (): Promise<void> => {
      if (!(await this.#takeNewer())) await this.#save(this.#pair);
    };
    // Somebody has the lock, or the file is not ours: the next look may be luckier.
    await this.#options.file.locked(work).catch(() => undefined);
    this.#nextFileLookMs = this.#steadyMs() + FILE_LOOK_MS;
  }

  /** Somebody else may have refreshed, or logged in again. Times do not tell: clocks are set back. */
  async #takeNewer(): Promise<boolean> {
    const stored = await this.#options.file.load();
    if (stored === undefined || isSame(stored.refresh, this.#filed)) return false;
    this.#filed = stored.refresh;
    if (isSame(stored.refresh, this.#pair.refresh)) return false;
    this.#options.log('oauth: tokens taken from the file, which are newer');
    this.#isUnsaved = false;
    this.#take(stored);
    return true;
  }

  async #adopt(): Promise<void> {
    this.#nextFileLookMs = this.#steadyMs() + FILE_LOOK_MS;
    // A file that is being replaced, or not ours: the next look may be luckier, and nothing is worse for it.
    await this.#takeNewer().catch(() => undefined);
  }

  #take(pair: TokenPair): void {
    this.#pair = pair;
    this.#isRefused = false;
    this.#failuresInRow = 0;
    this.#nextTryMs = -Infinity;
    this.#enter(TokenState.fresh, '');
  }

  #onFailed(error: unknown): void {
    const { clock, log } = this.#options;
    const nowMs = clock.wallMs();
    const text = textOf(error);
    this.#failure = text;
    this.failures++;
    const isOver = nowMs >= this.#pair.refreshUntilMs;
    if (isOver || isFinal(error)) {
      this.#enter(TokenState.lost, isOver ? `the refresh token is too old; ${text}` : text);
      return;
    }
    const { askedMs, accessUntilMs } = this.#pair;
    const share = Math.min(RETRY_SHARE_MAX, RETRY_SHARE_MIN * 2 ** Math.min(this.#failuresInRow, 10));
    const waitMs = Math.ceil((accessUntilMs - askedMs) * share);
    if (this.#failuresInRow === 0) log(`oauth: ${text}; again in ${waitMs} ms and on`);
    this.#failuresInRow++;
    this.#nextTryMs = this.#steadyMs() + waitMs;
    if (this.#isRefused || this.#state === TokenState.expired) this.#enter(TokenState.expired, text);
  }

  #enter(state: TokenState, reason: string): void {
    const isSame = state === this.#state;
    this.#state = state;
    this.#reason = reason;
    if (!isSame) this.#options.onState?.(state, reason);
  }
}

/** Until when it is good enough to quote by: its rest is for cancels. */
function quoteUntilMs({ askedMs, accessUntilMs }: TokenPair): Milliseconds {
  const lifeMs = accessUntilMs - askedMs;
  return accessUntilMs - Math.max(lifeMs * CANCEL_SHARE, Math.min(lifeMs * CANCEL_SHARE_MAX, CANCEL_MS_MIN));
}

/** The venue's own no. One without its code may be a proxy's, and says nothing about the tokens. */
function isFinal(error: unknown): boolean {
  return error instanceof OAuthError && error.code === OAuthErrorCode.refused && error.okxCode !== '';
}

function isSame(left: Secret, right: Secret): boolean {
  return left.reveal() === right.reveal();
}

function bearer(token: Secret): string {
  return `Bearer ${token.reveal()}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function timeout(ms: Milliseconds): { promise: Promise<void>; cancel: () => void } {
  let timer: NodeJS.Timeout;
  const promise = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { promise, cancel: () => clearTimeout(timer) };
}
