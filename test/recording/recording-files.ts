import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';
import type { RecordingReader } from '../../engine/recording/recording-reader.ts';

/** Runs with these files in a folder that is gone afterwards; their paths in the order given. */
export async function withFiles<Result>(
  contents: Readonly<Record<string, string | Uint8Array>>,
  run: (paths: string[], folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'okx-mm-recording-'));
  try {
    const paths = Object.entries(contents).map(([name, content]) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    });
    return await run(paths, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All events to the end; the reader is closed. */
export async function readAll(reader: RecordingReader): Promise<RecordingEvent[]> {
  const events: RecordingEvent[] = [];
  try {
    for (;;) {
      if (reader.needsFill) await reader.fill();
      const event = reader.next();
      if (event === null) return events;
      events.push(event);
    }
  } finally {
    await reader.close();
  }
}
