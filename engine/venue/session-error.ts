export const SessionErrorCode = {
  connect: 'SESSION_CONNECT',
  login: 'SESSION_LOGIN',
  subscribe: 'SESSION_SUBSCRIBE',
  silence: 'SESSION_SILENCE',
  closed: 'SESSION_CLOSED',
  limits: 'SESSION_LIMITS',
  /** Somebody here asked for a reconnect. */
  requested: 'SESSION_REQUESTED',
} as const;
export type SessionErrorCode = (typeof SessionErrorCode)[keyof typeof SessionErrorCode];

/** Why a connection ended or could not be made. The message never quotes what was sent, because a login is a secret. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code: SessionErrorCode;
  /** The venue's code (60009) or the close code (4004); 0 when there is none. */
  readonly venueCode: number;
  /** A person has to change something first: the same try would end the same way for ever. */
  readonly isFatal: boolean;

  constructor(code: SessionErrorCode, message: string, venueCode = 0, isFatal = false) {
    super(message);
    this.code = code;
    this.venueCode = venueCode;
    this.isFatal = isFatal;
  }
}

/**
 * Refusals of a login that no further try can heal: a wrong key, passphrase, signature or address, or the wrong host for
 * the key. All others (busy, expired timestamp, internal error, plain 60009) are tried again. Source: OKX
 * documentation, "WebSocket error code", read 2026-07-28.
 */
const FATAL_LOGIN_CODES: ReadonlySet<number> = new Set([
  50101, 50105, 50110, 50111, 50113, 50114, 50119, 50120, 50121, 60005, 60007, 60024, 60026, 60027, 60031,
  60032,
]);

/** Refusals of a subscription that need another configuration: wrong URL or channel, wrong arguments, fee tier. */
const FATAL_SUBSCRIBE_CODES: ReadonlySet<number> = new Set([
  60008, 60012, 60013, 60018, 60019, 60027, 60028, 60029, 60030, 60034, 64000, 64001, 64002, 64003, 64004,
]);

/** Closes that say that we ask too much of one connection: the next one would be closed as well. */
const FATAL_CLOSE_CODES: ReadonlySet<number> = new Set([1009, 4003, 4008, 4009]);

export function loginError(venueCode: number, text: string): SessionError {
  return new SessionError(
    SessionErrorCode.login,
    `login: expected to be accepted, was refused with ${venueCode}: ${text}`,
    venueCode,
    FATAL_LOGIN_CODES.has(venueCode),
  );
}

export function subscribeError(venueCode: number, text: string): SessionError {
  return new SessionError(
    SessionErrorCode.subscribe,
    `subscribe: expected to be accepted, was refused with ${venueCode}: ${text}`,
    venueCode,
    FATAL_SUBSCRIBE_CODES.has(venueCode),
  );
}

export function closeError(closeCode: number, reason: string): SessionError {
  return new SessionError(
    SessionErrorCode.closed,
    `closed by the venue with ${closeCode}${reason === '' ? '' : `: ${reason.slice(0, 120)}`}`,
    closeCode,
    FATAL_CLOSE_CODES.has(closeCode),
  );
}
