/** What can be wrong with recorded files. */
export const RecordingErrorCode = {
  /** No such file, no permission, a folder. */
  unreadable: 'UNREADABLE',
  /** Not one event in the file. */
  empty: 'EMPTY',
  /** The file ends within a line, or a compressed one before its end. */
  truncated: 'TRUNCATED',
  /** Compressed data that does not decompress, or a checksum that differs. */
  corrupt: 'CORRUPT',
  /** A line that is no row of a recording. */
  badRow: 'BAD_ROW',
  /** Time steps back within a file. */
  misordered: 'MISORDERED',
  /** A file of one instrument has a row of another. */
  mixedInstruments: 'MIXED_INSTRUMENTS',
  /** Files with receive times and files without do not share a time line. */
  mixedClocks: 'MIXED_CLOCKS',
  /** Two files hold the book of one instrument at the same time, or the same trade. */
  overlapping: 'OVERLAPPING',
  /** An update of a book that no snapshot began. */
  noSnapshot: 'NO_SNAPSHOT',
  /** The row's prevSeqId is not the seqId of the row before. */
  sequenceGap: 'SEQUENCE_GAP',
  /** An archive that holds something else than was expected. */
  badArchive: 'BAD_ARCHIVE',
} as const;
export type RecordingErrorCode = (typeof RecordingErrorCode)[keyof typeof RecordingErrorCode];

/** A recording that cannot be used as it is. The text begins with file and line, and says what to do. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingErrorCode;
  readonly file: string;
  /** Counted from 1; 0 for the file as a whole. */
  readonly line: number;

  constructor(code: RecordingErrorCode, file: string, line: number, text: string, options?: ErrorOptions) {
    super(`${file}${line > 0 ? `:${line}` : ''}: ${text}`, options);
    this.code = code;
    this.file = file;
    this.line = line;
  }
}
