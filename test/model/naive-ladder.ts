import { ACCOUNT, KillLevel, KillTrigger, TRIGGER_RULES } from '../../engine/risk/kill-ladder.ts';

interface Held {
  readonly trigger: KillTrigger;
  readonly scope: number;
  readonly level: KillLevel;
}

/** A list of what is held, in the order in which levels were reached; every question looks through all of it. */
export class NaiveLadder {
  held: Held[] = [];

  raise(trigger: KillTrigger, level: KillLevel, scope: number): void {
    const isSame = (each: Held): boolean => each.trigger === trigger && each.scope === scope;
    if (this.held.some((each) => isSame(each) && each.level === level)) return;
    this.held = this.held.filter((each) => !isSame(each));
    if (level !== KillLevel.quoting) this.held.push({ trigger, scope, level });
  }

  resume(): void {
    this.held = this.held.filter(({ trigger }) => TRIGGER_RULES[trigger]!.wayBack === 'automatic');
  }

  scopeLevel(scope: number): KillLevel {
    const levels = this.held.filter((each) => each.scope === scope).map((each) => each.level);
    return Math.max(KillLevel.quoting, ...levels) as KillLevel;
  }

  scopeReason(scope: number): KillTrigger {
    const level = this.scopeLevel(scope);
    return (
      this.held.find((each) => each.scope === scope && each.level === level)?.trigger ?? KillTrigger.none
    );
  }

  level(instrument: number): KillLevel {
    return Math.max(this.scopeLevel(ACCOUNT), this.scopeLevel(instrument)) as KillLevel;
  }

  reason(instrument: number): KillTrigger {
    const isOwn = this.scopeLevel(instrument) > this.scopeLevel(ACCOUNT);
    return this.scopeReason(isOwn ? instrument : ACCOUNT);
  }
}
