/** A backtest that cannot be run, or not to its end. */
export class BacktestError extends Error {
  override readonly name = 'BacktestError';
  readonly code: BacktestErrorCode;

  constructor(code: BacktestErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const BacktestErrorCode = {
  /** No book of a configured instrument is in the data. */
  noMarket: 'NO_MARKET',
  /** Nobody knows the grids of an instrument. */
  noInstrument: 'NO_INSTRUMENT',
  /** An instrument's grids are other ones from here on. */
  otherGrid: 'OTHER_GRID',
  /** A price or size in the data is on none of the grids that the instrument is listed with. */
  wrongGrid: 'WRONG_GRID',
  /** The file of latencies is not one. */
  badLatencies: 'BAD_LATENCIES',
  /** The engine asked for what a backtest does not have: another start, with other grids. */
  reload: 'RELOAD',
  /** The modelled venue refused what the engine cannot do without. */
  refused: 'REFUSED',
} as const;
export type BacktestErrorCode = (typeof BacktestErrorCode)[keyof typeof BacktestErrorCode];
