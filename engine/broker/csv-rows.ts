/**
 * Rows of a CSV text (RFC 4180): commas, quotes that double themselves, line ends of either kind. A text that begins with a
 * byte order mark is as good as one without.
 */
const QUOTE = '"';

export function* csvRows(text: string): Generator<string[]> {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text;
  for (let at = 0; at < source.length;) {
    const end = lineEnd(source, at);
    const line = source.slice(at, source[end - 1] === '\r' ? end - 1 : end);
    at = end + 1;
    if (line === '') continue;
    yield line.includes(QUOTE) ? quotedCells(line) : line.split(',');
  }
}

/** The line end that is in no quotes. */
function lineEnd(source: string, from: number): number {
  let end = indexOrEnd(source, '\n', from);
  // Quotes come in pairs: a line with an odd number of them goes on behind its end.
  for (let quotes = countQuotes(source, from, end); quotes % 2 === 1 && end < source.length;) {
    const next = indexOrEnd(source, '\n', end + 1);
    quotes += countQuotes(source, end, next);
    end = next;
  }
  return end;
}

function countQuotes(source: string, from: number, to: number): number {
  let count = 0;
  for (let at = source.indexOf(QUOTE, from); at !== -1 && at < to; at = source.indexOf(QUOTE, at + 1))
    count++;
  return count;
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
