/** What a session did since it was made. Plain numbers, copied into the metrics by whoever owns those. */
export class SessionCounters {
  /** Sockets opened or tried. */
  connects = 0;
  /** Times that `onDown` was called. */
  downs = 0;
  /** Moves to a new socket without being down. */
  switches = 0;
  /** Everything received, pongs and control messages too. */
  frames = 0;
  bytes = 0;
  pings = 0;
  /** Logins, subscriptions, unsubscriptions: each connection has 480 an hour. */
  requests = 0;
  /** Control messages that were no legal JSON. */
  malformed = 0;
}
