import { RejectDecision, rejectDecision } from '../okx/reject-codes.ts';
import { CloseCode } from '../okx/venue-limits.ts';

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

/**
 * Why a connection ended or could not be made. The message never quotes what was sent, because a login is a
 * secret.
 */
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

/** Closes that say that we ask too much of one connection: the next one would be closed as well. */
const FATAL_CLOSE_CODES: ReadonlySet<number> = new Set([
  CloseCode.requestTooLarge,
  CloseCode.tooManyAccounts,
  CloseCode.tooManyChannels,
  CloseCode.tooManyChannelsOnConnection,
]);

/**
 * Fatal is what no further try can heal: a wrong key, passphrase or signature, or another host's key. The
 * venue's text is left out, because it may quote the request, which was a login.
 */
export function loginError(venueCode: number): SessionError {
  return new SessionError(
    SessionErrorCode.login,
    `login: expected to be accepted, was refused with ${venueCode}; check the key, its host and this machine's clock`,
    venueCode,
    rejectDecision(venueCode) === RejectDecision.halt,
  );
}

/**
 * Fatal is what needs another configuration: no such channel or instrument, wrong URL, fee tier. A code that
 * is not listed counts as that too: the venue said no to this channel, and asking again for ever would not
 * change it.
 */
export function subscribeError(venueCode: number, text: string): SessionError {
  const decision = rejectDecision(venueCode);
  return new SessionError(
    SessionErrorCode.subscribe,
    `subscribe: expected to be accepted, was refused with ${venueCode}: ${text}`,
    venueCode,
    decision === RejectDecision.halt || decision === RejectDecision.pauseInstrument,
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
