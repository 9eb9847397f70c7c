/** WebSocket frames as bytes, and what a reader says of them: written plainly, and by `ws`, to judge our own reader. */
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { FrameReader, type FrameError, type FrameSink } from '../../engine/venue/frame-reader.ts';

export interface FrameParts {
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly isFin?: boolean;
  /** The three reserved bits, 0 to 7. */
  readonly reserved?: number;
  readonly mask?: number;
  /** Bytes of the length: 1, 2 or 8; the shortest unless said otherwise. */
  readonly lengthBytes?: 1 | 2 | 8;
}

export function frameOf(parts: FrameParts): Buffer {
  const { opcode, payload, isFin = true, reserved = 0, mask, lengthBytes } = parts;
  const { length } = payload;
  const form = lengthBytes ?? (length < 126 ? 1 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + (form === 1 ? 0 : form) + (mask === undefined ? 0 : 4));
  head[0] = (isFin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (mask === undefined ? 0 : 0x80) | (form === 1 ? length : form === 2 ? 126 : 127);
  if (form === 2) head.writeUInt16BE(length, 2);
  if (form === 8) head.writeBigUInt64BE(BigInt(length), 2);
  if (mask === undefined) return Buffer.concat([head, payload]);
  head.writeUInt32LE(mask, head.length - 4);
  const key = head.subarray(head.length - 4);
  return Buffer.concat([head, payload.map((byte, index) => byte ^ key[index & 3]!)]);
}

export function text(content: string, parts: Partial<FrameParts> = {}): Buffer {
  return frameOf({ opcode: 1, payload: Buffer.from(content), ...parts });
}

export function control(
  opcode: number,
  content: string | Uint8Array = '',
  parts: Partial<FrameParts> = {},
): Buffer {
  return frameOf({ opcode, payload: Buffer.from(content), ...parts });
}

export function goodbye(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return control(8, payload);
}

/** What a reader said, in one line each. */
export class FrameLog implements FrameSink {
  readonly lines: string[] = [];
  onGoodbye = (): void => undefined;

  message(bytes: Uint8Array, start: number, end: number): void {
    this.lines.push(`message ${hex(bytes, start, end)}`);
  }

  ping(bytes: Uint8Array, start: number, end: number): void {
    this.lines.push(`ping ${hex(bytes, start, end)}`);
  }

  goodbye(code: number, reason: string): void {
    this.lines.push(`goodbye ${code} ${reason}`);
    this.onGoodbye();
  }

  fault(error: FrameError): void {
    this.lines.push(`fault ${error.code} ${error.closeCode}`);
  }
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('hex');
}

/** Our reader's log of a stream that comes in these chunks, all of them in the same buffer, as from a socket. */
export function ourLog(chunks: readonly Uint8Array[], payloadBytesMax: number): string[] {
  const log = new FrameLog();
  const reader = new FrameReader(log, payloadBytesMax);
  log.onGoodbye = () => reader.stop();
  const received = Buffer.alloc(Math.max(0, ...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    // What was lent of the last chunk is gone.
    received.fill(0xff);
    received.set(chunk);
    reader.take(received, 0, chunk.length);
  }
  return log.lines;
}

/** Untyped exports of `ws`. */
interface WsReceiver extends Writable {
  on(event: string, listener: (...args: never[]) => void): this;
}
const { Receiver } = ws as unknown as { Receiver: new (options: object) => WsReceiver };

/** The log of the receiver of `ws`: a client's, or a server's. */
export async function wsLog(
  chunks: readonly Uint8Array[],
  payloadBytesMax: number,
  isServer = false,
): Promise<string[]> {
  const lines: string[] = [];
  const receiver = new Receiver({ isServer, maxPayload: payloadBytesMax, skipUTF8Validation: true });
  let isOver = false;
  receiver.on('message', (data: Buffer) => lines.push(`message ${data.toString('hex')}`));
  receiver.on('ping', (data: Buffer) => lines.push(`ping ${data.toString('hex')}`));
  receiver.on('conclude', (code: number, reason: Buffer) => {
    isOver = true;
    lines.push(`goodbye ${code} ${reason.toString('utf8')}`);
  });
  receiver.on('error', (error: Error & { code: string }) => {
    isOver = true;
    const status = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code');
    lines.push(`fault ${error.code} ${String((error as unknown as Record<symbol, number>)[status!])}`);
  });
  for (const chunk of chunks) {
    if (!isOver) receiver.write(Buffer.from(chunk));
  }
  // A fault is told in the next turn.
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  return lines;
}

/** The stream cut at these offsets. */
export function cut(stream: Uint8Array, offsets: readonly number[]): Uint8Array[] {
  const edges = [0, ...offsets.toSorted((a, b) => a - b), stream.length];
  return edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
}
