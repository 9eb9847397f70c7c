import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Connection } from '../loop/loop-options.ts';
import { decodeEvent } from '../okx/event-decoder.ts';
import type { VenueEvent } from '../okx/event-decoder.ts';
import { FrameKind, frameKind } from '../okx/frame-kind.ts';
import { encodeLogin } from '../okx/request-encoder.ts';
import { PING_TEXT, WsEvent, WsOp } from '../okx/shapes.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import { signLogin } from '../okx/sign.ts';
import type { Session } from '../paper/gateway/session.ts';
import type { PaperVenue } from '../paper/gateway/venue.ts';
import { ChannelRequests, ChannelVerdict } from '../venue/channel-requests.ts';
import type { Credentials } from '../venue/credentials.ts';
import { SESSION_TIMINGS } from '../venue/session-timings.ts';
import type { LatencyModel } from './latency-model.ts';
import type { Timeline } from './timeline.ts';
import { Wire } from './wire.ts';

// As the process sets them (running-engine.ts).
const PING_AFTER_NS = 3 * NS_PER_SECOND;
const RECONNECT_NS = SESSION_TIMINGS.backoffMinMs * NS_PER_MS;

/** Frames grow with the book's snapshot; a longer one makes the buffer grow. */
const FRAME_BYTES = 65_536;

export interface SessionOwner {
  /** The bytes are the session's again on return. */
  onFrame(connection: Connection, bytes: Uint8Array, length: number): void;
  onUp(connection: Connection): void;
  onDown(connection: Connection, reason: string): void;
  onRefused(connection: Connection, args: readonly ChannelArg[], code: number): void;
}

export interface VenueSessionOptions {
  readonly connection: Connection;
  readonly path: string;
  readonly isLogin: boolean;
  readonly channels: readonly ChannelArg[];
  readonly timeline: Timeline;
  readonly venue: PaperVenue;
  readonly credentials: Credentials;
  /** The venue's wall clock as the engine knows it. */
  readonly venueMs: () => Milliseconds;
  /** To the venue, and from it. */
  readonly entry: LatencyModel;
  readonly response: LatencyModel;
}

/** One connection, from its handshake to its end. What belongs to an older one is told by the object. */
interface Link {
  readonly toVenue: Wire;
  readonly toEngine: Wire;
  readonly requests: ChannelRequests;
  /** The venue's side; null before the handshake reached it. */
  session: Session | null;
  isUp: boolean;
  isClosed: boolean;
  heardNs: Nanoseconds;
  /** Frames that came before the session was up, until it is. */
  held: Uint8Array[];
}

/**
 * A lasting session with the venue over wires of virtual time, as engine/venue/session.ts has over sockets: login,
 * subscriptions, keep-alive, and a new connection where the old one ended. Nothing is ever lost on the way.
 */
export class VenueSession {
  readonly #options: VenueSessionOptions;
  readonly #owner: SessionOwner;
  #channels: readonly ChannelArg[];
  #link: Link;
  #bytes = Buffer.allocUnsafe(FRAME_BYTES);

  constructor(options: VenueSessionOptions, owner: SessionOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#channels = options.channels;
    this.#link = this.#connect();
  }

  get isUp(): boolean {
    return this.#link.isUp;
  }

  /** False when the session is not up: then nothing was sent. */
  send(text: string): boolean {
    const link = this.#link;
    if (!link.isUp) return false;
    this.#say(link, text);
    return true;
  }

  /** Leaves the connection and makes another. */
  reconnect(reason: string): void {
    this.#end(this.#link, reason);
  }

  #connect(): Link {
    const { timeline, venue, path, entry, response } = this.#options;
    const link: Link = {
      toVenue: new Wire(timeline, entry),
      toEngine: new Wire(timeline, response),
      requests: new ChannelRequests(),
      session: null,
      isUp: false,
      isClosed: false,
      heardNs: timeline.nowNs,
      held: [],
    };
    link.toVenue.carry(() => {
      link.session = venue.open(path, {
        send: (text) => {
          link.toEngine.carry(() => this.#receive(link, text));
          return 0;
        },
        close: (code, reason) =>
          link.toEngine.carry(() => this.#end(link, `closed with ${code} ${reason}`.trimEnd())),
      });
      link.toEngine.carry(() => this.#opened(link));
    });
    return link;
  }

  #opened(link: Link): void {
    if (link.isClosed) return;
    this.#keepAlive(link, PING_AFTER_NS);
    if (this.#options.isLogin) this.#login(link);
    else this.#subscribe(link);
  }

  #login(link: Link): void {
    const { credentials, venueMs } = this.#options;
    const timestampSeconds = String(Math.floor(venueMs() / 1_000));
    const sign = signLogin({ timestampSeconds, secret: credentials.secret.reveal() });
    const apiKey = credentials.apiKey.reveal();
    const passphrase = credentials.passphrase.reveal();
    this.#say(link, encodeLogin({ apiKey, passphrase, timestampSeconds, sign }));
  }

  #subscribe(link: Link): void {
    for (const { text } of link.requests.open(WsOp.subscribe, this.#channels)) this.#say(link, text);
    this.#upIfDone(link);
  }

  #upIfDone(link: Link): void {
    if (link.isUp || link.isClosed || !link.requests.isEmpty) return;
    const { connection } = this.#options;
    link.isUp = true;
    this.#owner.onUp(connection);
    const { held } = link;
    link.held = [];
    for (const bytes of held) this.#owner.onFrame(connection, bytes, bytes.length);
  }

  #say(link: Link, text: string): void {
    link.toVenue.carry(() => link.session?.receive(text));
  }

  #end(link: Link, reason: string): void {
    if (link.isClosed) return;
    link.isClosed = true;
    link.toVenue.carry(() => link.session?.closed());
    const wasUp = link.isUp;
    link.isUp = false;
    if (wasUp) this.#owner.onDown(this.#options.connection, reason);
    this.#options.timeline.after(RECONNECT_NS, () => {
      this.#link = this.#connect();
    });
  }

  #receive(link: Link, text: string): void {
    if (link.isClosed) return;
    link.heardNs = this.#options.timeline.nowNs;
    // A character of the venue's texts is three bytes at most.
    if (this.#bytes.length < text.length * 3) this.#bytes = Buffer.allocUnsafe(text.length * 4);
    const bytes = this.#bytes;
    const length = bytes.write(text);
    const kind = frameKind(bytes, 0, length);
    if (kind === FrameKind.pong) return;
    // A refusal that answers none of our requests answers an order operation.
    if (kind === FrameKind.event && this.#control(link, decodeEvent(text))) return;
    if (link.isUp) this.#owner.onFrame(this.#options.connection, bytes, length);
    else link.held.push(Uint8Array.from(bytes.subarray(0, length)));
  }

  /** Whether the event was about the connection. */
  #control(link: Link, event: VenueEvent): boolean {
    switch (event.event) {
      case WsEvent.login:
        this.#subscribe(link);
        return true;
      case WsEvent.error:
      case WsEvent.subscribe:
      case WsEvent.unsubscribe: {
        const verdict = link.requests.answer(event);
        if (verdict === ChannelVerdict.foreign) return false;
        if (verdict === ChannelVerdict.refused) {
          const { refusedArgs, refusal } = link.requests;
          this.#channels = this.#channels.filter((each) => !refusedArgs.includes(each));
          this.#owner.onRefused(this.#options.connection, refusedArgs, refusal.code);
        }
        this.#upIfDone(link);
        return true;
      }
      default:
        return true;
    }
  }

  /** The venue closes a connection on which nothing is said for 30 s. */
  #keepAlive(link: Link, waitNs: Nanoseconds): void {
    const { timeline } = this.#options;
    timeline.after(waitNs, () => {
      if (link.isClosed) return;
      const silentNs = timeline.nowNs - link.heardNs;
      if (silentNs >= PING_AFTER_NS) this.#say(link, PING_TEXT);
      this.#keepAlive(link, silentNs >= PING_AFTER_NS ? PING_AFTER_NS : PING_AFTER_NS - silentNs);
    });
  }
}
