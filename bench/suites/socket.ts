import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { Random } from '../../engine/base/random.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';
import { FrameReader, Opcode } from '../../engine/venue/frame-reader.ts';
import { FrameWriter } from '../../engine/venue/frame-writer.ts';
import { PAYLOAD_BYTES_MAX, SocketClient } from '../../engine/venue/frame-socket.ts';
import type { FrameSocket, FrameSocketHandler } from '../../engine/venue/frame-socket.ts';
import { OwnSocket } from '../../engine/venue/own-socket.ts';
import { WsSocket } from '../../engine/venue/ws-socket.ts';
import { BenchClock } from '../bench-clock.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { Checksum } from '../checksum.ts';
import { percentilesOf } from '../contender.ts';
import type { Effort } from '../effort.ts';
import { HeapMeter, collectGarbage, usedBytes } from '../heap-meter.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';
import { EchoProcess } from '../sockets/echo-process.ts';

/** About a batch of one or two orders, out; the same comes in. */
const ECHO_BYTES = 300;
const CHECKSUM_ECHOES = 20;
const OPEN_WAIT_MS = 5_000;
const ECHO_WAIT_MS = 20_000;
/** Echoes a window of the heap: few enough that the collector seldom runs within one. */
const HEAP_WINDOW_ECHOES = 50;
const HEAP_WINDOWS = 20;

/** One client's socket to the echo, and what its rounds gave. */
class EchoContender implements FrameSocketHandler {
  readonly client: SocketClient;
  readonly feed: string;
  /** From before the message is handed to the socket until its echo is handed over by it. */
  readonly trips = new Histogram();
  /** The call of `send` alone. */
  readonly sends = new Histogram();
  readonly heap = new HeapMeter();
  readonly rates: number[] = [];
  samples = 0;
  checksum = '';
  /** Times that this process was taken off its core while it wanted to go on. */
  switches = 0;
  readonly #message = Buffer.alloc(ECHO_BYTES, '{"op":"batch-orders","args":[{"px":"65000.1"}]} ');
  readonly #clockMs = new Float64Array(3);
  readonly #socket: FrameSocket;
  #sums: Checksum | undefined;
  #isRecording = false;
  #left = 0;
  #done: () => void = () => undefined;

  constructor(client: SocketClient, feed: string, url: string, ca: string | undefined) {
    this.client = client;
    this.feed = feed;
    const options = {
      url,
      ca,
      clock: new BenchClock(true),
      recvNs: new Float64Array(1),
      random: new Random(1),
      connectTimeoutMs: OPEN_WAIT_MS,
      closeTimeoutMs: OPEN_WAIT_MS,
    };
    this.#socket = client === SocketClient.own ? new OwnSocket(options, this) : new WsSocket(options, this);
  }

  /** Resolves when the socket is open; one echo is played, which makes the checksum. */
  async open(): Promise<void> {
    if (!this.#socket.isOpen) await within(OPEN_WAIT_MS, 'an open socket', (done) => (this.#done = done));
    this.#sums = new Checksum();
    await this.play(CHECKSUM_ECHOES, false);
    this.checksum = this.#sums.text;
    this.#sums = undefined;
  }

  /** So many echoes, one after the other. */
  async play(echoes: number, isRecording: boolean): Promise<void> {
    this.#left = echoes;
    this.#isRecording = isRecording;
    await within(ECHO_WAIT_MS, `${echoes} echoes`, (done) => {
      this.#done = done;
      this.#send();
    });
  }

  async round(echoes: number): Promise<void> {
    const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
    const startMs = performance.now();
    await this.play(echoes, true);
    this.rates.push(echoes / ((performance.now() - startMs) / 1_000));
    this.switches += process.resourceUsage().involuntaryContextSwitches - switchesBefore;
    this.samples += echoes;
  }

  async measureHeap(): Promise<void> {
    for (let window = 0; window < HEAP_WINDOWS; window++) {
      const before = usedBytes();
      await this.play(HEAP_WINDOW_ECHOES, false);
      this.heap.add(usedBytes() - before, HEAP_WINDOW_ECHOES);
    }
  }

  close(): void {
    this.#socket.terminate();
  }

  #send(): void {
    const clockMs = this.#clockMs;
    clockMs[0] = performance.now();
    const isSent = this.#socket.send(this.#message, ECHO_BYTES);
    clockMs[1] = performance.now();
    if (!isSent) throw new Error('socket: expected a message to be sent');
    if (this.#isRecording) this.sends.record((clockMs[1]! - clockMs[0]!) * 1e6);
  }

  socketOpened(): void {
    this.#done();
  }

  socketFrame(bytes: Buffer, start: number, end: number): void {
    const clockMs = this.#clockMs;
    clockMs[2] = performance.now();
    if (this.#isRecording) this.trips.record((clockMs[2]! - clockMs[0]!) * 1e6);
    this.#sums?.addBytes(bytes, start, end);
    if (--this.#left > 0) this.#send();
    else this.#done();
  }

  socketBroke(error: Error): void {
    throw error;
  }

  socketClosed(): void {
    // After `close`: the benchmark is over.
  }

  results(calibrationNs: number): BenchResult[] {
    const rates = this.rates.toSorted((a, b) => a - b);
    const shared = {
      feed: this.feed,
      unit: 'ns',
      opsPerSecond: Math.round(rates[rates.length >> 1]!),
      bytesPerOp: this.heap.bytesPerOp,
      checksum: this.checksum,
      samples: this.samples,
      calibrationNs,
    };
    const who = this.client === SocketClient.own ? 'our client' : 'the package ws';
    return [
      {
        name: `socket:${this.client}`,
        ...percentilesOf(this.trips),
        ...shared,
        note:
          `${who}: ${ECHO_BYTES} bytes out and back, one after the other; both sides' event loops are kept turning; ` +
          `bytes of the heap with a loop that sleeps; taken off its core: ${this.switches} times`,
      },
      {
        name: `socket:${this.client}-send`,
        ...percentilesOf(this.sends),
        ...shared,
        note: `${who}: the call of send alone, most of it Node's write to the kernel; the rest as in the row before`,
      },
    ];
  }
}

function within(waitMs: number, what: string, start: (done: () => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`socket: expected ${what} within ${waitMs} ms`)), waitMs);
    start(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

async function measureEchoes(effort: Effort): Promise<BenchResult[]> {
  const echo = await EchoProcess.start();
  const urls = { plain: `ws://127.0.0.1:${echo.ports.plain}/`, tls: `wss://localhost:${echo.ports.tls}/` };
  const contenders = [
    new EchoContender(SocketClient.own, 'plain', urls.plain, undefined),
    new EchoContender(SocketClient.ws, 'plain', urls.plain, undefined),
    new EchoContender(SocketClient.own, 'tls', urls.tls, echo.ca),
    new EchoContender(SocketClient.ws, 'tls', urls.tls, echo.ca),
  ];
  const calibration = new Calibration();
  const echoes = effort.wireFrames;
  let isTurning = true;
  const turn = (): void => {
    if (isTurning) setImmediate(turn);
  };
  try {
    for (const contender of contenders) await contender.open();
    echo.spin(true);
    turn();
    for (const contender of contenders) await contender.play(echoes, false);
    collectGarbage();
    for (let round = 0; round < effort.rounds; round++) {
      for (const contender of contenders) {
        calibration.sample();
        await contender.round(echoes);
      }
    }
    // The loop's own immediates would be counted.
    isTurning = false;
    for (const contender of contenders) {
      collectGarbage();
      await contender.measureHeap();
    }
  } finally {
    isTurning = false;
    for (const contender of contenders) contender.close();
    await echo.close();
  }
  return contenders.flatMap((contender) => contender.results(calibration.medianNs));
}

// ------------------------------------------------------------------------------------- without the kernel

/** Exports of `ws` that have no types. */
const { Receiver, Sender } = ws as unknown as {
  Receiver: new (options: object) => Writable;
  Sender: { frame(data: Buffer, options: object): Buffer[] };
};
type MaskInto = (source: Buffer, mask: Buffer, output: Buffer, offset: number, length: number) => void;

/** Optional, as for `ws`. */
function loadBufferutil(): MaskInto | undefined {
  try {
    return (createRequire(import.meta.url)('bufferutil') as { mask: MaskInto }).mask;
  } catch {
    return undefined;
  }
}

const HEAD_BYTES = 16;
const MASK = 0x1f3b_5d79;
const MASK_BYTES = Buffer.from([0x79, 0x5d, 0x3b, 0x1f]);

function bytesOf(length: number): Buffer {
  // In memory of its own: a small one of the pool need not lie at a word's edge.
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let index = 0; index < length; index++) bytes[index] = index * 31;
  return bytes;
}

/** One way to leave the masked bytes of `source` behind a header's room in `into`. All have the same checksum. */
function maskWork(
  name: string,
  length: number,
  note: string,
  wayOf: (source: Buffer, into: Buffer) => () => void,
): MicroWork {
  const source = bytesOf(length);
  const into = Buffer.alloc(HEAD_BYTES + length);
  const mask = wayOf(source, into);
  return {
    name: `socket:mask-${name}`,
    feed: `${length} bytes`,
    note,
    work(count: number): number {
      let sum = 0;
      for (let index = 0; index < count; index++) {
        mask();
        sum += into[HEAD_BYTES]!;
      }
      return sum;
    },
    checksum(): string {
      source.copy(into, HEAD_BYTES);
      mask();
      const checksum = new Checksum();
      checksum.addBytes(into, HEAD_BYTES, HEAD_BYTES + length);
      return checksum.text;
    },
  };
}

/** Four words a turn, as our client does it; lengths are whole words here. */
function maskWords(from: Int32Array, fromAt: number, into: Int32Array, intoAt: number, count: number): void {
  let word = 0;
  for (; word + 3 < count; word += 4) {
    into[intoAt + word] = from[fromAt + word]! ^ MASK;
    into[intoAt + word + 1] = from[fromAt + word + 1]! ^ MASK;
    into[intoAt + word + 2] = from[fromAt + word + 2]! ^ MASK;
    into[intoAt + word + 3] = from[fromAt + word + 3]! ^ MASK;
  }
  for (; word < count; word++) into[intoAt + word] = from[fromAt + word]! ^ MASK;
}

function wordsOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

function maskWorks(length: number): MicroWork[] {
  const first = HEAD_BYTES >> 2;
  const count = length >> 2;
  const bufferutil = loadBufferutil();
  return [
    maskWork('one-pass', length, 'copied and masked in one pass, by words: as our client', (source, into) => {
      const [from, words] = [wordsOf(source), wordsOf(into)];
      return () => maskWords(from, 0, words, first, count);
    }),
    maskWork(
      'in-place',
      length,
      'masked by words where it lies: for an encoder that writes there',
      (_, into) => {
        const words = wordsOf(into);
        return () => maskWords(words, first, words, first, count);
      },
    ),
    maskWork(
      'copy-then-place',
      length,
      'copied by Buffer.copy, then masked where it lies',
      (source, into) => {
        const words = wordsOf(into);
        return () => {
          source.copy(into, HEAD_BYTES);
          maskWords(words, first, words, first, count);
        };
      },
    ),
    ...(bufferutil === undefined
      ? []
      : [
          maskWork(
            'bufferutil',
            length,
            'copied and masked by bufferutil, in C++: as ws',
            (source, into) => () => {
              bufferutil(source, MASK_BYTES, into, HEAD_BYTES, length);
            },
          ),
        ]),
  ];
}

/** A message in, of the length of a depth frame with a few rows; and a message out. */
const READ_BYTES = 740;

function readWork(
  name: string,
  note: string,
  readerOf: (heard: (length: number) => void) => (frame: Buffer) => void,
): MicroWork {
  const frame = Buffer.concat([
    Buffer.from([0x81, 126, READ_BYTES >> 8, READ_BYTES & 0xff]),
    bytesOf(READ_BYTES),
  ]);
  // In an array: a sum this large would be boxed in a variable.
  const heard = new Float64Array(1);
  const read = readerOf((length) => {
    heard[0]! += length;
  });
  return {
    name,
    feed: `${READ_BYTES} bytes`,
    note,
    work(count: number): number {
      for (let index = 0; index < count; index++) read(frame);
      return heard[0]!;
    },
    checksum(): string {
      heard[0] = 0;
      read(frame);
      const checksum = new Checksum();
      checksum.addNumber(heard[0]!);
      return checksum.text;
    },
  };
}

function frameWorks(): MicroWork[] {
  const message = bytesOf(ECHO_BYTES);
  const writer = new FrameWriter(new Random(1));
  const random = new Random(1);
  const options = {
    fin: true,
    rsv1: false,
    opcode: Opcode.text,
    mask: true,
    readOnly: true,
    generateMask: (mask: Buffer) => mask.writeUInt32LE(random.uint32() || 1, 0),
  };
  const writeWork = (name: string, note: string, write: () => number): MicroWork => ({
    name,
    feed: `${ECHO_BYTES} bytes`,
    note,
    work(count: number): number {
      let sum = 0;
      for (let index = 0; index < count; index++) sum += write();
      return sum;
    },
    checksum(): string {
      const checksum = new Checksum();
      checksum.addNumber(write());
      return checksum.text;
    },
  });
  return [
    readWork('socket:own-read', 'a chunk with one frame: FrameReader', (heard) => {
      const ignore = (): void => undefined;
      const message = (_: Buffer, start: number, end: number): void => heard(end - start);
      const reader = new FrameReader(
        { message, ping: ignore, goodbye: ignore, fault: ignore },
        PAYLOAD_BYTES_MAX,
      );
      return (frame) => reader.take(frame, 0, frame.length);
    }),
    readWork('socket:ws-read', 'a chunk with one frame: the Receiver of ws, without validation', (heard) => {
      const receiver = new Receiver({ maxPayload: PAYLOAD_BYTES_MAX, skipUTF8Validation: true });
      receiver.on('message', (frame: Buffer) => heard(frame.length));
      return (frame) => receiver.write(frame);
    }),
    writeWork(
      'socket:own-frame',
      'header, mask, payload and view: FrameWriter',
      () => writer.frame(Opcode.text, message, ECHO_BYTES, 0).length,
    ),
    writeWork('socket:ws-frame', 'header, mask, payload and views: the Sender of ws', () =>
      Sender.frame(message, options).reduce((sum, part) => sum + part.length, 0),
    ),
  ];
}

export const socket: Benchmark = {
  name: 'socket',
  about:
    'what our own WebSocket client costs against ws: an echo over loopback, then its parts without the kernel',
  usesFeeds: false,
  async run({ effort }: BenchContext): Promise<BenchResult[]> {
    const echoes = await measureEchoes(effort);
    const works = [...frameWorks(), ...maskWorks(300), ...maskWorks(4_096)];
    return [...echoes, ...measureMicros(works, { ...effort, roundOps: effort.roundOps >> 2 })];
  },
};
