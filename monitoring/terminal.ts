import type { Status, StatusReader } from './status.ts';

/** How the status is shown: redrawn in place on a terminal, a line every few seconds elsewhere. */
export interface TerminalOptions {
  readonly isTerminal: boolean;
  readonly columns: number;
}

const REDRAW_MS = 1_000;
const LINE_MS = 5_000;
/** Below this, a table would wrap and redraw wrongly. */
const TABLE_COLUMNS_MIN = 100;

/**
 * Shows the engine's state to whoever started it, from the exporter's thread: reading shared memory and writing text costs
 * the engine thread nothing.
 */
export class Terminal {
  readonly #reader: StatusReader;
  readonly #isTable: boolean;
  readonly #write: (text: string) => void;
  /** Rows of the table that stand above the cursor. */
  #drawn = 0;

  /** @param write must not wait for the engine thread, as a thread's own process.stdout would */
  constructor(reader: StatusReader, options: TerminalOptions, write: (text: string) => void) {
    this.#reader = reader;
    this.#isTable = options.isTerminal && options.columns >= TABLE_COLUMNS_MIN;
    this.#write = write;
  }

  start(): void {
    setInterval(() => this.show(), this.#isTable ? REDRAW_MS : LINE_MS);
  }

  show(): void {
    const status = this.#reader.status();
    if (!this.#isTable) {
      this.#write(`${statusLine(status)}\n`);
      return;
    }
    const rows = statusTable(status);
    this.#write(`${this.#erased()}${rows.join('\n')}\n`);
    this.#drawn = rows.length;
  }

  /** A line of the log, above the table. */
  log(text: string): void {
    this.#write(`${this.#erased()}${text}`);
    this.#drawn = 0;
    if (this.#isTable) this.show();
  }

  #erased(): string {
    // Back to the first column first: the terminal may have echoed a "^C" where the cursor stood.
    return this.#drawn > 0 ? `\r\u001b[${this.#drawn}A\u001b[0J` : '';
  }
}

/**
 * One line: state, and for each instrument the book, orders, position and profit.
 *
 * @testonly Exported so that its text is checked without a terminal.
 */
export function statusLine(status: Status): string {
  const instruments = status.instruments.map((each) => {
    const book = `${each.book.bestBid?.price ?? '-'}/${each.book.bestAsk?.price ?? '-'}`;
    return `${each.name} ${book} orders ${each.orderCount} pos ${each.position.size} pnl ${money(each.profit.net)}`;
  });
  return `${headOf(status)} | ${instruments.join(' | ')}`;
}

/**
 * A table, as rows of at most TABLE_COLUMNS_MIN columns.
 *
 * @testonly As `statusLine`.
 */
export function statusTable(status: Status): string[] {
  const head = columns([
    'instrument',
    'book',
    'bid',
    'ask',
    'our bid',
    'our ask',
    'orders',
    'position',
    'fills',
    'pnl',
  ]);
  const rows = status.instruments.map((each) => {
    const ours = (side: string): string => each.quotes.find((quote) => quote.side === side)?.price ?? '-';
    return columns([
      each.name,
      each.book.state,
      each.book.bestBid?.price ?? '-',
      each.book.bestAsk?.price ?? '-',
      ours('buy'),
      ours('sell'),
      String(each.orderCount),
      each.position.size,
      String(each.fillCount),
      money(each.profit.net),
    ]);
  });
  const reasons = status.isReady
    ? []
    : [`not ready: ${status.reasons.join('; ')}`.slice(0, TABLE_COLUMNS_MIN)];
  return [headOf(status), head, ...rows, ...heldBack(status), ...reasons];
}

/** Instruments that are further back than the account, which the head names. */
function heldBack({ instruments, kill }: Status): string[] {
  const held = instruments.filter((each) => each.kill.level !== 'unknown' && each.kill.level !== kill.level);
  const names = held.map((each) => `${each.name} ${each.kill.level} (${each.kill.reason})`);
  return names.length === 0 ? [] : [`held back: ${names.join(', ')}`.slice(0, TABLE_COLUMNS_MIN)];
}

function headOf(status: Status): string {
  const { tickToTrade } = status.latencies;
  const sessions = status.sessions.filter(({ isUp }) => isUp).length;
  const { level, reason } = status.kill;
  // Recovering, it is paused and not held back; quoting wider, it is held back and not paused.
  const held = reason === 'none' ? '' : ` (${level}: ${reason})`;
  return `${status.venue} ${status.state}${held}, up ${Math.floor(status.uptimeSeconds ?? 0)} s, sessions ${sessions}/${status.sessions.length}, tick to trade p50 ${micros(tickToTrade.p50)} p99 ${micros(tickToTrade.p99)}`;
}

const WIDTHS = [16, 7, 10, 10, 10, 10, 6, 11, 6, 9];

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => (index < 2 ? cell.padEnd(WIDTHS[index]!) : cell.padStart(WIDTHS[index]!)))
    .join(' ')
    .trimEnd();
}

function money(value: number | null): string {
  return value === null ? '-' : value.toFixed(2);
}

function micros(seconds: number | null): string {
  return seconds === null ? '-' : `${Math.round(seconds * 1e6)} µs`;
}
