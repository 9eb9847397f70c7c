import type { Clock } from '../../engine/base/clock.ts';
import type { Random } from '../../engine/base/random.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { decodeEvent } from '../../engine/okx/event-decoder.ts';
import type { VenueEvent } from '../../engine/okx/event-decoder.ts';
import { FrameKind, frameKind } from '../../engine/okx/frame-kind.ts';
import { encodeLogin } from '../../engine/okx/request-encoder.ts';
import { PING_TEXT, WsEvent, WsOp } from '../../engine/okx/shapes.ts';
import type { ChannelArg } from '../../engine/okx/shapes.ts';
import { signLogin } from '../../engine/okx/sign.ts';
import { UPGRADE_NOTICE_CODE } from '../../engine/okx/venue-limits.ts';
import type { Session } from '../../engine/paper/gateway/session.ts';
import type { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import { ChannelRequests, ChannelVerdict } from '../../engine/venue/channel-requests.ts';
import type { Credentials } from '../../engine/venue/credentials.ts';
import { SESSION_TIMINGS } from '../../engine/venue/session-timings.ts';
import { Wire } from './network.ts';
import type { Network } from './network.ts';
import { StepKind } from './sim-types.ts';
import type { Timeline } from './timeline.ts';

/** What a link needs of the process that it belongs to. */
export interface LinkHost {
  readonly timeline: Timeline;
  readonly network: Network;
  readonly venue: PaperVenue;
  readonly random: Random;
  readonly clock: Clock;
  readonly credentials: Credentials;
  readonly offsetMs: Milliseconds;
  /** Runs it on the process's one thread: now, or when the thread turns again; never when the process is dead. */
  onThread(kind: StepKind, run: () => void): void;
  /** As `onThread`, for timers: after what sockets brought in the meantime. */
  onTimer(delayNs: Nanoseconds, run: () => void): void;
}

export interface LinkOwner {
  linkUp(link: SimLink): void;
  linkDown(link: SimLink, reason: string): void;
  linkFrame(link: SimLink, kind: FrameKind, bytes: Uint8Array, recvNs: Nanoseconds): void;
  linkNotice(link: SimLink): void;
  linkRefused(link: SimLink, args: readonly ChannelArg[], code: number): void;
}

export const LinkStage = { connecting: 0, loggingIn: 1, subscribing: 2, up: 3, closed: 4 } as const;
export type LinkStage = (typeof LinkStage)[keyof typeof LinkStage];

// As the process sets them (host.ts), and its session's defaults for the rest.
const PING_AFTER_NS = 3 * NS_PER_SECOND;
const PONG_WITHIN_NS = 2 * NS_PER_SECOND;
const CONNECT_TIMEOUT_NS = SESSION_TIMINGS.connectTimeoutMs * NS_PER_MS;
const ANSWER_TIMEOUT_NS = SESSION_TIMINGS.loginTimeoutMs * NS_PER_MS;

/** One simulated socket and what is said on it before it carries frames: as engine/venue/link.ts, without the socket. */
export class SimLink {
  readonly toVenue: Wire;
  readonly toEngine: Wire;
  stage: LinkStage = LinkStage.connecting;
  upSinceNs: Nanoseconds = 0;
  readonly #host: LinkHost;
  readonly #owner: LinkOwner;
  readonly #isLogin: boolean;
  readonly #channels: () => readonly ChannelArg[];
  readonly #requests = new ChannelRequests();
  #session: Session | null = null;
  /** What is on its way to the venue never arrives. */
  #isLostOnWay = false;
  /** What came before the link was up, until it is. */
  #held: { readonly kind: FrameKind; readonly bytes: Uint8Array; readonly recvNs: Nanoseconds }[] | null = [];
  #heardNs: Nanoseconds = 0;
  #pingedNs: Nanoseconds = 0;

  constructor(
    host: LinkHost,
    owner: LinkOwner,
    path: string,
    isLogin: boolean,
    channels: () => readonly ChannelArg[],
  ) {
    const { timeline, network, random } = host;
    this.#host = host;
    this.#owner = owner;
    this.#isLogin = isLogin;
    this.#channels = channels;
    this.toVenue = new Wire(timeline, network, random, StepKind.toVenue);
    this.toEngine = new Wire(timeline, network, random, StepKind.toEngine);
    timeline.after(network.delayNs(), StepKind.toVenue, () => this.#reach(path));
    host.onTimer(CONNECT_TIMEOUT_NS, () => {
      if (this.stage === LinkStage.connecting) this.fail('connect: no answer');
    });
  }

  /** The venue's connection as it sees it; null before it stands and after its end. */
  get session(): Session | null {
    return this.#session;
  }

  /** The network lets it go. What is on its way to the venue arrives or not; whether we are told, time tells. */
  cut(isDelivered: boolean, isTold: boolean): void {
    const session = this.#session;
    if (!isDelivered) this.#isLostOnWay = true;
    // The venue notices too, when the last that reaches it has.
    this.toVenue.pass(() => session?.closed());
    this.#isDeaf = true;
    if (isTold) this.#host.onThread(StepKind.fault, () => this.fail('connection reset'));
  }

  #isDeaf = false;

  send(text: string): void {
    if (this.#isDeaf) return;
    this.toVenue.push(text, (arrived) => {
      if (!this.#isLostOnWay) this.#session?.receive(arrived);
    });
  }

  /** We are done with it. */
  close(): void {
    if (this.stage === LinkStage.closed) return;
    this.stage = LinkStage.closed;
    this.#held = null;
    const session = this.#session;
    this.toVenue.pass(() => session?.closed());
  }

  /** The process has died: what it had sent arrives or not. */
  abandon(isDelivered: boolean): void {
    if (!isDelivered) this.#isLostOnWay = true;
    this.close();
  }

  fail(reason: string): void {
    if (this.stage === LinkStage.closed) return;
    this.close();
    this.#owner.linkDown(this, reason);
  }

  /** Hands over what was held back, and from now on everything at once. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const { kind, bytes, recvNs } of held) this.#owner.linkFrame(this, kind, bytes, recvNs);
  }

  #reach(path: string): void {
    if (this.stage === LinkStage.closed) return;
    const { network, timeline, venue } = this.#host;
    if (network.isDown) {
      timeline.after(network.delayNs(), StepKind.toEngine, () =>
        this.#host.onThread(StepKind.toEngine, () => this.fail('connection refused')),
      );
      return;
    }
    this.#session = venue.open(path, {
      send: (text) => {
        if (!this.#isDeaf) this.toEngine.push(text, (arrived) => this.#arrive(arrived));
        return 0;
      },
      close: (code, reason) => {
        if (this.#isDeaf) return;
        this.toEngine.pass(() =>
          this.#host.onThread(StepKind.toEngine, () => this.fail(`closed with ${code} ${reason}`)),
        );
      },
    });
    this.toEngine.pass(() => this.#host.onThread(StepKind.toEngine, () => this.#opened()));
  }

  #opened(): void {
    if (this.stage !== LinkStage.connecting) return;
    this.#heardNs = this.#host.timeline.nowNs;
    this.#watchSilence(PING_AFTER_NS);
    if (!this.#isLogin) {
      this.#subscribe();
      return;
    }
    this.stage = LinkStage.loggingIn;
    const { credentials, clock, offsetMs } = this.#host;
    const timestampSeconds = String(Math.floor((clock.wallMs() + offsetMs) / 1_000));
    const sign = signLogin({ timestampSeconds, secret: credentials.secret.reveal() });
    const apiKey = credentials.apiKey.reveal();
    this.send(encodeLogin({ apiKey, passphrase: credentials.passphrase.reveal(), timestampSeconds, sign }));
    this.#await(LinkStage.loggingIn);
  }

  #subscribe(): void {
    this.stage = LinkStage.subscribing;
    for (const { text } of this.#requests.open(WsOp.subscribe, this.#channels())) this.send(text);
    this.#await(LinkStage.subscribing);
    this.#upIfDone();
  }

  #await(stage: LinkStage): void {
    this.#host.onTimer(ANSWER_TIMEOUT_NS, () => {
      if (this.stage === stage) this.fail('no answer to login or subscription');
    });
  }

  #upIfDone(): void {
    if (this.stage !== LinkStage.subscribing || !this.#requests.isEmpty) return;
    this.stage = LinkStage.up;
    this.upSinceNs = this.#host.timeline.nowNs;
    this.#owner.linkUp(this);
  }

  #arrive(text: string): void {
    if (this.#isDeaf) return;
    this.#host.onThread(StepKind.toEngine, () => this.#received(text));
  }

  #received(text: string): void {
    if (this.stage === LinkStage.closed) return;
    const { nowNs } = this.#host.timeline;
    this.#heardNs = nowNs;
    const bytes = Buffer.from(text);
    const kind = frameKind(bytes, 0, bytes.length);
    if (kind === FrameKind.event) this.#control(text, bytes);
    else if (kind !== FrameKind.pong) this.#deliver(kind, bytes, nowNs);
  }

  #deliver(kind: FrameKind, bytes: Uint8Array, recvNs: Nanoseconds): void {
    if (this.#held !== null) this.#held.push({ kind, bytes, recvNs });
    else this.#owner.linkFrame(this, kind, bytes, recvNs);
  }

  #control(text: string, bytes: Uint8Array): void {
    const event = readEvent(text);
    if (event === undefined) return;
    const isOurs = this.#handle(event);
    // A refusal that answers none of our requests answers an order operation.
    if (!isOurs && !this.#isClosed) this.#deliver(FrameKind.event, bytes, this.#host.timeline.nowNs);
  }

  get #isClosed(): boolean {
    return this.stage === LinkStage.closed;
  }

  #handle(event: VenueEvent): boolean {
    switch (event.event) {
      case WsEvent.login:
        if (this.stage === LinkStage.loggingIn) this.#subscribe();
        return true;
      case WsEvent.error:
        if (this.stage !== LinkStage.loggingIn) return this.#answered(event);
        this.fail(`login refused with ${event.code}`);
        return true;
      case WsEvent.subscribe:
      case WsEvent.unsubscribe:
        this.#answered(event);
        return true;
      case WsEvent.notice:
        if (event.code === UPGRADE_NOTICE_CODE) this.#owner.linkNotice(this);
        return true;
      default:
        return true;
    }
  }

  #answered(event: Extract<VenueEvent, { event: 'subscribe' | 'unsubscribe' | 'error' }>): boolean {
    const verdict = this.#requests.answer(event);
    if (verdict === ChannelVerdict.foreign) return false;
    if (verdict === ChannelVerdict.refused) {
      this.#owner.linkRefused(this, this.#requests.refusedArgs, this.#requests.refusal.code);
    }
    this.#upIfDone();
    return true;
  }

  #watchSilence(waitNs: Nanoseconds): void {
    this.#host.onTimer(waitNs, () => this.#checkSilence());
  }

  #checkSilence(): void {
    if (this.stage === LinkStage.closed) return;
    const { nowNs } = this.#host.timeline;
    const silentNs = nowNs - this.#heardNs;
    if (this.#heardNs < this.#pingedNs) {
      const waitedNs = nowNs - this.#pingedNs;
      if (waitedNs < PONG_WITHIN_NS) this.#watchSilence(PONG_WITHIN_NS - waitedNs);
      else this.fail('silence');
    } else if (silentNs < PING_AFTER_NS) {
      this.#watchSilence(PING_AFTER_NS - silentNs);
    } else {
      this.#pingedNs = nowNs;
      this.send(PING_TEXT);
      this.#watchSilence(PONG_WITHIN_NS);
    }
  }
}

function readEvent(text: string): VenueEvent | undefined {
  try {
    return decodeEvent(text);
  } catch {
    // A frame that was cut: the request that it answers stays unanswered, and the link fails by its time.
    return undefined;
  }
}
