import { writeSync } from 'node:fs';
import { SystemClock } from '../../engine/base/clock.ts';
import { FileStateStore } from '../../engine/host/state-file.ts';
import { stateOf } from './state-rows.ts';

/**
 * A process that saves one state after the other until it is killed, and says the run of each that is saved, in a write of
 * its own that no kill can take back. It goes on from what it finds.
 */

/** Enough that a write takes the system more than one go. */
const TRADES = 2_000;

const store = new FileStateStore(process.argv[2]!, new SystemClock());
const found = await store.load();
writeSync(1, `found ${found?.run ?? 0}\n`);
for (let run = (found?.run ?? 0) + 1; ; run++) {
  await store.save(stateOf(run, TRADES));
  writeSync(1, `${run}\n`);
}
