import type { Instrument } from '../../engine/base/instrument.ts';
import type { Contender } from '../contender.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { saySkipped } from './availability.ts';
import { ccxtPeer, loadCcxt } from './ccxt-peer.ts';
import { CppContender } from './cpp-contender.ts';
import type { CppTask, FeedFiles } from './cpp-contender.ts';
import { halfSpreads } from './half-spreads.ts';
import { JsonPeer } from './json-peer.ts';
import { MessageContender } from './message-contender.ts';
import type { MessagePeer } from './message-peer.ts';
import { okxApiPeers } from './okx-api-peer.ts';
import { CCXT, OKX_API, peerPackage } from './packages.ts';
import { SCANNER, compiled } from './toolchain.ts';
import type { PeerProgram } from './toolchain.ts';

type MakePeer = (instruments: readonly Instrument[], halfSpreadTicks: readonly number[]) => MessagePeer;

/** A row of peers that take messages as text. */
export interface MessageRow {
  readonly name: string;
  readonly kind: 'json' | 'okx-api' | 'ccxt';
  readonly isTrade: boolean;
}

const NOTES: Readonly<Record<MessageRow['kind'], string>> = {
  json: 'JSON.parse, sorted arrays of levels written plainly, continuity checked',
  'okx-api': `okx-api ${OKX_API.version}: its client up to the update event; the book behind it is that of json-parse`,
  ccxt: `ccxt pro ${CCXT.version}: its client's onMessage up to the changed book`,
};
const TRADE_NOTES: Readonly<Record<MessageRow['kind'], string>> = {
  json: '; two quotes, JSON.stringify',
  'okx-api': '; two quotes, JSON.stringify',
  ccxt: '; two quotes, editOrderRequest for each, both in one message',
};

/** A C++ program, the scanner unless told, on every feed; none, said in a line, where it cannot be compiled. */
export function cppContenders(
  name: string,
  task: CppTask,
  feeds: readonly FrameFeed[],
  files: FeedFiles,
  source: PeerProgram = SCANNER,
): Contender[] {
  const program = compiled(source);
  if (!program.isAvailable) {
    saySkipped(name, program.reason);
    return [];
  }
  return feeds.map(
    (feed) => new CppContender(name, program.thing, files.write(feed, halfSpreads(feed)), task, feed),
  );
}

/** Each row on every feed; a row whose package is not to be had is left out, said in a line. */
export async function messageContenders(
  rows: readonly MessageRow[],
  feeds: readonly FrameFeed[],
  mayFetch: boolean,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const { name, kind, isTrade } of rows) {
    const make = await makerOf(name, kind, mayFetch);
    if (make === undefined) continue;
    const note = `${NOTES[kind]}${isTrade ? TRADE_NOTES[kind] : ''}`;
    for (const feed of feeds) {
      const halfSpreadTicks = halfSpreads(feed);
      contenders.push(
        new MessageContender(name, note, feed, () => make(feed.instruments, halfSpreadTicks), isTrade),
      );
    }
  }
  return contenders;
}

async function makerOf(
  name: string,
  kind: MessageRow['kind'],
  mayFetch: boolean,
): Promise<MakePeer | undefined> {
  if (kind === 'json') return (instruments, halfSpreadTicks) => new JsonPeer(instruments, halfSpreadTicks);
  const folder = peerPackage(kind === 'ccxt' ? CCXT : OKX_API, mayFetch);
  if (!folder.isAvailable) {
    saySkipped(name, folder.reason);
    return undefined;
  }
  if (kind === 'okx-api') return okxApiPeers(folder.thing);
  const Exchange = await loadCcxt(folder.thing);
  return (instruments, halfSpreadTicks) => ccxtPeer(Exchange, instruments, halfSpreadTicks);
}
