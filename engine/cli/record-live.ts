import { processOriginMs, SystemClock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { Log } from '../host/log.ts';
import { familiesOf } from '../host/instrument-lists.ts';
import { Channel, InstType, type ChannelArg } from '../okx/shapes.ts';
import { DayRows } from '../recording/day-rows.ts';
import { DayWriter } from '../recording/day-writer.ts';
import { FeedRecorder } from '../recording/feed-recorder.ts';
import { lockFolder } from '../recording/folder-lock.ts';
import { ReceiveClock } from '../recording/receive-clock.ts';
import { AccountRest } from '../venue/account-rest.ts';
import { ConnectLimiter } from '../venue/connect-limiter.ts';
import type { Credentials } from '../venue/credentials.ts';
import { RestClient } from '../venue/rest-client.ts';
import { RestError } from '../venue/rest-error.ts';
import { Session, type SessionHandler } from '../venue/session.ts';
import type { SessionError } from '../venue/session-error.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';

export interface LiveOptions {
  readonly instIds: readonly string[];
  readonly restUrl: string;
  readonly publicUrl: string;
  readonly isDemo: boolean;
  readonly depthChannel: string;
  /** For depth channels that need a login. */
  readonly credentials?: Credentials;
  readonly folder: string;
  /** 0 for until stopped. */
  readonly durationMs: Milliseconds;
}

/** What is read of an instrument's row. */
interface ListedRow {
  readonly instId: string;
  readonly instType: string;
  readonly ruleType: string;
}

const REST_TIMEOUT_MS: Milliseconds = 5_000;
/** Twice within the second that a kill may cost. */
const FLUSH_MS: Milliseconds = 500;
const TICK_MS: Milliseconds = 1_000;
/** The books of so many make some 1 MB a second on one connection. */
const INSTRUMENTS_PER_SESSION = 50;

/**
 * Records until a signal, the duration's end, or an error.
 *
 * @throws RestError, RecordingError or CommandError
 */
export async function recordLive(options: LiveOptions): Promise<ExitCode> {
  const unlock = await lockFolder(options.folder);
  const recording = new LiveRecording(options);
  try {
    await recording.start();
    const error = await recording.ended;
    await recording.stop();
    process.stdout.write(`${recording.summary()}\n`);
    if (error !== undefined) throw error;
    return ExitCode.done;
  } finally {
    await recording.stop();
    await unlock();
  }
}

/** The sessions, the timers and the writer around one FeedRecorder. */
class LiveRecording implements SessionHandler {
  readonly #options: LiveOptions;
  readonly #clock = new SystemClock();
  readonly #receiveClock = new ReceiveClock(this.#clock, processOriginMs());
  readonly #log = new Log(this.#clock, (line) => process.stderr.write(line));
  readonly #rest: RestClient;
  readonly #writer: DayWriter;
  readonly #rows: DayRows;
  readonly #recorder: FeedRecorder;
  /** The instruments of each session. */
  /** Rows of the venue's lists, by name. */
  readonly #listed = new Map<string, ListedRow>();
  readonly #groups: string[][] = [];
  readonly #sessions: Session[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #isStopping = false;
  #stopping: Promise<void> | undefined;
  #settle: (error: Error | undefined) => void = () => {};
  /** Why it ended; undefined for a signal or the duration. */
  readonly ended = new Promise<Error | undefined>((resolve) => {
    this.#settle = resolve;
  });

  constructor(options: LiveOptions) {
    this.#options = options;
    const { instIds, restUrl, isDemo, depthChannel, folder } = options;
    const log = (line: string): void => this.#log.line(line);
    this.#rest = new RestClient({
      baseUrl: restUrl,
      isDemo,
      clock: this.#clock,
      timeoutMs: REST_TIMEOUT_MS,
    });
    this.#writer = new DayWriter({ folder, isNew: false, log });
    this.#rows = new DayRows(this.#writer);
    this.#recorder = new FeedRecorder(instIds, depthChannel, this.#rows, {
      resubscribe: (instId) => this.#resubscribe(instId),
      fetchBook: (instId) => void this.#fetchBook(instId),
      log,
    });
    for (let first = 0; first < instIds.length; first += INSTRUMENTS_PER_SESSION) {
      this.#groups.push(instIds.slice(first, first + INSTRUMENTS_PER_SESSION));
    }
  }

  /** Instruments first, so that every file begins with its own; then the feed. */
  async start(): Promise<void> {
    const { durationMs, folder, instIds } = this.#options;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => this.#settle(undefined));
    }
    await this.#rest.measureClockOffset();
    await this.#fetchInstruments();
    await this.#writer.flush();
    const limiter = new ConnectLimiter();
    for (const group of this.#groups) this.#openSession(group, limiter);
    this.#timers.push(
      setInterval(() => void this.#flush(), FLUSH_MS),
      setInterval(() => this.#tick(), TICK_MS),
    );
    if (durationMs > 0) this.#timers.push(setTimeout(() => this.#settle(undefined), durationMs));
    this.#log.line(`recording ${instIds.join(', ')} into ${folder}`);
  }

  /** Ends the sessions, then writes what is left. May be called again. */
  stop(): Promise<void> {
    this.#isStopping = true;
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#rest.close();
    await this.#writer.close();
  }

  summary(): string {
    const { snapshots, gaps, malformed } = this.#recorder;
    const { rows, lost } = this.#rows;
    const megabytes = (this.#writer.bytes / 1e6).toFixed(1);
    return `${rows} rows in ${this.#writer.paths.length} files, ${megabytes} MB; ${snapshots} snapshots, ${gaps} gaps, ${malformed} malformed, ${lost} lost`;
  }

  // ------------------------------------------------------------------------------------------------- sessions

  #openSession(group: readonly string[], limiter: ConnectLimiter): void {
    const { publicUrl, credentials } = this.#options;
    const connection = this.#sessions.length;
    const session = new Session(
      {
        connection,
        name: 'public',
        url: publicUrl,
        ...(credentials === undefined ? {} : { login: credentials }),
        subscriptions: this.#channelsOf(group),
        clock: this.#clock,
        clockOffsetMs: () => this.#rest.offsetMs,
        limiter,
        seed: Math.floor(this.#clock.wallMs()) + connection,
      },
      this,
    );
    this.#sessions.push(session);
    session.start();
  }

  #channelsOf(group: readonly string[]): ChannelArg[] {
    const { depthChannel } = this.#options;
    const ofEach = (channel: string, instIds: readonly string[]): ChannelArg[] =>
      instIds.map((instId) => ({ channel, instId }));
    const listed = group.map((instId) => this.#listed.get(instId)!);
    const types = [...new Set(listed.map(({ instType }) => instType))];
    const namesOf = (rows: readonly ListedRow[]): string[] => rows.map(({ instId }) => instId);
    const contracts = listed.filter(({ instType }) => instType !== InstType.spot);
    const funded = listed.filter(
      ({ instType, ruleType }) => instType === InstType.swap || ruleType === 'xperp',
    );
    return [
      ...ofEach(depthChannel, group),
      ...ofEach(Channel.trades, group),
      ...ofEach(Channel.markPrice, namesOf(contracts)),
      ...ofEach(Channel.fundingRate, namesOf(funded)),
      ...types.map((instType) => ({ channel: Channel.instruments, instType })),
    ];
  }

  onFrame(_connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Float64Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    this.#guard(() => this.#recorder.onFrame(text, this.#receiveClock.receipt(recvNs[0]!)));
  }

  onUp(connection: number): void {
    this.#log.line('connected');
    this.#recorder.onUp(this.#groups[connection]!, this.#receiveClock.now());
  }

  onDown(connection: number, reason: string): void {
    // A stop is no gap: whoever goes on with the file begins with one.
    if (this.#isStopping) return;
    this.#log.line(`disconnected: ${reason}`);
    this.#lost(connection, `disconnected: ${reason}`);
  }

  onSwitched(connection: number): void {
    this.#log.line('moved to a new connection');
    this.#lost(connection, 'moved to a new connection');
    this.#recorder.onUp(this.#groups[connection]!, this.#receiveClock.now());
  }

  onRefused(_connection: number, args: readonly ChannelArg[], error: SessionError): void {
    const names = args.map(({ channel, instId, instType }) => `${channel} ${instId ?? instType}`).join(', ');
    const text = `the venue refuses ${names}: ${error.message}`;
    this.#log.line(`${text}; goes on without`);
    for (const { channel, instId } of args) {
      if (channel !== this.#options.depthChannel || instId === undefined) continue;
      // One that expired is no reason to lose the others.
      if (this.#recorder.drop(instId, 'the venue refuses its book', this.#receiveClock.now())) continue;
      this.#settle(new CommandError(ExitCode.config, `${text}; change --instruments, or the depth channel`));
    }
  }

  onFailed(_connection: number, error: SessionError): void {
    this.#settle(new CommandError(ExitCode.config, `session: ${error.message}`));
  }

  #lost(connection: number, reason: string): void {
    this.#guard(() => this.#recorder.onLost(this.#groups[connection]!, reason, this.#receiveClock.now()));
  }

  #resubscribe(instId: string): void {
    const session = this.#sessions[this.#groups.findIndex((group) => group.includes(instId))];
    if (session === undefined || !session.isUp) return;
    if (session.resubscribe([{ channel: this.#options.depthChannel, instId }])) return;
    session.reconnect('a book must be subscribed anew, and this connection has used up its requests');
  }

  // ------------------------------------------------------------------------------------------------- REST

  async #fetchInstruments(): Promise<void> {
    const { instIds } = this.#options;
    const account = new AccountRest(this.#rest);
    const isAnyMissing = (): boolean => instIds.some((instId) => !this.#listed.has(instId));
    const take = async (instType: InstType, instFamily = ''): Promise<void> => {
      if (!isAnyMissing()) return;
      for (const row of await account.fetchInstruments(instType, instFamily)) {
        const { instId } = row as ListedRow;
        this.#listed.set(instId, row as ListedRow);
        this.#recorder.onInstrument(row as Record<string, unknown>, this.#receiveClock.now());
      }
    };
    for (const instType of [InstType.swap, InstType.spot, InstType.futures]) await take(instType);
    // There are too many options for one list: each family has its own.
    if (isAnyMissing()) {
      for (const { instFamily } of await familiesOf(account)) await take(InstType.option, instFamily);
    }
    const missing = instIds.filter((instId) => !this.#listed.has(instId));
    if (missing.length === 0) return;
    throw new CommandError(
      ExitCode.config,
      `--instruments: expected instruments that the venue lists, was ${missing.join(', ')}; check their spelling`,
    );
  }

  async #fetchBook(instId: string): Promise<void> {
    try {
      const [row] = await this.#rest.get('/api/v5/market/books', { instId, sz: 400 });
      this.#guard(() =>
        this.#recorder.onRestBook(instId, (row ?? {}) as Record<string, unknown>, this.#receiveClock.now()),
      );
    } catch (error) {
      if (!(error instanceof RestError)) this.#settle(asError(error));
      else this.#log.line(`${instId}: book by REST: ${error.message}; asked again`);
    }
  }

  // ------------------------------------------------------------------------------------------------- timers

  async #flush(): Promise<void> {
    try {
      await this.#writer.flush();
    } catch (error) {
      this.#settle(asError(error));
    }
  }

  #tick(): void {
    const stepMs = this.#receiveClock.follow();
    if (stepMs > 0) this.#log.line(`the clock was set forward by ${Math.round(stepMs)} ms`);
    this.#guard(() => this.#recorder.tick(this.#receiveClock.now()));
  }

  /** A handler that throws would take the session with it, and be seen by nobody. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#settle(asError(error));
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
