import { KillLevel } from '../risk/kill-ladder.ts';
import { OperatorCommand } from '../loop/loop-options.ts';
import type { FleetAccountStatus, FleetGroupStatus, FleetStatus } from '../../monitoring/fleet-status.ts';
import { GroupLimit } from './group-limits.ts';
import type { GroupLimitValues, GroupLimits } from './group-limits.ts';

/**
 * What all accounts are told when a limit is exceeded: what is lost stays lost, so nothing more is sent; what is held is too
 * much, so it is only made smaller.
 */
const COMMANDS: Readonly<Record<GroupLimit, OperatorCommand>> = {
  [GroupLimit.loss]: OperatorCommand.halt,
  [GroupLimit.drawdown]: OperatorCommand.halt,
  [GroupLimit.notional]: OperatorCommand.reduce,
};

/** How far a word holds an account back. */
const LEVEL_OF: Readonly<Partial<Record<OperatorCommand, number>>> = {
  [OperatorCommand.reduce]: KillLevel.reduceOnly,
  [OperatorCommand.halt]: KillLevel.halted,
};

/** Whether an account at this level is held back as far as the word asks, or farther. */
export function isHeldBack(level: string, command: OperatorCommand): boolean {
  const reached = Object.hasOwn(KillLevel, level) ? KillLevel[level as keyof typeof KillLevel] : 0;
  return reached >= (LEVEL_OF[command] ?? 0);
}

/** The limit that was exceeded, what is told for it, and how it stands; null when none was. */
export function exceededOf(
  limits: GroupLimits,
): { readonly limit: GroupLimit; readonly command: OperatorCommand; readonly text: string } | null {
  const limit = limits.tripped;
  if (limit === undefined) return null;
  const { lossMax, drawdownMax, notionalMax } = limits.values;
  const [key, max, now] = {
    [GroupLimit.loss]: ['lossMax', lossMax, limits.loss] as const,
    [GroupLimit.drawdown]: ['drawdownMax', drawdownMax, limits.drawdown] as const,
    [GroupLimit.notional]: ['notionalMax', notionalMax, limits.held] as const,
  }[limit];
  const command = COMMANDS[limit];
  return {
    limit,
    command,
    text: `fleet.${key}: expected at most ${max ?? 'none'} over all accounts, was exceeded (now ${now.toFixed(2)}); every account is told to ${command} until: npm run -s ctl -- resume`,
  };
}

/** What other limits are, or would be, in the place of the former ones; '' when they are the same. */
export function limitsChange(before: GroupLimitValues, after: GroupLimitValues, isDryRun = false): string {
  const [was, is] = [JSON.stringify(before), JSON.stringify(after)];
  return was === is ? '' : `limits over all ${isDryRun ? 'would be' : 'are'} ${is}, were ${was}`;
}

export function groupStatus(limits: GroupLimits): FleetGroupStatus {
  const { lossMax, drawdownMax, notionalMax } = limits.values;
  return {
    profit: limits.profit,
    held: limits.held,
    loss: limits.loss,
    drawdown: limits.drawdown,
    limits: { loss: lossMax ?? null, drawdown: drawdownMax ?? null, notional: notionalMax ?? null },
    exceeded: exceededOf(limits),
  };
}

/** All are ready, or which is not. */
export function readinessOf(
  accounts: readonly FleetAccountStatus[],
): Pick<FleetStatus, 'isReady' | 'reasons'> {
  const reasons = accounts
    .filter(({ isReady }) => !isReady)
    .map(({ account, phase, state, reason }) => {
      const why = reason === null || reason === 'none' ? '' : ` (${reason})`;
      return `${account}: expected quoting, was ${state ?? phase}${why}`;
    });
  return { isReady: reasons.length === 0, reasons };
}

/** How all stand, in one line. */
export function fleetLine({ accounts, group }: FleetStatus): string {
  const each = accounts.map(({ account, phase, state, level, reason, openOrders, profit }) => {
    if (state === null) return `${account} ${phase}`;
    const held = level === 'quoting' ? '' : ` (${level}: ${reason})`;
    return `${account} ${state}${held} orders ${openOrders} profit ${profit?.toFixed(2) ?? '?'}`;
  });
  const exceeded = group.exceeded === null ? '' : `, ${group.exceeded.limit} limit exceeded`;
  return [...each, `all: profit ${group.profit.toFixed(2)} held ${group.held.toFixed(0)}${exceeded}`].join(
    ' | ',
  );
}
