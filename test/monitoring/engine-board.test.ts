import type { Clock } from '../../engine/base/clock.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Board } from '../../engine/host/board.ts';
import type { Engine } from '../../engine/host/engine.ts';
import { OperatorCommand } from '../../engine/loop/loop-options.ts';
import { Exposition } from '../../monitoring/exposition.ts';
import { StatusReader } from '../../monitoring/status.ts';
import type { Status } from '../../monitoring/status.ts';
import { SimWorld } from '../sim/world.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import { describe, expect, test } from 'vitest';

/** A whole engine against the paper venue, in virtual time and without faults, and what is seen of it. */
class Watched {
  readonly world = new SimWorld(1);
  readonly clock: Clock = {
    nowNs: () => this.world.nowNs,
    readNs: (into, at) => void (into[at] = this.world.nowNs),
    wallMs: () => this.world.nowMs,
  };

  get engine(): Engine {
    return this.world.engine!;
  }

  async run(seconds: number): Promise<void> {
    await this.world.runUntil(this.world.nowNs + seconds * NS_PER_SECOND, () => {});
  }

  /** Its answer waits for the state to be on disk, which takes virtual time. */
  async command(command: OperatorCommand): Promise<void> {
    const answered = this.engine.command(command);
    await this.run(2);
    expect(await answered).toMatchObject({ isDone: true });
  }

  status(): Status {
    new Board(this.engine).post(this.world.nowNs);
    return new StatusReader(this.engine.memory, this.clock).status();
  }
}

async function quoting(): Promise<Watched> {
  const watched = new Watched();
  for (let second = 0; second < 120; second++) {
    await watched.run(1);
    if (watched.world.engine !== null && watched.status().state === 'quoting') return watched;
  }
  throw new Error(`expected an engine that quotes within two minutes, was ${watched.world.lines.join('\n')}`);
}

describe('the board of an engine', () => {
  test('shows it as it is', async () => {
    const watched = await quoting();
    await watched.run(90);
    const status = watched.status();
    const { loop, config } = watched.engine;
    expect(status.kill.level).toBe('quoting');
    expect(status.limits.lossMax).toBe(config.account.lossMax);
    expect(status.limits.drawdownMax).toBe(config.account.drawdownMax ?? config.account.lossMax);
    expect(status.risk.loss).toBeGreaterThanOrEqual(0);
    expect(status.disk).toMatchObject({ isSaved: true, failures: 0 });
    expect(status.disk.saves).toBeGreaterThan(0);
    expect(status.account).toMatchObject({ recoveries: 1, recoveryDifferences: 0, ordersInDoubt: 0 });
    expect(status.account.audits).toBe(loop.account.audits);
    if (config.engine.deadMansSwitchSeconds > 0) {
      expect(status.deadMansSwitch.beats).toBeGreaterThan(10);
      expect(status.deadMansSwitch.leftSeconds).toBeGreaterThan(0);
    }
    expect(status.instruments.reduce((sum, each) => sum + each.fillCount, 0)).toBeGreaterThan(0);
    for (const [index, shown] of status.instruments.entries()) {
      const { lot } = loop.instruments[index]!;
      expect(shown.kill).toEqual({ level: 'quoting', reason: 'none' });
      expect(shown.book).toMatchObject({ state: 'synced', isQuotable: true });
      expect(shown.position.size).toBe(lot.toText(loop.ledger.positionLots[index]!));
      expect(shown.orderCount).toBe(loop.table.openCounts[index]!);
      expect(shown.limits.positionSizeMax).not.toBeNull();
    }
  });

  test('shows what holds it back, and that it is over', async () => {
    const watched = await quoting();
    await watched.command(OperatorCommand.reduce);
    expect(watched.status()).toMatchObject({
      state: 'reducing',
      isReady: false,
      kill: { level: 'reduceOnly', reason: 'operator', triggers: [{ trigger: 'operator', scopes: 1 }] },
    });
    await watched.command(OperatorCommand.pause);
    const paused = watched.status();
    expect(paused).toMatchObject({ state: 'paused', kill: { level: 'paused', reason: 'operator' } });
    expect(paused.reasons).toContain('engine: expected quoting, was paused (operator)');
    for (const { kill } of paused.instruments) expect(kill).toEqual({ level: 'paused', reason: 'operator' });
    await watched.command(OperatorCommand.halt);
    expect(watched.status()).toMatchObject({
      state: 'halted',
      kill: { level: 'halted', reason: 'operator' },
    });
    await watched.command(OperatorCommand.resume);
    expect(watched.status()).toMatchObject({ state: 'quoting', kill: { level: 'quoting', triggers: [] } });
  });

  test('gives a scrape what is known and leaves out what is not', async () => {
    const watched = await quoting();
    watched.status();
    const text = await new Exposition(watched.engine.memory, watched.clock).render();
    const families = parsePrometheusText(text);
    const samples = (name: string): readonly number[] =>
      families.get(name)!.samples.map(({ value }) => value);
    expect(samples('okxmm_kill_level')).toEqual([0]);
    expect(samples('okxmm_state_unsaved')).toEqual([0]);
    expect(samples('okxmm_recoveries_total')).toEqual([1]);
    expect(samples('okxmm_account_loss_max_quote')).toEqual([watched.engine.config.account.lossMax]);
    expect(samples('okxmm_order_doubt_age_seconds'), 'nothing is in doubt').toEqual([]);
    for (const { name, samples: all } of families.values()) {
      for (const { value } of all) expect(value, name).not.toBeNaN();
    }
  });
});
