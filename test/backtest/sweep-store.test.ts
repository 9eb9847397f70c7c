import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SweepStore } from '../../engine/backtest/sweep-store.ts';

interface Row {
  readonly id: number;
  readonly note: string;
}

const folder = mkdtempSync(join(tmpdir(), 'sweep-'));
const IDENTITY = { data: 'a', points: 'b' };
let files = 0;

afterAll(() => rmSync(folder, { recursive: true }));

function filled(): string {
  const path = join(folder, `${files++}.ndjson`);
  const store = new SweepStore<Row>(path, IDENTITY);
  for (let id = 0; id < 3; id++) store.add({ id, note: `né ${id}` });
  store.close();
  return path;
}

describe('the results of a sweep', () => {
  it('are there again when the sweep goes on', () => {
    const path = filled();
    const store = new SweepStore<Row>(path, IDENTITY);
    expect(store.rows).toEqual([
      { id: 0, note: 'né 0' },
      { id: 1, note: 'né 1' },
      { id: 2, note: 'né 2' },
    ]);
    store.add({ id: 3, note: 'more' });
    store.close();
    expect(new SweepStore<Row>(path, IDENTITY).rows).toHaveLength(4);
  });

  it('are whole whatever byte the process ended at', () => {
    const whole = readFileSync(filled());
    for (let end = 0; end <= whole.length; end++) {
      const path = join(folder, 'cut.ndjson');
      writeFileSync(path, whole.subarray(0, end));
      const store = new SweepStore<Row>(path, IDENTITY);
      const kept = store.rows.length;
      store.add({ id: 9, note: 'after' });
      store.close();
      const again = new SweepStore<Row>(path, IDENTITY);
      expect(again.rows).toHaveLength(kept + 1);
      expect(again.rows.at(-1)).toEqual({ id: 9, note: 'after' });
      again.close();
    }
  });

  it('of another sweep are not mixed in', () => {
    expect(() => new SweepStore<Row>(filled(), { ...IDENTITY, data: 'c' })).toThrow(
      'expected the results of this sweep, its data is another one; name another file with --out, or delete this one',
    );
  });

  it.each(['{"format":"other"}\n', 'not json\n', '{"format":"okx-mm-sweep/1","data":"c"', '[]\n'])(
    'are not looked for in %j',
    (text) => {
      const path = join(folder, 'other.ndjson');
      writeFileSync(path, text);
      expect(() => new SweepStore<Row>(path, IDENTITY)).toThrow('expected a file of results of a sweep');
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  it('say where a line is none', () => {
    const path = filled();
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"note":"x"}\n`);
    expect(() => new SweepStore<Row>(path, IDENTITY)).toThrow(`${path}:5: expected a result of a sweep`);
  });
});
