import { saySkipped } from '../peers/availability.ts';
import type { Availability } from '../peers/availability.ts';
import { CCXT, peerPackage } from '../peers/packages.ts';
import { CppParty } from './cpp-party.ts';
import { NodeParty } from './node-party.ts';
import type { WireRow } from './wire-contender.ts';
import type { WireSecurity } from './wire-security.ts';

const SECURITIES: readonly WireSecurity[] = ['plain', 'tls'];
const PEER = { batchesPerFrame: 1, hasHeap: false } as const;

/** The peers that are to be had on this machine; each that is not is said in a line. */
export function wirePeers(program: Availability<string>, feedFile: string, mayFetch: boolean): WireRow[] {
  const rows: WireRow[] = [];
  if (program.isAvailable) {
    for (const wait of ['spin', 'epoll'] as const) {
      const note = wait === 'spin' ? 'never blocks' : 'blocks in epoll';
      for (const security of SECURITIES) {
        rows.push({
          ...PEER,
          name: `peer:cpp-${wait}`,
          security,
          note: `C++ on raw sockets, ${note}: book, two quotes, one masked batch in one write; acks are not looked into`,
          connect: (port) => CppParty.connect(program.thing, feedFile, port, security, wait),
        });
      }
    }
  } else {
    for (const name of ['peer:cpp-spin', 'peer:cpp-epoll']) saySkipped(name, program.reason);
  }
  rows.push(
    ...nodeRows('peer:ws-json', 'ws-json', '', 'the package ws, JSON.parse, sorted arrays, JSON.stringify'),
  );
  const ccxt = peerPackage(CCXT, mayFetch);
  if (ccxt.isAvailable) {
    const note = `ccxt pro ${CCXT.version}: a loop on watchOrderBook, editOrderRequest for each order, both in one message`;
    rows.push(...nodeRows('peer:ccxt', 'ccxt', ccxt.thing, note));
  } else {
    saySkipped('peer:ccxt', ccxt.reason);
  }
  return rows;
}

function nodeRows(name: string, kind: 'ws-json' | 'ccxt', folderUrl: string, note: string): WireRow[] {
  return SECURITIES.map((security) => ({
    ...PEER,
    name,
    security,
    note: `${note}; its event loop sleeps`,
    connect: (_port, url) => NodeParty.connect(kind, folderUrl, url),
  }));
}
