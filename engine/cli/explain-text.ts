import type { Explanation, LevelExplanation, QuoteExplanation } from '../../monitoring/explanation.ts';
import { partsText } from '../../monitoring/explanation.ts';

/** An explanation for a terminal. */
export function explanationText(explanation: Explanation): string {
  const { instrument, summary, holds, quote, levels } = explanation;
  const lines = [`${instrument}: ${summary}`];
  for (const hold of holds) lines.push(`  held: ${hold}`);
  lines.push(...headLines(explanation));
  if (quote !== null) lines.push(...quoteLines(quote));
  else lines.push('  quote: its quoter has no fair price for this market');
  for (const side of ['sell', 'buy'] as const) {
    const rows = levels.filter((level) => level.side === side);
    // As a book is read: the best prices meet in the middle.
    lines.push('', `  ${side}`, ...(side === 'sell' ? rows.toReversed() : rows).map(levelLine));
  }
  return lines.join('\n');
}

function headLines({ market, position, configuration }: Explanation): string[] {
  const reference = market.reference === null ? 'none' : String(market.reference);
  const steps = [
    market.bidStep === 0 ? '' : `bids stepped down by ${market.bidStep}`,
    market.askStep === 0 ? '' : `asks stepped up by ${market.askStep}`,
  ].filter((step) => step !== '');
  const guard = `guard: bids keep ${market.bidEdge}, asks ${market.askEdge} from ${reference}`;
  const group = position.groupSize === 0 ? '' : `, others of its group count as ${position.groupSize}`;
  return [
    `  market: book ${market.bookState}, middle ${market.mid ?? 'none'}; ${[guard, ...steps].join(', ')}`,
    `  position: ${position.size} of ${position.limit}, open to buy ${position.buyOpen}, to sell ${position.sellOpen}${group}`,
    `  configuration: version ${configuration.version}${configuration.quoted === configuration.version ? '' : `, quoted by version ${configuration.quoted}`}`,
  ];
}

function quoteLines(quote: QuoteExplanation): string[] {
  const gates = quote.gatesFailed.length === 0 ? '' : ` (not held: ${quote.gatesFailed.join(', ')})`;
  const fallback = quote.fallback === '' ? '' : `; ${quote.fallback}${gates}`;
  const limited =
    quote.halfSpreadLimited === quote.halfSpread ? '' : `, within its limits ${quote.halfSpreadLimited}`;
  const calibrated =
    quote.modelVersion === 0
      ? 'not calibrated'
      : `calibration ${quote.modelVersion}: sigma ${figure(quote.sigma)}, bids A ${figure(quote.bid.rate)} k ${figure(quote.bid.decay)}, asks A ${figure(quote.ask.rate)} k ${figure(quote.ask.decay)} a tick`;
  const drift = quote.driftInventory === 0 ? '' : `, drift aims at ${quote.driftInventory}`;
  return [
    `  model: ${quote.model}${fallback}; ${calibrated}`,
    `  fair price: ${quote.fairPrice} = ${partsText(quote)}`,
    `  half spread: ${quote.halfSpread}${limited}; fee ${quote.fee}, adverse selection ${quote.bid.adverse} on bids, ${quote.ask.adverse} on asks`,
    `  skew: ${quote.skew} at an inventory of ${figure(quote.inventory)} units (${quote.skewPerUnit} a unit), the group's ${figure(quote.groupInventory)}${drift}`,
  ];
}

/** To four digits: more of a fit says nothing. */
function figure(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}

function levelLine({ level, price, size, why }: LevelExplanation): string {
  const at = price === null ? '' : `${size} at ${price} `;
  return `    ${level}  ${at}${why}`;
}
