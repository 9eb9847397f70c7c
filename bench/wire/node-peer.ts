/**
 * The peers of wire to wire that are made of packages, each in a process of this program: depth pushes in, an amend of two
 * orders out, and nothing else. Given the kind, the package's folder and the far side's URL.
 *
 *     ws-json   the package ws, JSON.parse, sorted arrays, JSON.stringify
 *     ccxt      a loop on watchOrderBook; editOrderRequest for both orders, sent by its own watch() as one message
 */
import { WebSocket } from 'ws';
import { benchInstrument } from '../feeds/bench-instrument.ts';
import { GENERATED_INST_ID, MIDDLE_TICKS } from '../feeds/generated-feed.ts';
import { ccxtAnswer, ccxtExchange, ccxtSymbol, loadCcxt } from '../peers/ccxt-peer.ts';
import { JsonPeer } from '../peers/json-peer.ts';
import { PlainQuoter } from '../peers/message-peer.ts';
import { halfSpreadTicksAt } from '../rig/engine-rig.ts';

export type NodePeerKind = 'ws-json' | 'ccxt';

/** Said when the first book is there, and whenever asked: how often it was taken off its core so far. */
export interface NodePeerReport {
  readonly switches: number;
}

const instruments = [benchInstrument(0, GENERATED_INST_ID, 1, 2)];
const halfSpreadTicks = [halfSpreadTicksAt(MIDDLE_TICKS)];

function report(): void {
  process.send!({ switches: process.resourceUsage().involuntaryContextSwitches } satisfies NodePeerReport);
}

async function runWsJson(url: string): Promise<void> {
  const peer = new JsonPeer(instruments, halfSpreadTicks);
  const depth = new WebSocket(`${url}/public`, { perMessageDeflate: false });
  const trade = new WebSocket(`${url}/trade`, { perMessageDeflate: false });
  let isReady = false;
  depth.on('message', (data: Buffer) => {
    const text = data.toString();
    if (text.startsWith('{"event"') || text.startsWith('{"id"')) return;
    const instrument = peer.take(text);
    if (isReady) trade.send(peer.answer(instrument));
    else {
      isReady = true;
      report();
    }
  });
  await Promise.all([depth, trade].map((socket) => new Promise((resolve) => socket.once('open', resolve))));
  const args = instruments.map(({ instId }) => ({ channel: 'books', instId }));
  depth.send(JSON.stringify({ op: 'subscribe', args }));
}

async function runCcxt(folderUrl: string, url: string): Promise<void> {
  const exchange = ccxtExchange(await loadCcxt(folderUrl), instruments, url);
  // It makes the agent of plain connections only when told to.
  await exchange.loadHttpProxyAgent();
  await exchange.authenticate();
  const instrument = instruments[0]!;
  const symbol = ccxtSymbol(instrument);
  const orders = exchange.getUrl('private', 'private');
  const quoter = new PlainQuoter(instruments, halfSpreadTicks);
  await exchange.watchOrderBook(symbol);
  report();
  for (;;) {
    const book = await exchange.watchOrderBook(symbol);
    const request = ccxtAnswer(exchange, instrument, symbol, quoter, book);
    // The acks are not waited for: the next frame may be there before them.
    exchange.watch(orders, request.id, request, request.id).catch(fail);
  }
}

function fail(error: unknown): void {
  console.error('wire-to-wire peer:', error);
  process.exit(1);
}

const [kind, folderUrl, url] = process.argv.slice(2) as [NodePeerKind, string, string];
process.on('message', report);
// Nobody is left to be measured for.
process.on('disconnect', () => process.exit(0));
(kind === 'ccxt' ? runCcxt(folderUrl, url) : runWsJson(url)).catch(fail);
