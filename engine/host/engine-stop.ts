import { NS_PER_MS } from '../base/units.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import type { AccountDesk } from './account-desk.ts';
import type { DeadMansSwitch } from './dead-mans-switch.ts';
import type { EngineWorld } from './engine-world.ts';
import type { MmpDesk } from './mmp-desk.ts';
import { textOf } from './text-of.ts';

/** The stop waits so long for the venue to confirm cancels by push before it asks by REST. */
const STOP_WAIT_MS = 3_000;
const LOOK_MS = 20;

/** What is left when an engine has stopped. */
export interface StopReport {
  /** The venue has confirmed that no order of ours rests. */
  readonly isConfirmed: boolean;
  readonly detail: string;
}

export interface EngineStopParts {
  readonly world: EngineWorld;
  readonly loop: Loop;
  readonly desk: AccountDesk;
  readonly deadMansSwitch: DeadMansSwitch;
  readonly mmp: MmpDesk;
}

/**
 * Withdraws everything, and sees that the venue has nothing of ours left. Only then, and only by an engine that is whole, is
 * the dead man's switch put out; else it fires, and cancels what could not be.
 *
 * @param isBroken whether the loop or its table cannot be believed by now: then the venue alone is asked
 * @returns with what the loop threw when it was told, undefined when it did not
 */
export async function withdrawAll(
  parts: EngineStopParts,
  isBroken: () => boolean,
): Promise<{ report: StopReport; thrown: unknown }> {
  const { world, loop, desk, deadMansSwitch, mmp } = parts;
  desk.close();
  deadMansSwitch.close();
  let thrown: unknown;
  try {
    loop.stop(world.clock.nowNs());
    await Promise.all([mmp.cancelAll(), untilNoOrders(world, loop)]);
  } catch (error) {
    thrown = error;
    world.log(`stop: ${textOf(error)}; cancelling by REST`);
  }
  const isUnclean = (): boolean => isBroken() || thrown !== undefined;
  const { problem, cancelled } = await desk.confirm(isUnclean());
  if (problem !== '') {
    const detail = `orders may be left at the venue: ${problem}; check them there`;
    return { report: { isConfirmed: false, detail }, thrown };
  }
  // A list that is some seconds old may leave out what a broken table cannot name: then the switch has the last word.
  if (!isUnclean()) await putOut(parts);
  const detail =
    cancelled === 0
      ? 'all orders cancelled and confirmed'
      : `${cancelled} orders cancelled by REST and confirmed`;
  return { report: { isConfirmed: true, detail }, thrown };
}

async function putOut({ world, deadMansSwitch }: EngineStopParts): Promise<void> {
  try {
    await deadMansSwitch.disarm();
  } catch (error) {
    world.log(`dead man’s switch: not put out: ${textOf(error)}; it fires on nothing`);
  }
}

/** Without the trade session no cancel has left, and none will be confirmed: REST does both. */
async function untilNoOrders(world: EngineWorld, loop: Loop): Promise<void> {
  const endNs = world.clock.nowNs() + STOP_WAIT_MS * NS_PER_MS;
  while (world.isSessionUp(Connection.trade) && loop.openOrders > 0 && world.clock.nowNs() < endNs) {
    await world.waitMs(LOOK_MS);
  }
}
