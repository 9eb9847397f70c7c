import { availableParallelism } from 'node:os';
import { LoopMode } from '../../engine/base/loop-mode.ts';
import { WaitStrategy } from '../../engine/handoff/doorbell.ts';
import { SocketClient } from '../../engine/venue/frame-socket.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { saySkipped, unavailable } from '../peers/availability.ts';
import { FeedFiles } from '../peers/cpp-contender.ts';
import { halfSpreads } from '../peers/half-spreads.ts';
import { FAR, WIRE, compiled } from '../peers/toolchain.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { EngineSide } from '../wire/engine-side.ts';
import type { Wiring } from '../wire/engine-side.ts';
import { farFeed } from '../wire/far-feed.ts';
import { startFar } from '../wire/far-place.ts';
import { measureWire } from '../wire/wire-contender.ts';
import type { FarMaker, WireRow } from '../wire/wire-contender.ts';
import { wirePeers } from '../wire/wire-peers.ts';
import { certificateText } from '../wire/wire-security.ts';
import type { WireSecurity } from '../wire/wire-security.ts';

/** The guard answers first with the side that is in danger, the quoter then with the other side. */
const BATCHES_PER_FRAME = [1, 2];
/** Threads that never sleep in the variant with a spinning worker: far side, engine, worker. */
const SPINNING_THREADS = 3;

interface WireVariant extends Wiring {
  readonly name: string;
  readonly note: string;
  readonly securities: readonly WireSecurity[];
}

const BOTH: readonly WireSecurity[] = ['plain', 'tls'];
const PLAIN: readonly WireSecurity[] = ['plain'];
const INLINE = { path: AnswerPath.quote, client: SocketClient.own, worker: undefined } as const;

const VARIANTS: readonly WireVariant[] = [
  {
    ...INLINE,
    name: 'wire-to-wire',
    mode: LoopMode.poll,
    securities: BOTH,
    note: 'engine: loop kept turning, quoter inline, our own client',
  },
  {
    ...INLINE,
    name: 'wire-to-wire:guard',
    path: AnswerPath.guard,
    mode: LoopMode.poll,
    securities: BOTH,
    note: 'engine: loop kept turning, answered by the guard, our own client',
  },
  {
    ...INLINE,
    name: 'wire-to-wire:ws',
    client: SocketClient.ws,
    mode: LoopMode.poll,
    securities: BOTH,
    note: 'engine: loop kept turning, quoter inline, the package ws',
  },
  {
    ...INLINE,
    name: 'wire-to-wire:sleep',
    mode: LoopMode.sleep,
    securities: BOTH,
    note: 'engine: event loop sleeps in epoll, quoter inline, our own client',
  },
  {
    ...INLINE,
    name: 'wire-to-wire:worker',
    mode: LoopMode.sleep,
    worker: WaitStrategy.block,
    securities: PLAIN,
    note: 'engine: sleeps, woken by waitAsync; worker thread sleeps in Atomics.wait: as npm start',
  },
  {
    ...INLINE,
    name: 'wire-to-wire:worker-turning',
    mode: LoopMode.poll,
    worker: WaitStrategy.block,
    securities: PLAIN,
    note: 'engine: loop kept turning, looks at the bell; worker thread sleeps in Atomics.wait',
  },
  {
    ...INLINE,
    name: 'wire-to-wire:worker-spin',
    mode: LoopMode.spin,
    worker: WaitStrategy.spin,
    securities: PLAIN,
    note: 'engine: spins on the bell after a market, else kept turning; worker thread spins',
  },
];

function rowsOf({ name, note, securities, ...wiring }: WireVariant): WireRow[] {
  return securities.map((security) => ({
    name,
    security,
    note,
    batchesPerFrame: BATCHES_PER_FRAME[wiring.path]!,
    hasHeap: true,
    connect: (_port, url) =>
      EngineSide.connect(wiring, url, security === 'tls' ? certificateText() : undefined),
  }));
}

function isSpinning({ worker }: WireVariant): boolean {
  return worker === WaitStrategy.spin;
}

export const wireToWire: Benchmark = {
  name: 'wire-to-wire',
  about: 'loopback: the venue writes a depth frame -> the venue has read the batch that answers it',
  usesFeeds: false,
  async run({ effort, withPeers }: BenchContext): Promise<BenchResult[]> {
    const files = new FeedFiles();
    try {
      const feed = farFeed();
      const feedFile = files.write(feed, halfSpreads(feed));
      const far = withPeers === false ? unavailable('no peers are wanted') : compiled(FAR);
      const farMaker: FarMaker = {
        note: far.isAvailable ? 'far side: C++, spins' : 'far side: Node, spins by setImmediate',
        start: (security) => startFar(far, security, feedFile),
      };
      if (!far.isAvailable && withPeers !== false)
        saySkipped(
          'the far side in C++',
          `${far.reason}; the one in Node plays for all: its turn is in every figure`,
        );
      const rows = VARIANTS.filter((variant) => !isSpinning(variant)).flatMap(rowsOf);
      if (withPeers !== false) rows.push(...wirePeers(compiled(WIRE), feedFile, effort.isJudged));
      const results = await measureWire(rows, farMaker, effort);
      if (availableParallelism() < SPINNING_THREADS) {
        saySkipped(
          'wire-to-wire:worker-spin',
          `far side, engine and worker all spin, which needs ${SPINNING_THREADS} cores and there are ${availableParallelism()}`,
        );
        return results;
      }
      // A spinning worker never sleeps: it is there only while it is measured, and nobody else is.
      return [
        ...results,
        ...(await measureWire(VARIANTS.filter(isSpinning).flatMap(rowsOf), farMaker, effort)),
      ];
    } finally {
      files.close();
    }
  },
};
