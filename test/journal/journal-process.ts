/**
 * A process that journals until it is killed: `journal-process.js DIRECTORY RUN`. Says `safe N` when the first N records are in
 * the file, and goes on writing. Runs compiled, from dist/.
 */
import { Journal } from '../../engine/journal/journal.ts';
import { JournalReader } from '../../engine/journal/journal-reader.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { patternOf } from './record-pattern.ts';

const [directory = '', run = ''] = process.argv.slice(2);
const SAFE = 500;

const journal = await Journal.open({
  directory,
  run: Number(run),
  megabytesMax: 64,
  segmentMegabytes: 1,
  ringMegabytes: 4,
  processOriginMs: performance.timeOrigin,
  onTrouble: (line) => process.stderr.write(`${line}\n`),
});
let sequence = 0;

function writeSome(count: number): void {
  for (let index = 0; index < count; index++) {
    journal.writer.text(RecordKind.frame, 0, 0, sequence, 0, patternOf(sequence));
    sequence++;
  }
}

writeSome(SAFE);
const waiting = setInterval(() => {
  if (JournalReader.open(directory).run(Number(run)).records < SAFE) return;
  clearInterval(waiting);
  process.stdout.write(`safe ${SAFE}\n`);
  setInterval(() => writeSome(2_000), 1);
}, 5);
