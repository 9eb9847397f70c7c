import type { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { measureContenders } from '../contender.ts';
import type { Contender } from '../contender.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { BareContender } from '../peers/bare-contender.ts';
import { FeedFiles, withoutHeap } from '../peers/cpp-contender.ts';
import { cppContenders, messageContenders } from '../peers/peer-rows.ts';
import type { MessageRow } from '../peers/peer-rows.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { QUIET_PACE, TurnRig } from '../rig/turn-rig.ts';

const CHECKSUM_FRAMES = 2_000;
/** An answered frame with all that is around it, and the unanswered ones before it, takes long beside what is timed. */
const SHARE = 0.05;
/** In a quiet market few frames are answered: one in thirty of the recording. */
const FRAMES_PER_ANSWER_MAX = 256;

/** These answer every frame, and do nothing else: no guard, no diff, no gate, no budgets, no metrics. */
const TRADE_PEERS: readonly MessageRow[] = [
  { name: 'tick-to-trade:peer-json', kind: 'json', isTrade: true },
  { name: 'tick-to-trade:peer-ccxt', kind: 'ccxt', isTrade: true },
];

const NOTES = [
  'frame -> guard checked -> inline quoter -> diff, gate, budgets, metrics -> batch sent',
  'frame -> guard steps the side back -> diff, gate, budgets, metrics -> batch sent; no quoter in between',
];

/** From received bytes to the bytes of the batch that answers them, everything on. Frames without an answer give no value. */
export class TickToTrade implements Contender {
  readonly name: string;
  readonly feed: string;
  readonly share = SHARE;
  readonly hasUntimedWork = true;
  readonly #feed: FrameFeed;
  readonly #path: AnswerPath;
  readonly #rig: TurnRig;
  readonly #isJournaled: boolean | undefined;

  /** @param isJournaled with the journal on, or its name without; undefined where that is no question */
  constructor(feed: FrameFeed, path: AnswerPath, isClockRunning: boolean, isJournaled?: boolean) {
    this.name = path === AnswerPath.guard ? 'tick-to-trade:guard' : 'tick-to-trade';
    if (isJournaled !== undefined) this.name += isJournaled ? ':journaled' : ':unjournaled';
    this.#isJournaled = isJournaled;
    this.feed = feed.name;
    this.#feed = feed;
    this.#path = path;
    this.#rig = new TurnRig(feed, path, isClockRunning, QUIET_PACE, isJournaled === true);
  }

  get note(): string {
    const { frames, answered, unsettled } = this.#rig;
    const rest = unsettled === 0 ? '' : `, ${unsettled} of ${frames} not settled before the next`;
    return `${NOTES[this.#path]!}; ${Math.round((answered / frames) * 100)} % of frames answered${rest}`;
  }

  /** With a histogram an operation is a frame that is answered; without, so that bytes are those of a turn, any frame. */
  run(ops: number, latencies: Histogram | null): number {
    const rig = this.#rig;
    const frames = latencies === null ? ops : ops * FRAMES_PER_ANSWER_MAX;
    let recorded = 0;
    for (let frame = 0; frame < frames && recorded < ops; frame++) {
      if (rig.play() >= 0 && rig.hasAnswered && latencies !== null) {
        latencies.record(rig.elapsedNs());
        recorded++;
      }
      rig.settle();
    }
    return recorded;
  }

  /** The bytes of every batch of the first frames, by a clock that stands still between them. */
  checksum(): string {
    const fresh = new TickToTrade(this.#feed, this.#path, false, this.#isJournaled);
    const checksum = new Checksum();
    fresh.#rig.watch(checksum);
    fresh.run(Math.min(CHECKSUM_FRAMES, this.#feed.count), null);
    return checksum.text;
  }
}

export const tickToTrade: Benchmark = {
  name: 'tick-to-trade',
  about: 'received bytes -> book -> quotes -> bytes of the amend batch, in process, everything on',
  usesFeeds: true,
  async run({ feeds, effort, withPeers }: BenchContext): Promise<BenchResult[]> {
    const own = [AnswerPath.quote, AnswerPath.guard].flatMap((path) =>
      feeds.map((feed) => new TickToTrade(feed, path, true)),
    );
    if (withPeers === false) return measureContenders(own, effort);
    const files = new FeedFiles();
    try {
      const peers = [
        ...feeds.map((feed) => new BareContender('tick-to-trade:peer-bare', feed)),
        ...cppContenders('tick-to-trade:peer-cpp', 'trade', feeds, files),
        ...(await messageContenders(TRADE_PEERS, feeds, effort.isJudged)),
      ];
      return withoutHeap(measureContenders([...own, ...peers], effort));
    } finally {
      files.close();
    }
  },
};
