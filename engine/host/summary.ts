import { ContractKind } from '../base/instrument.ts';
import type { Loop } from '../loop.ts';

/** What a run came to, one line an instrument: printed when the engine stops. */
export function summaryOf(loop: Loop, seconds: number): string {
  const { ledger, gate } = loop;
  const rows = loop.instruments.map((instrument) => {
    const { index } = instrument;
    const position = instrument.lot.toText(ledger.positionLots[index]!);
    const profit = ledger.netProfit(index, gate.markTicks(index));
    const fills = ledger.fillCount[index]!;
    // An inverse contract earns coins, of which a cent is a ten-millionth.
    const places = instrument.kind === ContractKind.inverse ? 8 : 4;
    return `  ${instrument.instId.padEnd(18)} position ${position.padStart(12)}   fills ${String(fills).padStart(6)}   volume ${ledger.turnover[index]!.toFixed(2).padStart(14)}   profit ${profit.toFixed(places).padStart(12)} ${instrument.settleCcy}`;
  });
  return [`ran ${seconds.toFixed(1)} s; net profit ${loop.netProfit().toFixed(4)}`, ...rows].join('\n');
}
