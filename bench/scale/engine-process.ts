/**
 * One of several engines that run side by side: a fleet of its own in a process of its own, which plays what it is told.
 */
import { HISTOGRAM_CELLS, Histogram } from '../../engine/metrics/histogram.ts';
import { collectGarbage } from '../heap-meter.ts';
import { Fleet } from './fleet.ts';
import { FLEET_SIZE } from './engine-group.ts';
import type { EngineOrder, EngineReport } from './engine-group.ts';

let fleet: Fleet | undefined;

function report(outcome: EngineReport): void {
  process.send!(outcome);
}

function onOrder(order: EngineOrder): void {
  if (order.kind === 'open') {
    fleet = new Fleet(FLEET_SIZE, order.frames);
    fleet.playAt(Infinity, order.warmUpFrames, new Histogram());
    collectGarbage();
    report({ kind: 'ready', checksum: fleet.checksum() });
    return;
  }
  const cells = new Float64Array(HISTOGRAM_CELLS);
  const rate = fleet!.playAt(order.rate, order.frames, new Histogram(cells));
  report({ kind: 'played', rate, cells });
}

process.on('message', onOrder);
process.on('disconnect', () => process.exit(0));
