import type { Instrument } from '../../engine/base/instrument.ts';
import { JsonPeer } from './json-peer.ts';
import type { MessagePeer } from './message-peer.ts';
import type { DepthPush } from './plain-book.ts';

/** As much of the package's client as is called; nothing is connected. */
interface OkxApiClient {
  on(event: 'update', handler: (push: DepthPush) => void): void;
  onWsMessage(event: { type: string; data: string }, key: string, socket: unknown): void;
}

interface OkxApiModule {
  readonly WebsocketClient: new (options: object, logger: object) => OkxApiClient;
}

const KEY = 'prodPublic';
const silent = (): void => undefined;

/** okx-api's handling of a push up to its `update` event, with the plain book behind it: it brings none of its own. */
export async function okxApiPeers(
  folderUrl: string,
): Promise<(instruments: readonly Instrument[], halfSpreadTicks: readonly number[]) => MessagePeer> {
  const { WebsocketClient } = (await import(`${folderUrl}dist/mjs/index.js`)) as OkxApiModule;
  const logger = { trace: silent, info: silent, error: fail };
  return (instruments, halfSpreadTicks) => {
    const plain = new JsonPeer(instruments, halfSpreadTicks);
    const client = new WebsocketClient({}, logger);
    let instrument = -1;
    client.on('update', (push) => {
      instrument = plain.apply(push);
    });
    return {
      take(text) {
        instrument = -1;
        client.onWsMessage({ type: 'message', data: text }, KEY, undefined);
        if (instrument < 0) throw new Error('okx-api: expected an update');
        return instrument;
      },
      answer: (index) => plain.answer(index),
      book: (index) => plain.book(index),
    };
  };
}

function fail(...args: readonly unknown[]): never {
  throw new Error(`okx-api: ${args.map(String).join(' ')}`);
}
