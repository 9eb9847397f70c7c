import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig, sumOf } from './engine-process.ts';
import { RunningProcess, descendantsOf, isRunning, until } from './running-process.ts';

/** An engine whose event loop is kept turning, with the venue it starts itself: it does all that a sleeping one does. */

const scratch = new Scratch();
afterEach(() => RunningProcess.endAll());
afterAll(() => scratch.remove());

const WAIT_OF = { poll: 'block', spin: 'spinThenBlock' } as const;

function start(loop: 'poll' | 'spin'): EngineProcess {
  const config = exampleConfig();
  Object.assign(config.engine, { loop, wait: WAIT_OF[loop] });
  return new EngineProcess(['--config', scratch.write(config)]);
}

describe.each(['poll', 'spin'] as const)('the engine told to %s', (loop) => {
  it('quotes, keeps its sessions and its switch, and stops on Ctrl-C with every order cancelled', async () => {
    const engine = start(loop);
    await engine.quotesEverything(30_000);
    const before = await engine.metrics();
    // On a busy machine it may have fallen back by now: either way it says which it is, and is one of the two.
    const hasFallen = sumOf(before, 'okxmm_loop_fallbacks_total') > 0;
    const modes = before.get('okxmm_loop_mode')!.samples.filter(({ value }) => value === 1);
    expect(modes).toHaveLength(1);
    if (!hasFallen) expect(modes[0]!.labels['loop_mode']).toBe(loop);
    expect(engine.process.output).toContain(`loop: ${loop}`);

    await until(
      'timers, workers, orders and the switch to go on',
      async () => {
        const now = await engine.metrics();
        const risen = [
          'okxmm_turns_total',
          'okxmm_quotes_taken_total',
          'okxmm_acks_total',
          'okxmm_switch_beats_total',
          'okxmm_event_loop_lag_seconds',
        ].map((name) => countOf(now, name) > countOf(before, name));
        // Counted once a second.
        const hasTurned = sumOf(now, 'okxmm_event_loop_turns_total') > 0;
        return (hasTurned && risen.every(Boolean)) || undefined;
      },
      15_000,
    );
    const after = await engine.metrics();
    expect(sumOf(after, 'okxmm_session_up')).toBe(3);
    expect(sumOf(after, 'okxmm_session_reconnects_total')).toBe(0);
    expect(sumOf(after, 'okxmm_worker_restarts_total')).toBe(0);

    const family = [engine.process.pid, ...descendantsOf(engine.process.pid)];
    engine.process.kill('SIGINT');
    expect(await engine.process.ended(), engine.process.output).toEqual({ code: 0, signal: null });
    expect(engine.process.stdout).toContain('all orders cancelled and confirmed');
    expect(family.filter(isRunning)).toEqual([]);
  });
});

/** A counter's sum over its series, or how often a histogram recorded. */
function countOf(families: Awaited<ReturnType<EngineProcess['metrics']>>, name: string): number {
  const samples = families.get(name)!.samples.filter((sample) => !('le' in sample.labels));
  return samples.reduce((sum, { value }) => sum + value, 0);
}
