import type { VenueEvent } from '../okx/event-decoder.ts';
import { encodeSubscribe, encodeUnsubscribe, splitChannels } from '../okx/request-encoder.ts';
import { WsEvent, WsOp, type ChannelArg } from '../okx/shapes.ts';

type ChannelOp = typeof WsOp.subscribe | typeof WsOp.unsubscribe;

/** The events that can answer a channel request. */
export type ChannelAnswer = Extract<VenueEvent, { event: 'subscribe' | 'unsubscribe' | 'error' }>;
type Refusal = Extract<VenueEvent, { event: 'error' }>;

/** A subscription or unsubscription under way. */
interface ChannelRequest {
  readonly id: string;
  readonly op: ChannelOp;
  readonly waiting: ChannelArg[];
  /** Refusals so far. They do not say which channel they mean. */
  readonly refusals: Refusal[];
}

/** What an event meant for the requests under way. */
export const ChannelVerdict = {
  /** Not an answer to any of them. */
  foreign: 0,
  /** An answer; more are awaited. */
  counted: 1,
  /** The request is answered, and every channel of it was accepted. */
  done: 2,
  /** A subscription is answered, and some or all of its channels were refused: see `refused`. */
  refused: 3,
} as const;
export type ChannelVerdict = (typeof ChannelVerdict)[keyof typeof ChannelVerdict];

/**
 * Matches the venue's answers with the channel requests of one connection. Every channel is acknowledged on
 * its own; a refusal names no channel, so the channels that are left when as many refusals as channels are
 * left are the refused.
 */
export class ChannelRequests {
  readonly #requests = new Map<string, ChannelRequest>();
  #lastId = 0;
  /** Of the verdict `refused`. */
  refusedArgs: readonly ChannelArg[] = [];
  refusal: Refusal = { event: WsEvent.error, id: '', connId: '', code: -1, msg: '' };

  get isEmpty(): boolean {
    return this.#requests.size === 0;
  }

  isWaiting(id: string): boolean {
    return this.#requests.has(id);
  }

  /**
   * The texts to send and the ids they carry: one request, or several where the list of channels would be too
   * long.
   */
  open(op: ChannelOp, args: readonly ChannelArg[]): { readonly id: string; readonly text: string }[] {
    return splitChannels(args).map((waiting) => {
      // A letter first: ids of order operations are decimal numbers, so the two never meet.
      const id = `s${++this.#lastId}`;
      const text = op === WsOp.subscribe ? encodeSubscribe(id, waiting) : encodeUnsubscribe(id, waiting);
      this.#requests.set(id, { id, op, waiting, refusals: [] });
      return { id, text };
    });
  }

  /** For a request that was not sent after all. */
  forget(id: string): void {
    this.#requests.delete(id);
  }

  /** Takes an answer, or what may be one. */
  answer(event: ChannelAnswer): ChannelVerdict {
    const request = this.#requestOf(event);
    if (request === undefined) return ChannelVerdict.foreign;
    if (event.event === WsEvent.error) {
      request.refusals.push(event);
    } else {
      const index = request.waiting.findIndex((arg) => isSameChannel(arg, event.arg));
      if (index < 0) return ChannelVerdict.counted;
      request.waiting.splice(index, 1);
    }
    if (request.waiting.length > request.refusals.length) return ChannelVerdict.counted;
    this.#requests.delete(request.id);
    // What cannot be unsubscribed is not subscribed: nothing is left to do.
    if (request.waiting.length === 0 || request.op === WsOp.unsubscribe) return ChannelVerdict.done;
    this.refusedArgs = request.waiting;
    this.refusal = request.refusals[0]!;
    return ChannelVerdict.refused;
  }

  /** What an unanswered request still waits for, as text for a message. */
  describe(id: string): string {
    const request = this.#requests.get(id);
    if (request === undefined) return '';
    const codes = request.refusals.map((refusal) => refusal.code).join(', ');
    const channels = request.waiting
      .slice(0, 3)
      .map((arg) => `${arg.channel} ${arg.instId ?? arg.instType ?? ''}`);
    const asked = `${request.op} of ${request.waiting.length} channels (${channels.join(', ')})`;
    return `${asked} with refusals: ${codes || 'none'}`;
  }

  #requestOf(event: ChannelAnswer): ChannelRequest | undefined {
    if (event.id !== '') return this.#requests.get(event.id);
    // The id is echoed since 2025-05-29; without it the oldest request that could be meant is.
    for (const request of this.#requests.values()) {
      const isMeant =
        event.event === WsEvent.error ||
        (event.event === request.op && request.waiting.some((arg) => isSameChannel(arg, event.arg)));
      if (isMeant) return request;
    }
    return undefined;
  }
}

/** Whether both name the same channel to the last field. */
export function isEqualChannel(left: ChannelArg, right: ChannelArg): boolean {
  return (
    left.channel === right.channel &&
    left.instId === right.instId &&
    left.instType === right.instType &&
    left.instFamily === right.instFamily &&
    left.ccy === right.ccy
  );
}

/**
 * The venue echoes what it understood: fields may be missing or added, but those that both have are equal.
 */
function isSameChannel(asked: ChannelArg, told: ChannelArg): boolean {
  return (
    asked.channel === told.channel &&
    (asked.instId ?? told.instId) === (told.instId ?? asked.instId) &&
    (asked.instType ?? told.instType) === (told.instType ?? asked.instType) &&
    (asked.instFamily ?? told.instFamily) === (told.instFamily ?? asked.instFamily) &&
    (asked.ccy ?? told.ccy) === (told.ccy ?? asked.ccy)
  );
}
