import { NS_PER_SECOND, type Nanoseconds } from '../base/units.ts';
import type { RecordingEvent } from './recording-event.ts';

/** Of how many trades it is known which file they came from, by instrument. */
const KNOWN_MAX = 4_096;
/** What recorders and files may differ about the time of one trade; the same id later is another trade. */
const SAME_NS: Nanoseconds = NS_PER_SECOND;

interface Source {
  readonly file: string;
  readonly timeNs: Nanoseconds;
}

/** Which file the last trades of each instrument came from. */
export class TradeFiles {
  readonly #known = new Map<string, Map<string, Source>>();

  /** The other file that had this trade; undefined when none had. */
  other({ instId, tradeId, file, timeNs }: RecordingEvent): string | undefined {
    let known = this.#known.get(instId);
    if (known === undefined) this.#known.set(instId, (known = new Map<string, Source>()));
    const source = known.get(tradeId);
    if (source !== undefined && timeNs - source.timeNs <= SAME_NS) {
      return source.file === file ? undefined : source.file;
    }
    known.delete(tradeId);
    known.set(tradeId, { file, timeNs });
    if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!);
    return undefined;
  }
}
