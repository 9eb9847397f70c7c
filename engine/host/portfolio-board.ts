/**
 * Shows groups and their hedgers in the metrics, by coin.
 *
 * Owner:      the engine thread.
 * Invariants: it reads and decides nothing; a coin whose group is no more is shown as one that never had any.
 * Cost:       a coin is a look for its group, and a pass over the group's instruments for each side.
 */
import { HedgePhase } from '../base/hedge-phase.ts';
import { Side } from '../base/side.ts';
import type { Loop } from '../loop.ts';
import { coinsOf } from '../metrics/catalog.ts';
import type { MetricId } from '../metrics/catalog.ts';
import type { MetricsMemory, MetricsWriter } from '../metrics/cells.ts';

export class PortfolioBoard {
  readonly #loop: Pick<Loop, 'groups' | 'hedge' | 'gate'>;
  readonly #writer: MetricsWriter;
  readonly #coins: readonly string[];

  constructor(loop: Pick<Loop, 'groups' | 'hedge' | 'gate'>, memory: MetricsMemory, writer: MetricsWriter) {
    this.#loop = loop;
    this.#writer = writer;
    this.#coins = coinsOf(memory.dimensions);
  }

  post(): void {
    for (let index = 0; index < this.#coins.length; index++) this.#post(index);
  }

  #post(coin: number): void {
    const { groups, hedge, gate } = this.#loop;
    const group = groups.groups.findIndex((each) => each.coin === this.#coins[coin]);
    const terms = groups.groups[group];
    const hedger = hedge.hedgers[group];
    const isHedged = terms !== undefined && terms.hedge !== null;
    this.#set('groupDelta', coin, terms === undefined ? NaN : groups.netCoins[group]!);
    this.#set('groupDeltaMax', coin, terms?.deltaCoinsMax ?? NaN);
    for (const side of [Side.buy, Side.sell]) {
      const worst = terms === undefined ? NaN : gate.groups.worst(group, side);
      this.#writer.set(this.#writer.cell('groupWorst', coin, side), side === Side.buy ? worst : -worst);
    }
    this.#set('hedgePhase', coin, hedger?.phase ?? HedgePhase.off);
    this.#set('hedgeOrders', coin, hedger?.orderCount ?? 0);
    this.#set('hedgeCost', coin, isHedged ? hedger!.loss.cost : NaN);
    this.#set('hedgeCostMax', coin, isHedged ? hedger!.loss.lossMax : NaN);
  }

  #set(id: MetricId, coin: number, value: number): void {
    this.#writer.set(this.#writer.cell(id, coin), value);
  }
}
