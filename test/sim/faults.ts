import { Random } from '../../engine/base/random.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { FrameFault } from './network.ts';
import { RestFault } from './sim-rest.ts';
import type { SimLink } from './sim-link.ts';
import { StepKind } from './sim-types.ts';
import type { FaultProfile } from './sim-types.ts';
import type { SimWorld } from './world.ts';
import { TagFaults } from './tag-faults.ts';
import { VenueFaults } from './venue-faults.ts';

/** Mean time between two faults, and between two deaths of the engine. */
const PACES: Readonly<
  Record<FaultProfile, { readonly faultNs: Nanoseconds; readonly crashNs: Nanoseconds }>
> = {
  none: { faultNs: Infinity, crashNs: Infinity },
  light: { faultNs: 60 * NS_PER_SECOND, crashNs: 1_800 * NS_PER_SECOND },
  heavy: { faultNs: 8 * NS_PER_SECOND, crashNs: 400 * NS_PER_SECOND },
};

const REST_FAULTS: readonly (readonly [string, RestFault])[] = [
  ['restLost', RestFault.lost],
  ['restUnanswered', RestFault.unanswered],
  ['restBroken', RestFault.broken],
  ['restRefused', RestFault.refused],
  ['restGateway', RestFault.gateway],
  ['restBusy', RestFault.busy],
  ['restUncertain', RestFault.uncertain],
  ['restStale', RestFault.stale],
  ['restCut', RestFault.cut],
  ['restLimited', RestFault.limited],
];

interface Fault {
  readonly name: string;
  /** How often it is drawn, against the others. */
  readonly weight: number;
  /** False when there was nothing to do it to. */
  readonly cause: () => boolean;
}

/** What goes wrong in a world, and when: drawn from the seed, counted by kind, and over at the time that was given. */
export class Faults {
  readonly counts: Record<string, number> = {};
  readonly #world: SimWorld;
  readonly #random: Random;
  readonly #venue: VenueFaults;
  readonly #tags: TagFaults | undefined;
  readonly #faults: readonly Fault[];
  readonly #weight: number;

  constructor(world: SimWorld, seed: number, profile: FaultProfile, untilNs: Nanoseconds) {
    this.#world = world;
    this.#random = new Random(seed ^ 0x6661756c);
    this.#venue = new VenueFaults(world, this.#random, untilNs);
    const hasTagFaults = world.options.hasTagFaults && profile !== 'none';
    this.#tags = hasTagFaults
      ? new TagFaults(world, seed, untilNs, () => this.#count('tagsLost'))
      : undefined;
    this.#faults = this.#list();
    this.#weight = this.#faults.reduce((sum, { weight }) => sum + weight, 0);
    world.faultsUntilNs = profile === 'none' ? world.nowNs : untilNs;
    const { faultNs, crashNs } = PACES[profile];
    // The first orders shall be there before anything happens to them.
    if (faultNs < Infinity) this.#repeat(faultNs, untilNs, () => this.#cause());
    if (crashNs < Infinity) this.#repeat(crashNs, untilNs, () => this.#crash(this.#random.unit() < 0.5));
  }

  /** Everything that was still wrong is right from now on. */
  stop(): void {
    const world = this.#world;
    world.restFault = RestFault.none;
    world.network.downUntilNs = 0;
    world.network.slowUntilNs = 0;
    world.disk.failures = 0;
    world.disk.slowUntilNs = 0;
    world.machine.clockOffMs = world.options.clockOffMs;
    world.calm();
    this.#venue.stop();
    this.#tags?.stop();
    for (const link of this.#links()) {
      link.toEngine.arm(FrameFault.none, () => false);
      link.toVenue.arm(FrameFault.none, () => false);
    }
    world.command('resume');
  }

  #repeat(meanNs: Nanoseconds, untilNs: Nanoseconds, run: () => void): void {
    const delayNs = this.#random.exponential(meanNs);
    if (this.#world.nowNs + delayNs >= untilNs) return;
    this.#world.timeline.after(delayNs, StepKind.fault, () => {
      run();
      this.#repeat(meanNs, untilNs, run);
    });
  }

  #cause(): void {
    let draw = this.#random.unit() * this.#weight;
    for (const { name, weight, cause } of this.#faults) {
      draw -= weight;
      if (draw >= 0) continue;
      if (cause()) this.#count(name);
      return;
    }
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
    this.#world.line(`fault: ${name}`);
  }

  /** @param isNow between two events; else in the middle of one, with something sent */
  #crash(isNow: boolean): void {
    if (this.#world.process === null) return;
    this.#count('crash');
    const restartNs = this.#seconds(0.2, this.#random.unit() < 0.3 ? 60 : 8);
    const isDelivered = this.#random.unit() < 0.5;
    if (isNow) this.#world.crash(isDelivered, restartNs);
    else this.#world.crashAfterSends(this.#random.below(40), isDelivered, restartNs);
  }

  // ------------------------------------------------------------------------------------------------- the list

  #list(): Fault[] {
    const frame = (name: string, connection: Connection, isOut: boolean, fault: FrameFault): Fault => ({
      name,
      weight: 2,
      cause: () => this.#arm(connection, isOut, fault),
    });
    return [
      frame('publicFrameLost', Connection.public, false, FrameFault.lost),
      frame('publicFrameTwice', Connection.public, false, FrameFault.twice),
      frame('publicFrameCut', Connection.public, false, FrameFault.cut),
      frame('updateLost', Connection.private, false, FrameFault.lost),
      frame('updateTwice', Connection.private, false, FrameFault.twice),
      frame('updateCut', Connection.private, false, FrameFault.cut),
      frame('ackLost', Connection.trade, false, FrameFault.lost),
      frame('ackTwice', Connection.trade, false, FrameFault.twice),
      frame('ackCut', Connection.trade, false, FrameFault.cut),
      frame('requestLost', Connection.trade, true, FrameFault.lost),
      frame('requestCut', Connection.trade, true, FrameFault.cut),
      // What the others carry meanwhile overtakes it.
      { name: 'pushesReordered', weight: 3, cause: () => this.#delay(Connection.private) },
      { name: 'acksReordered', weight: 3, cause: () => this.#delay(Connection.trade) },
      { name: 'connectionDelayed', weight: 4, cause: () => this.#stall(0.05, 2) },
      { name: 'connectionStalled', weight: 3, cause: () => this.#stall(2, 15) },
      { name: 'networkSlow', weight: 3, cause: () => this.#slowNetwork() },
      { name: 'networkDown', weight: 1, cause: () => this.#downNetwork() },
      { name: 'sessionDropped', weight: 6, cause: () => this.#drop(true) },
      { name: 'sessionLostSilently', weight: 2, cause: () => this.#drop(false) },
      { name: 'workerLost', weight: 2, cause: () => this.#loseWorker() },
      { name: 'workerStalled', weight: 3, cause: () => this.#stallWorker() },
      { name: 'engineStalled', weight: 2, cause: () => this.#stallEngine() },
      { name: 'clockJump', weight: 1, cause: () => this.#jumpClock() },
      { name: 'diskSlow', weight: 1, cause: () => this.#slowDisk() },
      { name: 'diskFull', weight: 1, cause: () => this.#failDisk() },
      { name: 'operator', weight: 4, cause: () => this.#operate() },
      ...REST_FAULTS.map(([name, fault]) => ({
        name,
        weight: 1,
        cause: () => {
          this.#world.restFault = fault;
          return true;
        },
      })),
      ...this.#venue.list(),
    ];
  }

  #links(): SimLink[] {
    return this.#world.process?.sessions.flatMap((session) => session.links) ?? [];
  }

  /** The link of a session that is up, or null. */
  #link(connection: Connection): SimLink | null {
    const session = this.#world.process?.sessions[connection];
    return session?.isUp ? session.link : null;
  }

  #anyConnection(): Connection {
    return this.#random.below(3) as Connection;
  }

  /** A span between two numbers of seconds, in nanoseconds. */
  #seconds(least: number, most: number): Nanoseconds {
    return Math.round((least + this.#random.unit() * (most - least)) * NS_PER_SECOND);
  }

  #arm(connection: Connection, isOut: boolean, fault: FrameFault): boolean {
    const link = this.#link(connection);
    if (link === null) return false;
    // Keep-alive is not what the fault is about.
    (isOut ? link.toVenue : link.toEngine).arm(fault, (text) => text.length > 4);
    return true;
  }

  #stall(least: number, most: number): boolean {
    const link = this.#link(this.#anyConnection());
    if (link === null) return false;
    const wire = this.#random.unit() < 0.7 ? link.toEngine : link.toVenue;
    wire.stall(this.#world.nowNs + this.#seconds(least, most));
    return true;
  }

  #delay(connection: Connection): boolean {
    const link = this.#link(connection);
    if (link === null) return false;
    link.toEngine.stall(this.#world.nowNs + this.#seconds(0.02, 0.6));
    return true;
  }

  #slowNetwork(): boolean {
    const { network, nowNs } = this.#world;
    network.slowMs = 20 + this.#random.below(2_000);
    network.slowUntilNs = nowNs + this.#seconds(1, 20);
    return true;
  }

  #downNetwork(): boolean {
    const { network, nowNs } = this.#world;
    network.downUntilNs = nowNs + this.#seconds(0.5, 25);
    for (const link of this.#links()) link.cut(this.#random.unit() < 0.5, this.#random.unit() < 0.7);
    return true;
  }

  #drop(isTold: boolean): boolean {
    const link = this.#link(this.#anyConnection());
    if (link === null) return false;
    link.cut(this.#random.unit() < 0.5, isTold);
    return true;
  }

  #loseWorker(): boolean {
    const { process, timeline } = this.#world;
    if (process === null || process.engine === null) return false;
    process.onThread(StepKind.fault, () => process.loseWorker());
    timeline.after(this.#seconds(0.02, 5), StepKind.fault, () =>
      process.onThread(StepKind.fault, () => process.startWorker()),
    );
    return true;
  }

  #stallWorker(): boolean {
    const { process, nowNs } = this.#world;
    if (process === null) return false;
    process.workersSilentUntilNs = nowNs + this.#seconds(0.1, 5);
    return true;
  }

  #stallEngine(): boolean {
    const { process, nowNs } = this.#world;
    if (process === null) return false;
    process.stalledUntilNs = nowNs + this.#seconds(0.1, this.#random.unit() < 0.3 ? 20 : 3);
    return true;
  }

  /** A step of the machine's clock, which is put right after a while. */
  #jumpClock(): boolean {
    const { machine, options, timeline } = this.#world;
    const reachMs = this.#random.unit() < 0.3 ? 40_000 : 3_000;
    machine.clockOffMs = Math.round((this.#random.unit() * 2 - 1) * reachMs);
    timeline.after(this.#seconds(5, 120), StepKind.fault, () => {
      machine.clockOffMs = options.clockOffMs;
    });
    return true;
  }

  #slowDisk(): boolean {
    const { disk, nowNs } = this.#world;
    disk.slowMs = 50 + this.#random.below(3_000);
    disk.slowUntilNs = nowNs + this.#seconds(1, 20);
    return true;
  }

  #failDisk(): boolean {
    this.#world.disk.failures = 1 + this.#random.below(3);
    return true;
  }

  /** An operator's command, and the word to go on a while later. */
  #operate(): boolean {
    const world = this.#world;
    if (world.engine === null) return false;
    world.command((['pause', 'reduce', 'flatten', 'halt', 'resume'] as const)[this.#random.below(5)]!);
    world.timeline.after(this.#seconds(1, 120), StepKind.fault, () => world.command('resume'));
    // What was just acknowledged must be there after a death.
    const crashNs = this.#seconds(0, 0.5);
    if (this.#random.unit() < 0.5 && world.nowNs + crashNs < world.faultsUntilNs)
      world.timeline.after(crashNs, StepKind.fault, () => this.#crash(true));
    return true;
  }
}
