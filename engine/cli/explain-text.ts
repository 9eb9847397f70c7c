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
  const guard = `the guard pulls bids nearer than ${market.bidEdge}, asks nearer than ${market.askEdge} to ${reference}`;
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
  const { bid, ask } = quote;
  const limited =
    quote.halfSpreadLimited === quote.halfSpread
      ? ''
      : `; on average ${quote.halfSpread} by the model, ${quote.halfSpreadLimited} within its limits`;
  // What no model computes has neither in it.
  const isModel = quote.model !== 'fixed' && quote.model !== 'okx-sample';
  const costs = `; in it the fee ${quote.fee} and half of what the price moves against a fill, ${bid.adverse} on bids, ${ask.adverse} on asks`;
  const calibrated =
    quote.modelVersion === 0
      ? quote.fallback === ''
        ? 'needs no calibration'
        : 'not calibrated'
      : `calibration ${quote.modelVersion}: sigma ${figure(quote.sigma)}/√s, bids A ${figure(bid.rate)}/s k ${figure(bid.decay)}/tick, asks A ${figure(ask.rate)}/s k ${figure(ask.decay)}/tick`;
  const drift = quote.driftInventory === 0 ? '' : `, drift aims at ${quote.driftInventory}`;
  return [
    `  model: ${quote.model}${fallback}; ${calibrated}`,
    `  fair price: ${quote.fairPrice} = ${partsText(quote)}`,
    `  half spread: bids ${bid.halfSpread}, asks ${ask.halfSpread}${isModel ? costs : ''}${limited}`,
    `  skew: ${skewText(quote)}, ${quote.skewPerUnit} for each first level's size held; ${inventoryText(quote)}${drift}`,
  ];
}

function skewText({ skew }: QuoteExplanation): string {
  if (skew === 0) return 'none';
  return `both sides ${skew > 0 ? 'up' : 'down'} by ${Math.abs(skew)}`;
}

/** What the skew is reckoned from: our own, what the group adds, and what the limit leaves of both. */
function inventoryText({ inventory, groupInventory, countedInventory }: QuoteExplanation): string {
  const both = inventory + groupInventory;
  const group = groupInventory === 0 ? '' : ` and the group's ${figure(groupInventory)}`;
  const counted =
    Math.abs(both - countedInventory) < 1e-9
      ? ''
      : `, of which the position's limit lets ${figure(countedInventory)} count`;
  return `of these, we hold ${figure(inventory)}${group}${counted}`;
}

/** To four digits: more of a fit says nothing. */
function figure(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}

function levelLine({ level, price, size, why }: LevelExplanation): string {
  const at = price === null ? '' : `${size} at ${price} `;
  return `    ${level}  ${at}${why}`;
}
