const CHUNK_CHARACTERS = 1 << 16;

/**
 * Writes lines to standard output, as fast as its reader takes them. A reader that has seen enough (`| head`) ends it, and
 * that is no error.
 */
export async function writeLines(lines: Iterable<string>): Promise<void> {
  let isGone = false;
  // Told twice: to who wrote, below, and as an event that would end the process if nobody listened.
  process.stdout.on('error', () => {});
  const write = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        isGone = isBrokenPipe(error);
        if (error === undefined || error === null || isGone) resolve();
        else reject(error);
      });
    });
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    await write(chunk);
    chunk = '';
    if (isGone) return;
  }
  if (chunk !== '') await write(chunk);
}

function isBrokenPipe(error: Error | null | undefined): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
