/** How several accounts stand, beside one another and together: what the supervisor's `/status` says. */
export interface FleetStatus {
  readonly timeMs: number;
  readonly version: string;
  readonly isReady: boolean;
  /** Why it is not ready; empty when it is. */
  readonly reasons: readonly string[];
  readonly accounts: readonly FleetAccountStatus[];
  readonly group: FleetGroupStatus;
}

export interface FleetAccountStatus {
  readonly account: string;
  /** starting and running have a process; waiting will have one again; down stays so until somebody changes something. */
  readonly phase: 'starting' | 'running' | 'waiting' | 'down' | 'stopping';
  /** Null while there is no process. */
  readonly pid: number | null;
  readonly restarts: number;
  /** How its process ended last; null before it ever did. */
  readonly lastEnd: string | null;
  /** What it is still to be told; null for nothing. */
  readonly pending: string | null;
  readonly metricsPort: number | null;
  /** Seconds since its figures; null while there never were any of this process. */
  readonly silenceSeconds: number | null;
  /** The engine's own state, level and reason; null while it is not up. */
  readonly state: string | null;
  readonly level: string | null;
  readonly reason: string | null;
  readonly isReady: boolean;
  readonly openOrders: number | null;
  /** As known last. */
  readonly profit: number | null;
  readonly held: number | null;
}

export interface FleetGroupStatus {
  readonly profit: number;
  readonly held: number;
  readonly loss: number;
  readonly drawdown: number;
  readonly limits: {
    readonly loss: number | null;
    readonly drawdown: number | null;
    readonly notional: number | null;
  };
  /** The limit that was exceeded, and what all accounts were told for it; null when none is. */
  readonly exceeded: { readonly limit: string; readonly command: string; readonly text: string } | null;
}
