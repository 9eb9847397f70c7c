import type { JournalRecord } from '../journal/journal-block.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Connection, LoopOutput, LoopRequest } from '../loop/loop-options.ts';
import { describeOutput, describeRequest, describeSend } from './describe-record.ts';

/** The core did something else than the journal says: what was expected and what came, each in a line. */
export class OutputDiffers extends Error {
  override readonly name = 'OutputDiffers';
  readonly expected: string;
  readonly got: string;
  /** Of the record that was expected; -1 where none was. */
  readonly sequence: number;

  constructor(expected: string, got: string, sequence: number) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
    this.sequence = sequence;
  }
}

/** The journal ends within this input: what the core does next cannot be compared. */
export class OutputUnknown extends Error {
  override readonly name = 'OutputUnknown';
}

const NOTHING = 'nothing more';

/** The core's way out in a replay: what it sends is compared with what it sent, and answered as it was. */
export class ExpectedOutput implements LoopOutput {
  #records: readonly JournalRecord[] = [];
  #next = 0;
  #isCut = false;
  readonly #onOutput: (record: JournalRecord) => void;

  constructor(onOutput: (record: JournalRecord) => void) {
    this.#onOutput = onOutput;
  }

  /**
   * An input is about to be handed in.
   *
   * @param records what followed from it
   * @param isCut whether the journal is cut off behind them, so that more may have followed
   */
  begin(records: readonly JournalRecord[], isCut: boolean): void {
    this.#records = records;
    this.#next = 0;
    this.#isCut = isCut;
  }

  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    const got = bytes.subarray(0, length);
    const record = this.#take(() => describeSend(connection, got));
    const isSame =
      record.kind === RecordKind.send && record.sub === connection && Buffer.compare(record.bytes, got) === 0;
    if (!isSame)
      throw new OutputDiffers(describeOutput(record), describeSend(connection, got), record.sequence);
    this.#onOutput(record);
    return record.instrument === 1;
  }

  request(request: LoopRequest, instrument: number): void {
    const record = this.#take(() => describeRequest(request, instrument));
    const isSame =
      record.kind === RecordKind.request && record.sub === request && record.instrument === instrument;
    if (!isSame) {
      throw new OutputDiffers(describeOutput(record), describeRequest(request, instrument), record.sequence);
    }
    this.#onOutput(record);
  }

  /** The input came to this, in the journal's words; it is compared like what left. */
  result(kind: RecordKind, text: string): void {
    const record = this.#take(() => text);
    const isSame = record.kind === kind && Buffer.compare(record.bytes, Buffer.from(text)) === 0;
    if (!isSame) throw new OutputDiffers(describeOutput(record), text, record.sequence);
    this.#onOutput(record);
  }

  /** The input threw. */
  threw(error: unknown): void {
    const text = `an error: ${error instanceof Error ? error.message : String(error)}`;
    const record = this.#take(() => text);
    if (record.kind !== RecordKind.threw)
      throw new OutputDiffers(describeOutput(record), text, record.sequence);
    this.#onOutput(record);
  }

  /** The input has ended: nothing may be left that it should have brought. */
  end(): void {
    const record = this.#records[this.#next];
    if (record !== undefined) throw new OutputDiffers(describeOutput(record), NOTHING, record.sequence);
  }

  #take(got: () => string): JournalRecord {
    const record = this.#records[this.#next];
    if (record !== undefined) {
      this.#next++;
      return record;
    }
    if (this.#isCut) throw new OutputUnknown('the journal ends within this input');
    throw new OutputDiffers(NOTHING, got(), -1);
  }
}
