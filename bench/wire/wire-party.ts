import type { HeapMeter } from '../heap-meter.ts';

/** Who answers the far side: our engine, or a peer. Between rounds it sleeps. */
export interface WireParty {
  /** A round begins: whoever spins does so from here. The meter takes the growth of our own heap. */
  begin(heap?: HeapMeter): void;
  /** The round is over: how often it was taken off its core while it wanted to go on. */
  end(): Promise<number>;
  close(): Promise<void>;
}
