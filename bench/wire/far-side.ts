/**
 * The venue of the wire-to-wire benchmark where there is no compiler for the one in C++ (bench/peers/cpp/far-main.cpp), in a
 * process of its own: writes depth frames at their intended times, notes when the batch that answers each has been read, and
 * answers the batch as the venue would.
 *
 * It does not sleep: from the first frame of a round to the last answer its event loop is kept turning by setImmediate, so
 * that neither its timer nor its wake-up is what is measured. Between rounds it sleeps.
 *
 *     engine ──ws──▶ /public   subscription           ◀── depth frames
 *            ──ws──▶ /private  login, subscription    ◀── pushes of orders
 *            ──ws──▶ /trade    login, order batches   ◀── acks
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Checksum } from '../checksum.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { addPrices } from '../peers/prices.ts';
import { VenueAnswers } from '../rig/venue-answers.ts';
import { FarConnection } from './far-connection.ts';
import type { FarHandler } from './far-connection.ts';
import { farFeed } from './far-feed.ts';
import { CERTIFICATE_FILE, KEY_FILE } from './wire-security.ts';

/** From the engine's side: play so many frames, so far apart. */
export interface FarOrder {
  readonly frames: number;
  readonly intervalUs: number;
  /** Batches that answer a frame; the first is timed, the next frame waits for all. */
  readonly batchesPerFrame: number;
}

/** To the engine's side: where to connect, then the outcome of each order. */
export type FarReport =
  | { readonly kind: 'listening'; readonly port: number }
  | {
      readonly kind: 'played';
      /** From the intended time of a frame to its batch read, in nanoseconds, a frame. */
      readonly latenciesNs: readonly number[];
      /** The same from when the frame was really written: what one frame takes when nothing queues. */
      readonly serviceNs: readonly number[];
      /** Frames a second that were really played. */
      readonly rate: number;
      /** Of the prices in the first batches of this process. */
      readonly checksum: string;
      /** Times that it was taken off its core while it wanted to go on. */
      readonly switches: number;
    }
  | { readonly kind: 'lost'; readonly text: string };

/** Frames whose batches go into the checksum: those of the first round alone, whatever the effort. */
const CHECKSUM_FRAMES = 20;
/** A frame without its answer for so long is lost, and the run with it. */
const LOST_AFTER_MS = 2_000;
/** In every order message, and in no other. */
const KEY_CLIENT_ID = Buffer.from('"clOrdId":"');

class FarSide implements FarHandler {
  readonly #feed: FrameFeed = farFeed();
  readonly #answers = new VenueAnswers(this.#feed.instruments);
  readonly #checksum = new Checksum();
  #public: FarConnection | undefined;
  #private: FarConnection | undefined;
  #order: FarOrder | undefined;
  #latenciesNs = new Float64Array(0);
  #serviceNs = new Float64Array(0);
  #played = 0;
  #nextFrame = 1;
  /** Batches that are still to come for the frame played last. */
  #awaited = 0;
  /** Connections on which the engine has not yet read our answers. */
  #unread = 0;
  #isTimed = false;
  #framesSeen = 0;
  #switchesBefore = 0;
  /** Beginning of the round; intended and real time of the frame played last. */
  readonly #ms = new Float64Array(3);
  readonly #onTurn = (): void => this.#turn();

  listen(): void {
    const server =
      process.argv[2] === 'tls'
        ? createTlsServer(
            { cert: readFileSync(CERTIFICATE_FILE), key: readFileSync(KEY_FILE) },
            (socket) => new FarConnection(socket, this),
          )
        : createServer((socket) => new FarConnection(socket, this));
    server.listen(0, '127.0.0.1', () => {
      report({ kind: 'listening', port: (server.address() as AddressInfo).port });
    });
  }

  play(order: FarOrder): void {
    this.#order = order;
    this.#latenciesNs = new Float64Array(order.frames);
    this.#serviceNs = new Float64Array(order.frames);
    this.#played = 0;
    this.#switchesBefore = process.resourceUsage().involuntaryContextSwitches;
    this.#ms[0] = performance.now();
    this.#turn();
  }

  /** One turn of the event loop: writes the next frame when it is due and the one before has been dealt with. */
  #turn(): void {
    const order = this.#order;
    if (order === undefined) return;
    const nowMs = performance.now();
    const intendedMs = this.#ms[0]! + (this.#played * order.intervalUs) / 1_000;
    if (this.#awaited === 0 && this.#unread === 0) {
      if (this.#played === order.frames) {
        this.#finish(order, nowMs);
        return;
      }
      if (nowMs >= intendedMs) this.#writeFrame(order, intendedMs);
    } else if (nowMs - this.#ms[2]! > LOST_AFTER_MS) {
      this.#order = undefined;
      report({
        kind: 'lost',
        text: `frame ${this.#played} of ${order.frames}: expected ${order.batchesPerFrame} batches, ${this.#awaited} did not come`,
      });
      return;
    }
    setImmediate(this.#onTurn);
  }

  /**
   * What is timed begins when the frame was meant to leave, not when it did: a frame that had to wait for the answer to the
   * one before it was made late by the engine.
   */
  #writeFrame(order: FarOrder, intendedMs: number): void {
    const { starts, bytes, count } = this.#feed;
    const frame = this.#nextFrame;
    this.#nextFrame = frame + 1 === count ? 0 : frame + 1;
    this.#ms[1] = intendedMs;
    this.#ms[2] = performance.now();
    this.#awaited = order.batchesPerFrame;
    this.#isTimed = true;
    this.#public!.send(bytes, starts[frame]!, starts[frame + 1]!);
  }

  #finish(order: FarOrder, nowMs: number): void {
    this.#order = undefined;
    report({
      kind: 'played',
      latenciesNs: [...this.#latenciesNs],
      serviceNs: [...this.#serviceNs],
      rate: order.frames / ((nowMs - this.#ms[0]!) / 1_000),
      checksum: this.#checksum.text,
      switches: process.resourceUsage().involuntaryContextSwitches - this.#switchesBefore,
    });
  }

  #batch(connection: FarConnection, bytes: Buffer, start: number, end: number): void {
    if (this.#isTimed) {
      this.#isTimed = false;
      const nowMs = performance.now();
      this.#latenciesNs[this.#played] = (nowMs - this.#ms[1]!) * 1e6;
      this.#serviceNs[this.#played++] = (nowMs - this.#ms[2]!) * 1e6;
      this.#framesSeen++;
    }
    const batch = bytes.subarray(start, end);
    const answers = this.#answers;
    answers.answer(batch, batch.length);
    // Ids and times differ from run to run; the prices that were asked for must not.
    if (this.#framesSeen > 0 && this.#framesSeen <= CHECKSUM_FRAMES)
      addPrices(this.#checksum, batch, batch.length);
    connection.send(answers.ack, 0, answers.ackLength);
    for (let push = 0; this.#private !== undefined && push < answers.pushCount; push++) {
      this.#private.send(answers.pushes, answers.pushStarts[push]!, answers.pushStarts[push + 1]!);
    }
    if (this.#awaited > 0 && --this.#awaited > 0) return;
    // A frame that overtook the answers, on another connection, would meet orders that are still being amended.
    for (const heard of new Set([connection, this.#private ?? connection])) {
      this.#unread++;
      heard.ping();
    }
  }

  pong(): void {
    this.#unread--;
  }

  opened(connection: FarConnection): void {
    if (connection.path === '/public') this.#public = connection;
  }

  message(connection: FarConnection, bytes: Buffer, start: number, end: number): void {
    // Beyond the message's end the buffer holds what came before.
    const order = bytes.indexOf(KEY_CLIENT_ID, start);
    if (order !== -1 && order < end) {
      this.#batch(connection, bytes, start, end);
      return;
    }
    const text = bytes.toString('latin1', start, end);
    if (text === 'ping') {
      connection.sendText('pong');
      return;
    }
    const request = JSON.parse(text) as { op: string; id?: string; args: Record<string, string>[] };
    if (request.op === 'login') {
      connection.sendText('{"event":"login","code":"0","msg":"","connId":"a4d3ae55"}');
    } else if (request.op === 'subscribe') {
      for (const arg of request.args) {
        if (arg['channel'] === 'orders') this.#private = connection;
        connection.sendText(JSON.stringify({ id: request.id, event: 'subscribe', arg, connId: 'a4d3ae55' }));
      }
      if (connection === this.#public) connection.send(this.#feed.bytes, 0, this.#feed.starts[1]!);
    }
  }
}

function report(outcome: FarReport): void {
  process.send!(outcome);
}

const farSide = new FarSide();
process.on('message', (order: FarOrder) => farSide.play(order));
// The engine's side is gone, whatever became of it: nobody is left to play for.
process.on('disconnect', () => process.exit(0));
farSide.listen();
