import { SystemClock } from '../../engine/base/clock.ts';
import { Random } from '../../engine/base/random.ts';
import type { FrameSocketHandler, FrameSocketOptions } from '../../engine/venue/frame-socket.ts';
import { OwnSocket } from '../../engine/venue/own-socket.ts';
import { Happenings } from './scripted-venue.ts';

export type SocketTold =
  | { what: 'opened' }
  | { what: 'frame'; text: string; recvNs: number }
  | { what: 'broke'; error: Error & { code?: string } }
  | { what: 'closed'; code: number; reason: string };

/** A socket of ours that writes down what it is told. */
export class RecordingClient implements FrameSocketHandler {
  readonly told = new Happenings<SocketTold>();
  readonly recvNs = new Float64Array(1);
  readonly socket: OwnSocket;
  onFrame: (content: string) => void = () => undefined;

  constructor(url: string, options: Partial<FrameSocketOptions> = {}) {
    this.socket = new OwnSocket(
      {
        url,
        clock: new SystemClock(),
        recvNs: this.recvNs,
        random: new Random(11),
        connectTimeoutMs: 5_000,
        closeTimeoutMs: 5_000,
        ca: undefined,
        ...options,
      },
      this,
    );
  }

  socketOpened(): void {
    this.told.add({ what: 'opened' });
  }

  socketFrame(bytes: Buffer, start: number, end: number): void {
    const content = bytes.toString('utf8', start, end);
    this.told.add({ what: 'frame', text: content, recvNs: this.recvNs[0]! });
    this.onFrame(content);
  }

  socketBroke(error: Error): void {
    this.told.add({ what: 'broke', error });
  }

  socketClosed(code: number, reason: string): void {
    this.told.add({ what: 'closed', code, reason });
  }

  send(content: string): boolean {
    const bytes = Buffer.from(content);
    const isSent = this.socket.send(bytes, bytes.length);
    bytes.fill(0);
    return isSent;
  }
}
