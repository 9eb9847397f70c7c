import { RunEnd } from '../journal/journal-reader.ts';
import type { RunInfo } from '../journal/journal-reader.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import { textTable } from './text-table.ts';

/** One line a run. */
export function runTable(path: string, runs: readonly RunInfo[]): string[] {
  if (runs.length === 0) return [`no runs in ${path}`];
  const heads = ['run', 'began', 'lasted', 'records', 'lost', 'files', 'size', 'how it ends'];
  const rows = runs.map((info) => [
    String(info.run),
    momentOf(info, info.firstNs),
    durationText((info.lastNs - info.firstNs) / NS_PER_SECOND),
    String(info.records),
    String(info.lost),
    String(info.files.length),
    sizeText(info.storedBytes),
    endText(info),
  ]);
  return textTable(heads, rows, 'lrrrrrrl');
}

export function runsJson(runs: readonly RunInfo[]): string[] {
  return runs.map((info) => {
    const began = momentOf(info, info.firstNs);
    const ended = momentOf(info, info.lastNs);
    return JSON.stringify({ ...info, began, ended });
  });
}

function momentOf(info: RunInfo, timeNs: number): string {
  const ms = timeNs / NS_PER_MS + info.wallOffsetMs;
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '-';
}

function endText(info: RunInfo): string {
  const texts: string[] = [];
  if (info.firstSequence > 0) texts.push(`begins at record ${info.firstSequence}`);
  if (info.damaged > 0) texts.push(`damaged in ${info.damaged} ${info.damaged === 1 ? 'place' : 'places'}`);
  if (info.end === RunEnd.complete) texts.push('complete');
  else if (info.end === RunEnd.torn) texts.push('torn: killed while it wrote, or writes now');
  else texts.push('open: killed, or writes now');
  return texts.join(', ');
}

export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

export function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${seconds.toFixed(1)} s`;
}
