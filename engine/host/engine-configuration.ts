/**
 * The configuration that an engine runs by, and how it becomes another one while it runs.
 *
 *     plan ─▶ differs? may it? would it be taken?          nothing is changed, and every answer is known
 *       ▼
 *     apply ─▶ loop.configure ─▶ rooms, orders withdrawn ─▶ request(parameters) ─▶ publish ─▶ markets, so that workers look
 *
 * Owner:      the engine thread.
 * Invariants: one version is in force at a time: the core's, the published one and `config` are of the same; what is refused
 *             has changed none of them.
 * Cost:       cold.
 */
import { AssertionError } from '../base/assert.ts';
import type { FeeRates } from '../base/fee-rates.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import { ConfigurationWriter } from '../handoff/configuration-slot.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import type { Loop } from '../loop.ts';
import type { LoopParameters, ParameterChange } from '../loop/loop-configuration.ts';
import type { CommandResult } from '../loop/loop-options.ts';
import { levelsReadOf } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { Strategy } from '../../workers/strategy/strategy.ts';
import { changeText, differenceOf, refusalsOf } from './configuration-change.ts';
import { channelsOf, followersOf, parametersOf, publishedOf, strategiesOf } from './engine-parts.ts';
import { HostError } from './host-error.ts';
import { textOf } from './text-of.ts';

export interface EngineConfigurationOptions {
  readonly config: Config;
  readonly fees: readonly FeeRates[];
  readonly instruments: readonly Instrument[];
  readonly handoff: Handoff;
  readonly loop: Loop;
  readonly nowNs: Nanoseconds;
}

/** What a change comes to, before it is made. */
interface Plan {
  /** What differs, a line each; empty when nothing does. */
  readonly changes: readonly string[];
  /** Why it cannot be made, a line each; empty when it can. */
  readonly refusals: readonly string[];
  readonly next?: Next;
}

interface Next {
  readonly config: Config;
  readonly fees: readonly FeeRates[];
  readonly strategies: readonly StrategyParameters[];
  readonly change: ParameterChange;
}

export class EngineConfiguration {
  config: Config;
  fees: readonly FeeRates[];
  strategies: readonly StrategyParameters[];
  /** When the version in force came; that of the start, with it. */
  changedNs: Nanoseconds;
  applied = 0;
  refused = 0;
  /** What was refused last, '' when nothing was since the last change that was made. */
  refusal = '';

  readonly #instruments: readonly Instrument[];
  readonly #handoff: Handoff;
  readonly #loop: Loop;
  readonly #writer: ConfigurationWriter;
  /** What the sessions subscribe, and whose markets ring whose workers: settled at the start. */
  readonly #channels: readonly string[];
  readonly #followers: readonly (readonly number[])[];
  /** Of the change that the core is being given. */
  #pending: Next | undefined;

  constructor({ config, fees, instruments, handoff, loop, nowNs }: EngineConfigurationOptions) {
    this.config = config;
    this.fees = fees;
    this.strategies = strategiesOf(config, instruments, fees);
    this.changedNs = nowNs;
    this.#instruments = instruments;
    this.#handoff = handoff;
    this.#loop = loop;
    this.#writer = new ConfigurationWriter(handoff);
    this.#channels = this.#channelsOf(config);
    this.#followers = followersOf(this.strategies);
  }

  /** Of the configuration in force; 1 is the one of the start. */
  get version(): number {
    return this.#loop.configuration.version;
  }

  get limits(): LoopParameters['limits'] {
    return this.#loop.configuration.parameters.limits;
  }

  /** What would come of another configuration, in the operator's words. Changes nothing. */
  look(config: Config): CommandResult {
    const { changes, refusals } = this.#plan(config, this.fees);
    if (refusals.length > 0) return { isDone: false, text: this.#refusalText(refusals) };
    if (changes.length === 0) return this.#unchanged();
    return {
      isDone: true,
      text: listOf(`would be version ${this.version + 1}, nothing is changed yet`, changes),
    };
  }

  /** Makes the change as a whole, or leaves everything as it is and says why. What the core throws is thrown. */
  apply(config: Config, fees: readonly FeeRates[], nowNs: Nanoseconds): CommandResult {
    const { changes, refusals, next } = this.#plan(config, fees);
    if (refusals.length > 0) return this.#refuse(refusals);
    if (next === undefined) return this.#unchanged();
    this.#pending = next;
    const result = this.#loop.configure(next.change, nowNs);
    this.#pending = undefined;
    if (!result.isDone) return this.#refuse([result.text]);
    this.config = next.config;
    this.fees = next.fees;
    this.strategies = next.strategies;
    this.changedNs = nowNs;
    this.applied++;
    this.refusal = '';
    return { isDone: true, text: listOf(`version ${this.version}`, changes) };
  }

  /** Whatever else is wrong with it, a line each: the file cannot be read, for one. */
  refuse(problems: readonly string[], isDryRun = false): CommandResult {
    return isDryRun ? { isDone: false, text: this.#refusalText(problems) } : this.#refuse(problems);
  }

  /** The core has taken the change, and asks for the workers' share of it to be shown to them. */
  publish(): void {
    const { config, fees, strategies, change } = this.#pending!;
    this.#writer.publish(publishedOf(config, fees, strategies), change.version);
  }

  // ----------------------------------------------------------------------------------------------------- plan

  #plan(config: Config, fees: readonly FeeRates[]): Plan {
    const differences = differenceOf(this.config, config);
    const changes = [...differences.map(changeText), ...this.#feeChanges(fees), ...this.#rateChanges(config)];
    const refusals = refusalsOf(this.config, config, differences);
    if (refusals.length > 0) return { changes, refusals };
    let next: Next;
    try {
      next = this.#nextOf(config, fees, changes);
    } catch (error) {
      // A size between two lots, and what else only the venue's instruments can tell of a configuration.
      if (!(error instanceof HostError || error instanceof AssertionError)) throw error;
      return { changes, refusals: [textOf(error)] };
    }
    if (next.change.changes.length === 0) return { changes: [], refusals: [] };
    const more = this.#capacityRefusals(next);
    const told = next.change.changes;
    return more.length > 0 ? { changes: told, refusals: more } : { changes: told, refusals, next };
  }

  #nextOf(config: Config, fees: readonly FeeRates[], changes: readonly string[]): Next {
    const strategies = strategiesOf(config, this.#instruments, fees);
    // What a quoter would assert of them must not be found out by the quoters.
    for (const each of strategies)
      void new Strategy(each, Math.max(levelsReadOf(each), this.#handoff.marketLevels));
    const parameters = parametersOf(config, this.#instruments);
    const withdrawn = this.#withdrawnOf(strategies, parameters);
    const all = changes.length > 0 ? changes : this.#tableChanges(strategies);
    return {
      config,
      fees,
      strategies,
      change: { version: this.version + 1, withdrawn, parameters, changes: all },
    };
  }

  /** A file that the configuration names may be another one under its name. */
  #tableChanges(strategies: readonly StrategyParameters[]): string[] {
    return this.#instruments.flatMap(({ index, instId }) =>
      isSame(this.strategies[index], strategies[index])
        ? []
        : [`instruments[${index}].strategy.fair.microPriceFile (${instId}): the table in it is another one`],
    );
  }

  /** Whose quotes are others by the next parameters: all of them where what they share is another one. */
  #withdrawnOf(strategies: readonly StrategyParameters[], next: LoopParameters): number[] {
    const before = this.#loop.configuration.parameters;
    const isShared = !isSame([before.account, before.portfolio], [next.account, next.portfolio]);
    return this.#instruments.flatMap(({ index }) => {
      const isOwn =
        !isSame(this.strategies[index], strategies[index]) ||
        !isSame(before.limits[index], next.limits[index]);
      return isShared || isOwn ? [index] : [];
    });
  }

  /** What was laid out at the start and would have to be larger. */
  #capacityRefusals({ config, fees, strategies, change }: Next): string[] {
    const refusals: string[] = [];
    const levels = Math.max(...strategies.map(levelsReadOf));
    const { marketLevels } = this.#handoff;
    if (levels > marketLevels) {
      refusals.push(
        `instruments[].strategy.fair: expected to read at most ${marketLevels} levels of a book, as at the start, was ${levels}; restart the engine for more`,
      );
    }
    const missing = this.#channelsOf(config).filter((channel) => !this.#channels.includes(channel));
    if (missing.length > 0) {
      refusals.push(
        `channels: expected those of the start to do, was in need of ${missing.join(', ')}; restart the engine to subscribe them`,
      );
    }
    const led = followersOf(strategies).flatMap((followers, lead) =>
      followers.filter((follower) => !this.#followers[lead]!.includes(follower)),
    );
    for (const follower of new Set(led)) {
      refusals.push(
        `instruments[${follower}].strategy.fair.lead: expected the instrument of the start, or none, was another; restart the engine to follow it`,
      );
    }
    if (!this.#writer.fits(publishedOf(config, fees, strategies))) {
      refusals.push(
        'instruments: expected parameters that fit the memory laid out at the start; restart the engine',
      );
    }
    if (refusals.length > 0) return refusals;
    const refusal = this.#loop.configuration.refusalOf(change);
    return refusal === '' ? [] : [refusal];
  }

  #channelsOf(config: Config): string[] {
    return Object.values(channelsOf(config, this.#instruments)).flat().map(channelText);
  }

  #feeChanges(fees: readonly FeeRates[]): string[] {
    return this.#instruments.flatMap(({ index, instId }) => {
      const [before, after] = [this.fees[index]!, fees[index]!];
      if (isSame(before, after)) return [];
      const text = ({ makerRate, takerRate }: FeeRates): string => `maker ${makerRate}, taker ${takerRate}`;
      return [`fees of ${instId}: ${text(before)} -> ${text(after)}`];
    });
  }

  /** What a quote currency is worth now, where the configuration does not state it. */
  #rateChanges({ instruments }: Config): string[] {
    return this.#instruments.flatMap(({ index, instId, quoteCcy, usdRate }) => {
      const before = this.limits[index]!.notionalRate;
      const own = instruments[index];
      if (own === undefined || own.limits.quoteUsd !== undefined || before === usdRate) return [];
      return [`what one ${quoteCcy} is worth in dollars (${instId}): ${before} -> ${usdRate}`];
    });
  }

  // ------------------------------------------------------------------------------------------------- in words

  #unchanged(): CommandResult {
    return { isDone: true, text: `nothing differs: version ${this.version} stays in force` };
  }

  #refuse(refusals: readonly string[]): CommandResult {
    this.refused++;
    this.refusal = this.#refusalText(refusals);
    return { isDone: false, text: this.refusal };
  }

  #refusalText(refusals: readonly string[]): string {
    return listOf(`refused as a whole, version ${this.version} stays in force`, refusals);
  }
}

function listOf(head: string, rows: readonly string[]): string {
  return `${head}:\n${rows.map((row) => `  ${row}`).join('\n')}`;
}

function channelText({
  channel,
  instId,
  instType,
}: {
  channel: string;
  instId?: string;
  instType?: string;
}): string {
  return [channel, instId ?? instType ?? ''].filter((part) => part !== '').join(' ');
}

/** Of plain values. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
