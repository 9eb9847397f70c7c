import { integerOf, objectOf, parseObject, requiredTextOf, textOf, type Fields } from './message-fields.ts';
import { WsEvent, type ChannelArg } from './shapes.ts';

interface EventCommon {
  /** The id of the request that this answers; '' when it had none. */
  readonly id: string;
  /** The venue's name of this connection, for its support; '' when absent. */
  readonly connId: string;
}

/** A control message, told apart by `event`. Codes are numbers; 0 is success, -1 absent. */
export type VenueEvent =
  | (EventCommon & { readonly event: 'login'; readonly code: number; readonly msg: string })
  | (EventCommon & { readonly event: 'subscribe' | 'unsubscribe'; readonly arg: ChannelArg })
  | (EventCommon & { readonly event: 'error'; readonly code: number; readonly msg: string })
  | (EventCommon & { readonly event: 'notice'; readonly code: number; readonly msg: string })
  | (EventCommon & {
      readonly event: 'channel-conn-count' | 'channel-conn-count-error';
      readonly channel: string;
      readonly connCount: number;
    })
  /** An event that this engine does not know: OKX adds them, and an unknown one is not an error. */
  | (EventCommon & { readonly event: 'other'; readonly name: string });

/**
 * Decodes a control message (frameKind `event`). Cold: JSON.parse with guards.
 *
 * @throws OkxMessageError when it is not JSON, has no `event`, or a known event lacks what it is for
 */
export function decodeEvent(text: string): VenueEvent {
  const fields = parseObject(text);
  const name = requiredTextOf(fields, 'event');
  const common: EventCommon = { id: textOf(fields, 'id'), connId: textOf(fields, 'connId') };
  switch (name) {
    case WsEvent.login:
    case WsEvent.error:
    case WsEvent.notice:
      return { ...common, event: name, code: integerOf(fields, 'code'), msg: textOf(fields, 'msg') };
    case WsEvent.subscribe:
    case WsEvent.unsubscribe:
      return { ...common, event: name, arg: channelArgOf(fields) };
    case WsEvent.channelConnCount:
    case WsEvent.channelConnCountError:
      return {
        ...common,
        event: name,
        channel: requiredTextOf(fields, 'channel'),
        connCount: integerOf(fields, 'connCount'),
      };
    default:
      return { ...common, event: 'other', name };
  }
}

/** The `arg` of an ack or a push: its texts, with a channel among them. */
export function channelArgOf(message: Fields): ChannelArg {
  const fields = objectOf(message['arg'], 'arg');
  const arg: Record<string, string> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (typeof value === 'string') arg[name] = value;
  }
  return { ...arg, channel: requiredTextOf(fields, 'channel') };
}
