import { NS_PER_MS, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import type { RecordingEvent } from './recording-event.ts';
import { TextBook } from './text-book.ts';

/** What is known of one instrument. */
interface Known {
  readonly book: TextBook;
  instrument: RecordingEvent | undefined;
  /** The last event of its book: the book stands as it says. */
  bookEvent: RecordingEvent | undefined;
  mark: RecordingEvent | undefined;
  funding: RecordingEvent | undefined;
}

/** What was recorded before the time from which events are wanted, as the events that begin there. */
export class BooksBefore {
  readonly #known = new Map<string, Known>();

  apply(event: RecordingEvent): void {
    let known = this.#known.get(event.instId);
    if (known === undefined) {
      known = {
        book: new TextBook(),
        instrument: undefined,
        bookEvent: undefined,
        mark: undefined,
        funding: undefined,
      };
      this.#known.set(event.instId, known);
    }
    switch (event.kind) {
      case 'snapshot':
      case 'update':
        known.book.apply(event.kind === 'snapshot', event.asks, event.bids);
        known.bookEvent = event;
        return;
      case 'gap':
        known.bookEvent = undefined;
        return;
      case 'instrument':
        known.instrument = event;
        return;
      case 'mark':
        known.mark = event;
        return;
      case 'funding':
        known.funding = event;
        return;
      default:
    }
  }

  /** In the order in which the instruments came. The times become the wanted one; marks and funding keep the venue's own. */
  events(fromNs: Nanoseconds, originMs: Milliseconds, hasRecvNs: boolean): RecordingEvent[] {
    const times = { timeNs: fromNs, recvNs: hasRecvNs ? fromNs : -1, line: 0 };
    return [...this.#known.values()].flatMap(({ instrument, bookEvent, book, mark, funding }) => {
      const snapshot = bookEvent && {
        ...bookEvent,
        kind: 'snapshot' as const,
        tsMs: hasRecvNs ? bookEvent.tsMs : originMs + fromNs / NS_PER_MS,
        asks: book.levels('asks'),
        bids: book.levels('bids'),
      };
      return [instrument, snapshot, mark, funding]
        .filter((event) => event !== undefined)
        .map((event) => ({ ...event, ...times }));
    });
  }
}
