import type { RequestItem } from './exchange-contract.ts';
import { AlgoType } from '../../okx/shapes.ts';
import type { AlgoOrder, AlgoTerms, AlgoTrigger } from './algo-order.ts';
import { readTrigger } from './algo-terms.ts';
import { stopSideRefusal } from './algo-triggers.ts';
import { field } from './listing.ts';
import type { Market } from './market.ts';
import { readLots } from './place-terms.ts';
import { refusal, type OrderRefusal } from './refusals.ts';

/** The terms as an amend would have them. Stops and triggers alone can be amended (D, "Amend algo order"). */
export function readAlgoAmend(
  algo: AlgoOrder,
  market: Market,
  request: RequestItem,
): AlgoTerms | OrderRefusal {
  const { terms } = algo;
  const isStop = terms.type === AlgoType.conditional || terms.type === AlgoType.oco;
  if (!isStop && terms.type !== AlgoType.trigger) return refusal('51506');
  const changes: { -readonly [Name in keyof AlgoTerms]?: AlgoTerms[Name] } = {};
  if (field(request, 'newSz') !== '') {
    if (terms.closesAll) return refusal('51524');
    const lots = readLots(market.listing, request['newSz'], 'newSz');
    if (typeof lots !== 'number') return lots;
    changes.lots = lots;
  }
  const legs = isStop ? (['stop', 'target'] as const) : (['trigger'] as const);
  for (const leg of legs) {
    const changed = readLeg(market, request, leg, terms[leg]);
    if (changed === undefined) continue;
    if (changed !== null && 'sCode' in changed) return changed;
    if (changed !== null && isStop) {
      const refused = stopSideRefusal(market, changed, terms.side === 0, leg === 'stop');
      if (refused !== null) return refused;
    }
    changes[leg] = changed;
  }
  if (Object.keys(changes).length === 0) return refusal('51500');
  const next = { ...terms, ...changes };
  return isStop && next.stop === null && next.target === null ? refusal('50014', 'newSlTriggerPx') : next;
}

const NAMES = {
  stop: ['newSlTriggerPx', 'newSlTriggerPxType', 'newSlOrdPx'],
  target: ['newTpTriggerPx', 'newTpTriggerPxType', 'newTpOrdPx'],
  trigger: ['newTriggerPx', 'newTriggerPxType', 'newOrdPx'],
} as const;

/** Undefined where the request leaves it as it is, null where it takes it away ("0"). */
function readLeg(
  market: Market,
  request: RequestItem,
  leg: keyof typeof NAMES,
  present: AlgoTrigger | null,
): AlgoTrigger | OrderRefusal | null | undefined {
  const [px, by, ordPx] = NAMES[leg];
  if (field(request, px) === '') return undefined;
  if (field(request, px) === '0') return null;
  const filled = {
    [px]: request[px],
    [by]: field(request, by) || (present?.by ?? 'last'),
    [ordPx]: field(request, ordPx) || (present?.ordPx ?? '-1'),
  };
  return readTrigger(market, filled, px, by, ordPx);
}
