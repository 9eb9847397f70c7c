/**
 * Rows of a CSV text (RFC 4180): commas, quotes that double themselves, line ends of either kind. A text that begins with a
 * byte order mark is as good as one without.
 */
const QUOTE = '"';

export function* csvRows(text: string): Generator<string[]> {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  // Looked for once and kept: looking again on each line of a file without any would read it to its end each time.
  let quote = indexOrEnd(source, QUOTE, 0);
  for (let at = 0; at < source.length;) {
    let end = indexOrEnd(source, '\n', at);
    const isQuoted = quote < end;
    // Quotes come in pairs: a line in the middle of a pair goes on behind its end.
    for (let isOpen = false; quote < end || (isOpen && end < source.length);) {
      if (quote < end) {
        isOpen = !isOpen;
        quote = indexOrEnd(source, QUOTE, quote + 1);
      } else end = indexOrEnd(source, '\n', end + 1);
    }
    const line = source.slice(at, source[end - 1] === '\r' ? end - 1 : end);
    at = end + 1;
    if (line !== '') yield isQuoted ? quotedCells(line) : line.split(',');
  }
}

function indexOrEnd(source: string, what: string, from: number): number {
  const found = source.indexOf(what, from);
  return found === -1 ? source.length : found;
}

function quotedCells(line: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at]!;
    if (letter === QUOTE) {
      if (isQuoted && line[at + 1] === QUOTE) {
        cell += QUOTE;
        at++;
      } else isQuoted = !isQuoted;
    } else if (letter === ',' && !isQuoted) {
      cells.push(cell);
      cell = '';
    } else cell += letter;
  }
  cells.push(cell);
  return cells;
}

/** A line of CSV; what a spreadsheet would take for a formula begins with an apostrophe. */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((text) => {
      const safe = /^[=@\t\r]/.test(text) || /^[+-](?![\d.])/.test(text) ? `'${text}` : text;
      return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(',');
}
