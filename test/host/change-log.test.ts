import { beforeEach, describe, expect, it } from 'vitest';
import { ChangeLog } from '../../engine/host/change-log.ts';
import { Log } from '../../engine/host/log.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import type { KillLadder } from '../../engine/risk/kill-ladder.ts';
import { OperatorCommand } from '../../engine/loop/loop-options.ts';
import { HedgeWorld, SPOT, group } from '../loop/hedge-world.ts';
import { ScriptedWorld } from '../loop/scripted-venue.ts';

/** What a person reads of what happens inside the loop. */

const RESUME = '; `npm run -s ctl -- resume` takes it back';

let world: ScriptedWorld;
let ladder: KillLadder;
let changes: ChangeLog;
let lines: string[] = [];
let name = '';

beforeEach(() => {
  world = new ScriptedWorld().quoting();
  ({ ladder } = world.loop);
  name = world.loop.instruments[0]!.instId;
  lines = [];
  const log = new Log(world.clock, (line) => lines.push(line.slice(line.indexOf(' ') + 1).trimEnd()));
  changes = new ChangeLog(world.loop, log);
  changes.look();
  lines = [];
});

function said(): string[] {
  changes.look();
  return lines.splice(0);
}

describe('the log', () => {
  it('says nothing while nothing changes', () => {
    expect(said()).toEqual([]);
    world.quote();
    expect(said()).toEqual([]);
  });

  it('has one line for a step of the account, with its reason and the way back', () => {
    ladder.raise(KillTrigger.loss, KillLevel.halted, ACCOUNT);
    expect(said()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^halted: .*: the loss since the baseline reached account\\.lossMax${RESUME}; net profit `,
        ),
      ),
    ]);
    expect(said()).toEqual([]);
    ladder.resume();
    expect(said()).toEqual([expect.stringMatching(/^quoting may go on; net profit /)]);
  });

  it('says of one instrument which, and nothing of a way back that is its own', () => {
    ladder.raise(KillTrigger.volatility, KillLevel.wider, 0);
    expect(said()).toEqual([
      `${name}: wider: quotes stand twice as far: the fair price moved by brakes.volatilityBps within its window`,
    ]);
    ladder.raise(KillTrigger.volatility, KillLevel.paused, 0);
    expect(said()).toEqual([expect.stringContaining(`${name}: paused: `)]);
    ladder.clear(KillTrigger.volatility, 0);
    expect(said()).toEqual([`${name}: quoting may go on`]);
  });

  it('does not say that an instrument is back while the account’s level covers its own', () => {
    ladder.raise(KillTrigger.instrumentLoss, KillLevel.paused, 0);
    said();
    ladder.raise(KillTrigger.operator, KillLevel.halted, ACCOUNT);
    expect(said()).toEqual([expect.stringMatching(/^halted: /)]);
    ladder.clear(KillTrigger.operator, ACCOUNT);
    expect(said()).toEqual([expect.stringMatching(/^quoting may go on; /)]);
    ladder.clear(KillTrigger.instrumentLoss, 0);
    expect(said()).toEqual([`${name}: quoting may go on`]);
  });
});

it('says that a hedger has stopped and why, once, and that it may go on', () => {
  const hedged = new HedgeWorld([group({}, { lossMax: 30 })]).begin();
  const heard: string[] = [];
  const log = new Log(hedged.clock, (line) => heard.push(line.slice(line.indexOf(' ') + 1).trimEnd()));
  const hedgeChanges = new ChangeLog(hedged.loop, log);
  hedgeChanges.look();
  hedged.hold(SPOT, 1_000);
  hedged.settle();
  heard.length = 0;
  hedged.fillOrder(hedged.hedges()[0]!, 10, 10_001, '-40');
  hedgeChanges.look();
  hedgeChanges.look();
  expect(heard).toEqual([`hedge of BTC: stopped, its fills cost 39.99 of at most 30 a day${RESUME}`]);
  hedged.loop.command(OperatorCommand.resume, hedged.nowNs);
  hedgeChanges.look();
  expect(heard.slice(1)).toEqual(['hedge of BTC: may go on']);
});
