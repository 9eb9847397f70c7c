import { Balances } from './checkers/balances.ts';
import { BookTruth } from './checkers/book-truth.ts';
import { SwitchArmed } from './checkers/dead-mans-switch.ts';
import { GroupLimit } from './checkers/group-limit.ts';
import { Healed } from './checkers/healed.ts';
import { KillLevels } from './checkers/kill-levels.ts';
import { KillState } from './checkers/kill-state.ts';
import { LossLimit } from './checkers/loss-limit.ts';
import { MessageRates } from './checkers/message-rates.ts';
import { Money } from './checkers/money.ts';
import { OthersOrders } from './checkers/others-orders.ts';
import { OwnMarks } from './checkers/own-marks.ts';
import { PositionLimit } from './checkers/position-limit.ts';
import { ProfitIdentity } from './checkers/profit-identity.ts';
import { Protection } from './checkers/protection.ts';
import { SelfCross } from './checkers/self-cross.ts';
import { Shared } from './checkers/shared.ts';
import { Tags } from './checkers/tags.ts';
import { UnknownOrders } from './checkers/unknown-orders.ts';
import type { Checker } from './sim-types.ts';

/** Everything that must hold in a world, in the order in which it is looked at: new ones for each world. */
export function checkers(): Checker[] {
  const shared = new Shared();
  return [
    new OwnMarks(shared),
    new Tags(shared),
    new OthersOrders(shared),
    new KillLevels(shared),
    new PositionLimit(shared),
    new GroupLimit(shared),
    new SelfCross(shared),
    new BookTruth(shared),
    new MessageRates(shared),
    new SwitchArmed(shared),
    new Money(shared),
    new Balances(shared),
    new ProfitIdentity(shared),
    new LossLimit(shared),
    new Protection(),
    new UnknownOrders(shared),
    new KillState(),
    new Healed(shared),
  ];
}
