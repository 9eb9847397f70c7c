/**
 * Rows under their heads, in columns.
 *
 * @param sides by column: l for left, r for right
 */
export function textTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  sides: string,
): string[] {
  const widths = heads.map((head, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]!.length), head.length),
  );
  return [heads, ...rows].map((row) =>
    row
      .map((text, column) =>
        sides[column] === 'r' ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
