import { Random } from '../../engine/base/random.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import type { Config, InstrumentConfig } from '../../engine/config/schema.ts';
import { strategy as strategySchema } from '../../engine/config/strategy-schema.ts';
import { modelOf } from './options.ts';
import { StepKind } from './sim-types.ts';
import type { SimWorld } from './world.ts';

type Group = Config['portfolio']['groups'][number];

/** Mean time between two changes of the configuration. */
const PACE_NS: Nanoseconds = 6 * NS_PER_SECOND;

/**
 * The configuration changes while its engine runs, whatever else happens to it: other quotes, tighter limits, other timings,
 * and now and then a change that must be refused whole. Never beyond the limits of the world, which checkers hold it to.
 */
export class Reloads {
  applied = 0;
  refused = 0;
  readonly #world: SimWorld;
  readonly #random: Random;

  constructor(world: SimWorld, seed: number, untilNs: Nanoseconds) {
    this.#world = world;
    this.#random = new Random(seed ^ 0x72656c6f);
    this.#repeat(untilNs);
    // What heals is compared with the limits of the world.
    world.timeline.after(untilNs - world.nowNs, StepKind.fault, () => this.#reload(world.options.config));
  }

  #repeat(untilNs: Nanoseconds): void {
    const delayNs = this.#random.exponential(PACE_NS);
    if (this.#world.nowNs + delayNs >= untilNs) return;
    this.#world.timeline.after(delayNs, StepKind.fault, () => {
      this.#reload(this.#draw(this.#world.options.config));
      this.#repeat(untilNs);
    });
  }

  #reload(config: Config): void {
    const world = this.#world;
    const { process } = world;
    if (process === null || process.engine === null) return;
    process.onThread(StepKind.fault, () => {
      const engine = process.engine!;
      const { version, parameters } = engine.loop.configuration;
      const before = JSON.stringify(parameters);
      const { isDone, text } = engine.configure(config);
      if (isDone) this.applied++;
      else this.refused++;
      const { configuration } = engine.loop;
      const isAsSaid = isDone
        ? configuration.version === version + 1 || text.startsWith('nothing differs')
        : configuration.version === version && JSON.stringify(configuration.parameters) === before;
      if (!isAsSaid) world.failed('a reload that is half applied', text);
      // Whatever state it is in, it can be asked why; that this changes nothing, the replay of the journal shows.
      for (const { instId } of engine.instruments) {
        for (const { order, state, why } of engine.explain(instId)!.levels) {
          const isTold =
            order === null ? state === 'absent' && /^absent: ./.test(why) : !why.startsWith('absent');
          if (!isTold) world.failed('a level that is not explained', `${instId}: ${state}: ${why}`);
        }
      }
      world.line(`reload: ${isDone ? 'done' : 'refused'}: ${text}`);
      world.timeline.isSettling = true;
    });
  }

  #draw(config: Config): Config {
    const random = this.#random;
    const instruments = config.instruments.map((each) => (random.unit() < 0.6 ? this.#drawOne(each) : each));
    const quoteAgeMsMax = 200 + random.below(2_000);
    const groups = config.portfolio.groups.map((each) => this.#drawGroup(each));
    const next = {
      ...config,
      instruments,
      portfolio: { groups },
      engine: { ...config.engine, quoteAgeMsMax },
    };
    // A key that cannot change, beside all those that could.
    return random.unit() < 0.2 ? { ...next, metrics: { ...config.metrics, port: 1 } } : next;
  }

  /** Tighter, another hedge, or none. */
  #drawGroup(group: Group): Group {
    const random = this.#random;
    const { hedge } = group;
    if (random.unit() < 0.5) return group;
    return {
      ...group,
      delta: (Number(group.delta) * (0.3 + 0.7 * random.unit())).toFixed(8),
      skew: random.unit(),
      hedge: {
        ...hedge,
        isOn: random.unit() < 0.8,
        passiveMs: random.below(5_000),
        ordersPerMinute: 1 + random.below(hedge.ordersPerMinute),
        slippageBps: 1 + random.below(50),
      },
    };
  }

  #drawOne(instrument: InstrumentConfig): InstrumentConfig {
    const random = this.#random;
    const { strategy, limits } = instrument;
    const drawn =
      this.#world.options.hasReloads && random.unit() < 0.3
        ? strategySchema.parse({ ...strategy, ...modelOf(random) })
        : strategy;
    const isTight = random.unit() < 0.3 && Number(limits.orderSize) < Number(limits.position);
    return {
      ...instrument,
      strategy: {
        ...drawn,
        halfSpreadBps: strategy.halfSpreadBps * (0.5 + random.unit()),
        levels: 1 + random.below(strategy.levels),
        priceToleranceTicks: 1 + random.below(strategy.priceToleranceTicks),
      },
      limits: { ...limits, position: isTight ? limits.orderSize : limits.position },
    };
  }
}
