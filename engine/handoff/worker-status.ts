import { assert } from '../base/assert.ts';
import type { Handoff } from './handoff-memory.ts';
import { StatusDouble, StatusWord } from './layout.ts';

/**
 * What the supervisor wants of a worker. The last two are faults for tests and drills: the worker dies of an error, or
 * spins without a heartbeat.
 */
export const WorkerControl = { run: 0, stop: 1, fail: 2, hang: 3 } as const;
export type WorkerControl = (typeof WorkerControl)[keyof typeof WorkerControl];

/** The supervisor's side of a worker's control and status cells. It writes the control word and reads the rest. */
export class WorkerWatch {
  readonly #control: Int32Array;
  readonly #status: Int32Array;
  readonly #doubles: Float64Array;

  constructor(handoff: Handoff, worker: number) {
    assert(worker >= 0 && worker < handoff.workerCount, 'the worker has a status line');
    this.#control = new Int32Array(handoff.memory, handoff.layout.controlAt(worker), 1);
    this.#status = new Int32Array(handoff.memory, handoff.layout.statusAt(worker), 2);
    this.#doubles = new Float64Array(handoff.memory, handoff.layout.statusAt(worker), 2);
  }

  setControl(control: WorkerControl): void {
    Atomics.store(this.#control, 0, control);
  }

  /** A number that keeps changing while the worker lives: at every pass, and at least every 100 ms. */
  get heartbeat(): number {
    return Atomics.load(this.#status, StatusWord.heartbeat);
  }

  /** Which of the workers that had this place, one after the other, is running; 0 before the first. */
  get term(): number {
    return Atomics.load(this.#status, StatusWord.term);
  }

  /** Quotes published by all the workers that had this place. */
  get quotes(): number {
    return this.#doubles[StatusDouble.quotes];
  }
}

/** The worker's side of the same cells. It reads the control word and writes the rest. */
export class WorkerStatus {
  readonly #control: Int32Array;
  readonly #status: Int32Array;
  readonly #doubles: Float64Array;

  constructor(handoff: Handoff, worker: number) {
    assert(worker >= 0 && worker < handoff.workerCount, 'the worker has a status line');
    this.#control = new Int32Array(handoff.memory, handoff.layout.controlAt(worker), 1);
    this.#status = new Int32Array(handoff.memory, handoff.layout.statusAt(worker), 2);
    this.#doubles = new Float64Array(handoff.memory, handoff.layout.statusAt(worker), 2);
  }

  /** @hot */
  control(): number {
    return Atomics.load(this.#control, 0);
  }

  /** @hot */
  beat(): void {
    Atomics.add(this.#status, StatusWord.heartbeat, 1);
  }

  /** @hot */
  addQuote(): void {
    this.#doubles[StatusDouble.quotes]++;
  }

  /** Says that the worker of this term has started. */
  begin(term: number): void {
    Atomics.store(this.#status, StatusWord.term, term);
    this.beat();
  }
}
