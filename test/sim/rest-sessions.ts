import type { Clock } from '../../engine/base/clock.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import type { Instrument } from '../../engine/base/instrument.ts';
import type { Credentials } from '../../engine/venue/credentials.ts';
import { RestClient } from '../../engine/venue/rest-client.ts';
import { RestPrivateSession } from '../../engine/venue/rest-private-session.ts';
import { RestTradeSession } from '../../engine/venue/rest-trade-session.ts';
import type { SessionHandler } from '../../engine/venue/session.ts';
import type { SessionPort } from '../../engine/venue/session-port.ts';
import type { SimLink } from './sim-link.ts';
import { SimTransport } from './sim-rest.ts';
import type { RestHost } from './sim-rest.ts';
import type { SessionListener } from './sim-session.ts';

/** What a process and its faults need of a session, over a link or by REST. */
export interface SimSessionPort {
  readonly isUp: boolean;
  /** The link that carries it now, and every one that carries something; none by REST. */
  readonly link: SimLink | null;
  readonly links: readonly SimLink[];
  /** By REST: something may have happened at the venue that was not asked for yet. */
  readonly isBehind?: boolean;
  send(text: string): boolean;
  reconnect(reason: string): void;
  close(): void;
  abandon(isDelivered: boolean): void;
}

export interface RestSessionsHost extends RestHost {
  readonly clock: Clock;
  readonly credentials: Credentials;
  onTimer(delayNs: Nanoseconds, run: () => void): void;
}

/** Private and trade of an account that no socket lets in, by the engine's own REST sessions in virtual time. */
export function restSessions(
  host: RestSessionsHost,
  listener: SessionListener,
  instruments: readonly Instrument[],
  tag: string,
  timeoutMs: Milliseconds,
): readonly [SimSessionPort, SimSessionPort] {
  const { clock, credentials } = host;
  const after = (ms: Milliseconds, run: () => void): (() => void) => {
    let isWanted = true;
    host.onTimer(ms * NS_PER_MS, () => {
      if (!isWanted) return;
      host.timeline.isSettling = true;
      run();
    });
    return () => {
      isWanted = false;
    };
  };
  const client = (): RestClient =>
    new RestClient({
      baseUrl: 'http://simulated',
      credentials,
      tag,
      isDemo: false,
      clock,
      timeoutMs,
      transport: new SimTransport(quiet(host), timeoutMs),
    });
  const handler: SessionHandler = {
    onFrame: (connection, bytes, start, end, recvNs) =>
      listener.onFrame(connection, bytes.subarray(start, end), recvNs[0]!),
    onUp: (connection) => listener.onUp(connection),
    onDown: (connection, reason) => listener.onDown(connection, reason),
  };
  const names = new Map(instruments.map(({ instIdCode, instId }) => [instIdCode, instId]));
  const asking = new RestPrivateSession(
    {
      connection: Connection.private,
      accountConnection: Connection.trade,
      rest: client(),
      clock,
      obstacle: () => '',
      onAlive: (isAlive, reason) => trading.setAlive(isAlive, reason),
      after,
    },
    handler,
  );
  const trading = new RestTradeSession(
    {
      connection: Connection.trade,
      rest: client(),
      clock,
      instIdOf: (code) => names.get(code),
      watch: asking.watch,
      after,
    },
    handler,
  );
  asking.start();
  trading.start();
  const isBehind = (): boolean =>
    asking.toldNs !== host.timeline.nowNs ||
    asking.askedNs <= trading.answeredNs ||
    trading.pending > 0 ||
    asking.watch.isExpecting;
  return [portOf(asking, isBehind), portOf(trading, isBehind)];
}

function portOf(session: SessionPort, isBehind: () => boolean): SimSessionPort {
  return {
    get isUp() {
      return session.isUp;
    },
    get isBehind() {
      return isBehind();
    },
    link: null,
    links: [],
    send: (text) => {
      const bytes = Buffer.from(text, 'latin1');
      return session.send(bytes, bytes.length);
    },
    reconnect: (reason) => session.reconnect(reason),
    close: () => void session.close(),
    // A process that is dead hears nothing: no answer reaches it.
    abandon: () => {},
  };
}

/** What it sends was noted as the message that it carries. */
function quiet(host: RestHost): RestHost {
  return {
    timeline: host.timeline,
    network: host.network,
    router: host.router,
    get isDead() {
      return host.isDead;
    },
    get isDeliveredAfterDeath() {
      return host.isDeliveredAfterDeath;
    },
    takeRestFault: () => host.takeRestFault(),
    logRest: () => {},
    onThread: (kind, run) => host.onThread(kind, run),
  };
}
