import type { VenueEvent } from '../../engine/okx/event-decoder.ts';
import type { ChannelArg } from '../../engine/okx/shapes.ts';
import type { SessionHandler } from '../../engine/venue/session.ts';
import type { SessionError } from '../../engine/venue/session-error.ts';
import { Happenings } from './scripted-venue.ts';

export type Told =
  | { what: 'frame'; text: string; recvNs: number }
  | { what: 'up' }
  | { what: 'down'; reason: string }
  | { what: 'switched' }
  | { what: 'refused'; args: readonly ChannelArg[]; error: SessionError }
  | { what: 'failed'; error: SessionError };

/**
 * Writes down what a session tells, in its order; control messages apart, because they may come at any time.
 */
export class RecordingHandler implements SessionHandler {
  readonly told = new Happenings<Told>();
  readonly events = new Happenings<VenueEvent>();

  onFrame(_connection: number, bytes: Uint8Array, start: number, end: number, recvNs: Float64Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8');
    this.told.add({ what: 'frame', text, recvNs: recvNs[0]! });
  }

  onUp(): void {
    this.told.add({ what: 'up' });
  }

  onDown(_connection: number, reason: string): void {
    this.told.add({ what: 'down', reason });
  }

  onSwitched(): void {
    this.told.add({ what: 'switched' });
  }

  onEvent(_connection: number, event: VenueEvent): void {
    this.events.add(event);
  }

  onFailed(_connection: number, error: SessionError): void {
    this.told.add({ what: 'failed', error });
  }
}

/** As above, and can do without a refused channel. */
export class TolerantHandler extends RecordingHandler {
  onRefused(_connection: number, args: readonly ChannelArg[], error: SessionError): void {
    this.told.add({ what: 'refused', args, error });
  }
}
