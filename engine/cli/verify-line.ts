/** What a line of a capture holds. `connection` marks a connection opened; `unreadable` is of no known format. */
export const LineKind = { frame: 0, recordedBook: 1, otherRow: 2, connection: 3, unreadable: 4 } as const;
export type LineKind = (typeof LineKind)[keyof typeof LineKind];

export interface CaptureLine {
  readonly kind: LineKind;
  /** The frame's bytes; for a row of a recording, the push that the venue would have sent for it. */
  readonly bytes: Buffer;
}

// `wss://host/path <- 1652459225.29: {...}`, `1652459225.50: {...}`, and `wss://host/path <-> 1652459224.53`.
const PREFIX = /^(?:\S+ (?:<-|->|<->) )?\d+(?:\.\d+)?(?:$|: ?)/;
const PREFIX_BYTES_MAX = 512;
const NO_BYTES = Buffer.alloc(0);
const OPEN_BRACE = 0x7b;

/**
 * Reads one line: a raw frame; a frame behind its time and perhaps its connection; or a row of a recording or of the
 * venue's historical files, `{instId, action, ts, asks, bids}` with or without `recvNs`, trades in between.
 */
export function readCaptureLine(line: Buffer): CaptureLine {
  let bytes = line;
  if (line[0] !== OPEN_BRACE) {
    const text = line.toString('latin1', 0, PREFIX_BYTES_MAX);
    const prefix = PREFIX.exec(text);
    if (prefix === null) {
      const isHeartbeat = text === 'ping' || text === 'pong';
      return { kind: isHeartbeat ? LineKind.otherRow : LineKind.unreadable, bytes: line };
    }
    bytes = line.subarray(prefix[0].length);
    if (bytes.length === 0) return { kind: LineKind.connection, bytes: NO_BYTES };
  }
  const row = looksLikePush(bytes) ? undefined : parseRow(bytes);
  if (row === undefined) return { kind: LineKind.frame, bytes };
  if (row['asks'] === undefined && row['bids'] === undefined) return { kind: LineKind.otherRow, bytes };
  return { kind: LineKind.recordedBook, bytes: asPush(row) };
}

/** Every push and event of the venue begins with one of these, and no row of a recording does. */
function looksLikePush(bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, 9);
  return text.startsWith('{"arg":') || text === '{"event":';
}

/** The row's fields, or undefined when the line is not a row of a recording. */
function parseRow(bytes: Buffer): Record<string, unknown> | undefined {
  let row: unknown;
  try {
    row = JSON.parse(bytes.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return undefined;
  const fields = row as Record<string, unknown>;
  return typeof fields['instId'] === 'string' && fields['arg'] === undefined ? fields : undefined;
}

/** The row as a push of `books`, so that it goes through the decoder that live frames go through. */
function asPush(row: Record<string, unknown>): Buffer {
  const name = JSON.stringify(row['instId']);
  const data = JSON.stringify({
    asks: row['asks'],
    bids: row['bids'],
    ts: row['ts'],
    seqId: row['seqId'],
    prevSeqId: row['prevSeqId'],
  });
  const action = JSON.stringify(row['action'] ?? null);
  return Buffer.from(`{"arg":{"channel":"books","instId":${name}},"action":${action},"data":[${data}]}`);
}
