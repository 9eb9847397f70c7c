import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { expectationOf, readExpectation, replayRegression } from '../../engine/replay/regression.ts';

const FOLDER = fileURLToPath(new URL('./regressions/', import.meta.url));
const NAMES = readdirSync(FOLDER);

it('there are runs to be replayed', () => {
  expect(NAMES.length).toBeGreaterThan(0);
});

// A difference may be what was wanted: `okx-mm replay test/replay/regressions/NAME --save-test NAME` makes it expected.
it.each(NAMES)('%s comes to what was expected of it', (name) => {
  const directory = `${FOLDER}${name}`;
  const result = replayRegression(directory);
  expect(expectationOf(result)).toEqual(readExpectation(directory));
});
