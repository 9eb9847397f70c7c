import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineProcess, Scratch, exampleConfig, sumOf } from './engine-process.ts';
import { RunningProcess, descendantsOf, isRunning, until } from './running-process.ts';

/** The engine with the venue it starts itself: what `npm start` runs, on a free metrics port. */

const scratch = new Scratch();
let configFile = '';

beforeAll(() => {
  const config = exampleConfig();
  // Close to the market, so that fills come in seconds.
  for (const { strategy } of config.instruments)
    Object.assign(strategy, { halfSpreadBps: 0.1, levelStepBps: 0.5 });
  configFile = scratch.write(config);
});

afterEach(() => RunningProcess.endAll());

afterAll(() => scratch.remove());

const start = (): EngineProcess => new EngineProcess(['--config', configFile]);

function venueOf(engine: EngineProcess): number {
  const children = descendantsOf(engine.process.pid);
  expect(children).toHaveLength(1);
  return children[0]!;
}

describe('the engine with its embedded venue', () => {
  it('is alive and ready, and its counters rise while its position stays bounded', async () => {
    const engine = start();
    const first = await engine.quotesEverything(5_000);
    expect(first).toMatchObject({ state: 'quoting', isReady: true, reasons: [], venue: 'paper' });
    const base = await engine.base();
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);

    const before = await engine.metrics();
    const counters = [
      ['okxmm_quotes_taken_total', {}],
      ['okxmm_acks_total', { result: 'accepted' }],
      ['okxmm_book_updates_total', {}],
      ['okxmm_turns_total', {}],
      ['okxmm_fills_total', {}],
    ] as const;
    await until(
      'every counter to rise',
      async () => {
        const now = await engine.metrics();
        for (const { labels, value } of now.get('okxmm_position_lots')!.samples) {
          const max = sumOf(now, 'okxmm_position_max_lots', labels);
          expect(max).toBeGreaterThan(0);
          expect(Math.abs(value)).toBeLessThanOrEqual(max);
        }
        return (
          counters.every(([name, labels]) => sumOf(now, name, labels) > sumOf(before, name, labels)) ||
          undefined
        );
      },
      30_000,
    );

    const { instruments } = await engine.status();
    for (const { name, position, limits, book, quotes } of instruments) {
      expect(book.isQuotable, name).toBe(true);
      expect(quotes.length, name).toBeGreaterThan(0);
      expect(Math.abs(Number(position.size))).toBeLessThanOrEqual(Number(limits.positionSizeMax));
    }
    expect(sumOf(await engine.metrics(), 'okxmm_book_gaps_total')).toBe(0);
    expect(sumOf(await engine.metrics(), 'okxmm_frames_malformed_total')).toBe(0);
    expect(sumOf(await engine.metrics(), 'okxmm_illegal_transitions_total')).toBe(0);

    const venue = venueOf(engine);
    engine.process.kill('SIGTERM');
    expect(await engine.process.ended()).toEqual({ code: 0, signal: null });
    expect(isRunning(venue)).toBe(false);
  }, 60_000);

  it('does not outlive the engine, however that ends', async () => {
    const engine = start();
    await engine.quotesEverything();
    const venue = venueOf(engine);
    engine.process.kill('SIGKILL');
    expect(await engine.process.ended()).toEqual({ code: null, signal: 'SIGKILL' });
    await until('the venue to end', () => !isRunning(venue) || undefined, 5_000);
  });

  it('ends the engine with 75 and the reason when it ends by itself', async () => {
    const engine = start();
    await engine.quotesEverything();
    process.kill(venueOf(engine), 'SIGKILL');
    expect(await engine.process.ended()).toEqual({ code: 75, signal: null });
    expect(engine.process.stdout).toContain('orders may be left at the venue');
    expect(engine.process.stderr).toMatch(/embedded paper venue: expected to run .*, was ended \(SIGKILL\)/);
  });
});
