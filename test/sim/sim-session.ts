import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../engine/base/units.ts';
import { FrameKind } from '../../engine/okx/frame-kind.ts';
import type { ChannelArg } from '../../engine/okx/shapes.ts';
import { Backoff } from '../../engine/venue/backoff.ts';
import type { ConnectLimiter } from '../../engine/venue/connect-limiter.ts';
import { isEqualChannel } from '../../engine/venue/channel-requests.ts';
import { SESSION_TIMINGS } from '../../engine/venue/session-timings.ts';
import { LinkStage, SimLink } from './sim-link.ts';
import type { LinkHost, LinkOwner } from './sim-link.ts';

export interface SessionListener {
  onFrame(connection: number, bytes: Uint8Array, recvNs: Nanoseconds): void;
  onUp(connection: number): void;
  onDown(connection: number, reason: string): void;
  onSwitched(connection: number): void;
  onRefused(connection: number, args: readonly ChannelArg[], code: number): void;
}

export interface SimSessionOptions {
  readonly connection: number;
  readonly path: string;
  readonly isLogin: boolean;
  readonly channels: readonly ChannelArg[];
  readonly limiter: ConnectLimiter;
}

/**
 * A lasting session over changing links, as engine/venue/session.ts: it comes back by itself, and moves to a new link ahead
 * of an announced upgrade before the old one is let go.
 */
export class SimSession implements LinkOwner {
  readonly #host: LinkHost;
  readonly #listener: SessionListener;
  readonly #options: SimSessionOptions;
  readonly #backoff: Backoff;
  #channels: readonly ChannelArg[];
  #active: SimLink | null = null;
  #successor: SimLink | null = null;
  readonly #lingering = new Set<SimLink>();
  /** A newer try to connect makes older ones void. */
  #tries = 0;
  #isClosed = false;

  constructor(host: LinkHost, listener: SessionListener, options: SimSessionOptions) {
    this.#host = host;
    this.#listener = listener;
    this.#options = options;
    this.#channels = options.channels;
    const { backoffMinMs, backoffMaxMs } = SESSION_TIMINGS;
    this.#backoff = new Backoff(backoffMinMs, backoffMaxMs, host.random);
    this.#connectAfter(0);
  }

  get isUp(): boolean {
    return this.#active?.stage === LinkStage.up;
  }

  /** The link that carries the session now, for faults. */
  get link(): SimLink | null {
    return this.#active;
  }

  /** Every link that still carries something. */
  get links(): SimLink[] {
    return [this.#active, this.#successor, ...this.#lingering].filter((link) => link !== null);
  }

  send(text: string): boolean {
    if (!this.isUp) return false;
    this.#active!.send(text);
    return true;
  }

  reconnect(reason: string): void {
    this.#active?.fail(reason);
  }

  /** The process ends by itself; sockets are closed, and what was sent before still goes out. */
  close(): void {
    this.#isClosed = true;
    for (const link of this.links) link.close();
  }

  abandon(isDelivered: boolean): void {
    this.#isClosed = true;
    for (const link of this.links) link.abandon(isDelivered);
  }

  linkUp(link: SimLink): void {
    const { connection } = this.#options;
    if (link === this.#active) {
      this.#listener.onUp(connection);
      link.release();
      return;
    }
    const old = this.#active;
    if (link !== this.#successor || old === null) return;
    this.#active = link;
    this.#successor = null;
    this.#lingering.add(old);
    this.#host.onTimer(SESSION_TIMINGS.lingerMs * NS_PER_MS, () => {
      this.#lingering.delete(old);
      old.close();
    });
    this.#listener.onSwitched(connection);
    link.release();
  }

  linkDown(link: SimLink, reason: string): void {
    if (this.#isClosed) return;
    if (link === this.#successor) {
      this.#successor = null;
      this.#connectAfter(this.#backoff.next());
      return;
    }
    if (link !== this.#active) {
      this.#lingering.delete(link);
      return;
    }
    this.#active = null;
    if (link.upSinceNs > 0) {
      const upNs = this.#host.timeline.nowNs - link.upSinceNs;
      if (upNs >= SESSION_TIMINGS.stableAfterMs * NS_PER_MS) this.#backoff.reset();
      this.#listener.onDown(this.#options.connection, reason);
    }
    if (this.#successor !== null) {
      this.#active = this.#successor;
      this.#successor = null;
    } else this.#connectAfter(this.#backoff.next());
  }

  linkFrame(link: SimLink, kind: FrameKind, bytes: Uint8Array, recvNs: Nanoseconds): void {
    // A link that was left has been replaced in all but the acks of what went out on it.
    if (link !== this.#active && (kind === FrameKind.push || !this.isUp)) return;
    this.#listener.onFrame(this.#options.connection, bytes, recvNs);
  }

  linkNotice(link: SimLink): void {
    if (link !== this.#active || !this.isUp || this.#successor !== null) return;
    this.#connectAfter(0);
  }

  linkRefused(_link: SimLink, args: readonly ChannelArg[], code: number): void {
    this.#channels = this.#channels.filter((each) => !args.some((arg) => isEqualChannel(each, arg)));
    this.#listener.onRefused(this.#options.connection, args, code);
  }

  #connectAfter(waitMs: Milliseconds): void {
    const number = ++this.#tries;
    this.#host.onTimer(waitMs * NS_PER_MS, () => {
      if (this.#isClosed || number !== this.#tries) return;
      const turnMs = this.#options.limiter.reserve(this.#host.timeline.nowNs);
      this.#host.onTimer(Math.min(turnMs * NS_PER_MS, 10 * NS_PER_SECOND), () => {
        if (!this.#isClosed && number === this.#tries) this.#connect();
      });
    });
  }

  #connect(): void {
    const { path, isLogin } = this.#options;
    const link = new SimLink(this.#host, this, path, isLogin, () => this.#channels);
    if (this.isUp) this.#successor = link;
    else this.#active = link;
  }
}
