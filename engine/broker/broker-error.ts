export const BrokerErrorCode = {
  /** A file of the ledger is not what the engine wrote. */
  ledger: 'BROKER_LEDGER',
  /** A rebate report that cannot be read. */
  report: 'BROKER_REPORT',
} as const;
export type BrokerErrorCode = (typeof BrokerErrorCode)[keyof typeof BrokerErrorCode];

/** Commission that cannot be counted: what was expected, what it was, what to change. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError';
  readonly code: BrokerErrorCode;

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
