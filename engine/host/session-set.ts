import type { Clock } from '../base/clock.ts';
import type { Instrument } from '../base/instrument.ts';
import { TokenState } from '../base/token-state.ts';
import { Connection } from '../loop/loop-options.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import type { Endpoints } from '../okx/venue-limits.ts';
import { ConnectLimiter } from '../venue/connect-limiter.ts';
import type { Credentials } from '../venue/credentials.ts';
import type { SocketClient } from '../venue/frame-socket.ts';
import type { RestClient } from '../venue/rest-client.ts';
import { RestPrivateSession } from '../venue/rest-private-session.ts';
import { RestTradeSession } from '../venue/rest-trade-session.ts';
import { Session } from '../venue/session.ts';
import type { SessionHandler } from '../venue/session.ts';
import type { SessionPort } from '../venue/session-port.ts';
import type { TokenKeeper } from '../venue/token-keeper.ts';
import { CONNECTION_NAMES } from './engine-parts.ts';

/**
 * A peer that says nothing for 3 s is asked, and one that does not answer within 2 s is given up: what rests must not stay
 * unseen for longer. OKX itself asks for a ping within 30 s only.
 */
export const SESSION_TIMINGS = { pingAfterMs: 3_000, pongWithinMs: 2_000 };

/** An account that is let in by token. */
export interface TokenAccess {
  readonly tokens: TokenKeeper;
  /** For order operations, with connections of its own; closed with the trade session. */
  readonly tradeRest: RestClient;
}

export interface SessionSetOptions {
  readonly endpoints: Endpoints;
  /** Of a key; none where the account is let in by token. */
  readonly credentials: Credentials | undefined;
  readonly access: TokenAccess | undefined;
  readonly instruments: readonly Instrument[];
  /** By connection. */
  readonly channels: readonly (readonly ChannelArg[])[];
  /** The depth channel is one that OKX gives to who logs in. */
  readonly isPublicLogin: boolean;
  readonly rest: RestClient;
  readonly clock: Clock;
  readonly client: SocketClient;
}

/**
 * The sessions of an engine, by the numbers of `Connection`: three sockets for an account with a key. One that is let in by
 * token has a socket for the market, and asks and orders by REST.
 */
export function openSessions(options: SessionSetOptions, handler: SessionHandler): SessionPort[] {
  const { endpoints, credentials, access, channels, isPublicLogin, rest, clock, client } = options;
  const limiter = new ConnectLimiter();
  const open = (connection: Connection, url: string, isLogin: boolean): SessionPort =>
    new Session(
      {
        connection,
        name: CONNECTION_NAMES[connection],
        url,
        ...(isLogin && credentials !== undefined ? { login: credentials } : {}),
        subscriptions: channels[connection]!,
        clock,
        clockOffsetMs: () => rest.offsetMs,
        limiter,
        seed: Math.floor(clock.wallMs()) + connection,
        timings: SESSION_TIMINGS,
        client,
      },
      handler,
    );
  const market = open(Connection.public, endpoints.publicWs, isPublicLogin);
  if (access !== undefined) return [market, ...restSessions(options, access, handler)];
  return [
    market,
    open(Connection.private, endpoints.privateWs, true),
    open(Connection.trade, endpoints.privateWs, true),
  ];
}

function restSessions(
  { instruments, rest, clock }: SessionSetOptions,
  { tokens, tradeRest }: TokenAccess,
  handler: SessionHandler,
): [SessionPort, SessionPort] {
  const names = new Map(instruments.map(({ instIdCode, instId }) => [instIdCode, instId]));
  const asking = new RestPrivateSession(
    {
      connection: Connection.private,
      accountConnection: Connection.trade,
      rest,
      clock,
      obstacle: () => (tokens.state === TokenState.fresh ? '' : tokens.reason),
      onAlive: (isAlive, reason) => trading.setAlive(isAlive, reason),
    },
    handler,
  );
  const trading = new RestTradeSession(
    {
      connection: Connection.trade,
      rest: tradeRest,
      clock,
      instIdOf: (code) => names.get(code),
      watch: asking.watch,
    },
    handler,
  );
  return [asking, trading];
}
