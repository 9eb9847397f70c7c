import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import { protectionOf } from '../../../engine/config/protection-schema.ts';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND / 4;
/** What faults have left is put right within this... */
const HEALED_NS: Nanoseconds = 90 * NS_PER_SECOND;
/** ... and from there on a position that is older has its stop, and one that is gone has none. */
const SETTLED_NS: Nanoseconds = 20 * NS_PER_SECOND;
/** In a world of faults, too: two stops for one position are seen and put right within this, while an engine lives. */
const DOUBLED_NS: Nanoseconds = 120 * NS_PER_SECOND;

/**
 * For each position of a contract one stop of ours at the venue, on its other side and of its size, with our tag; none
 * without a position, and none where nothing is protected.
 */
export class Protection implements Checker {
  readonly name = 'protection';
  #nextNs: Nanoseconds = 0;
  /** By position, since when it is not as it should be, and since when it has two. */
  readonly #wrongNs = new Map<string, Nanoseconds>();
  readonly #doubledNs = new Map<string, Nanoseconds>();

  step(world: SimWorldView): string | null {
    if (!hasAny(world) || world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    const stops = stopsOf(world);
    const foreign = stops.find(({ tag }) => tag !== world.tag);
    if (foreign !== undefined)
      return `stop ${String(foreign['algoId'])} has the tag "${String(foreign['tag'])}"`;
    const isDisturbed = world.engine === null || world.isNetworkDown || world.venue.status.isInMaintenance;
    if (isDisturbed) {
      this.#wrongNs.clear();
      this.#doubledNs.clear();
      return null;
    }
    const isWhole = world.nowNs > world.faultsUntilNs + HEALED_NS;
    return (
      this.#lasts(world, this.#doubledNs, doubled(stops), DOUBLED_NS) ??
      (isWhole ? this.#lasts(world, this.#wrongNs, wrongs(world, stops), SETTLED_NS) : null)
    );
  }

  end(): null {
    return null;
  }

  /** The first of them that has been so for longer than it may. */
  #lasts(
    world: SimWorldView,
    since: Map<string, Nanoseconds>,
    found: ReadonlyMap<string, string>,
    mostNs: Nanoseconds,
  ): string | null {
    for (const key of since.keys()) if (!found.has(key)) since.delete(key);
    for (const [key, what] of found) {
      const fromNs = since.get(key) ?? world.nowNs;
      since.set(key, fromNs);
      if (world.nowNs - fromNs > mostNs) {
        return `${key}: ${what}, for ${(world.nowNs - fromNs) / NS_PER_SECOND} s`;
      }
    }
    return null;
  }
}

function hasAny({ config }: SimWorldView): boolean {
  return config.protection.isOn || config.protection.instruments.length > 0;
}

/** Ours, by their names. */
function stopsOf(world: SimWorldView): Row[] {
  return world.venue.exchange
    .algoRows(world.uid, true, {})
    .filter(({ algoClOrdId }) => /^P\d{14}$/.test(String(algoClOrdId)));
}

function doubled(stops: readonly Row[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const row of stops) {
    const key = `${String(row['instId'])} ${String(row['posSide'])}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return new Map(
    [...counts].filter(([, count]) => count > 1).map(([key, count]) => [key, `${count} stops wait`]),
  );
}

/** By instrument and side: what is missing, too much, or of another size. */
function wrongs(world: SimWorldView, stops: readonly Row[]): Map<string, string> {
  const found = new Map<string, string>();
  const positions = world.venue.exchange.positions(world.uid, {});
  for (const row of stops) {
    const key = `${String(row['instId'])} ${String(row['posSide'])}`;
    const isHeld = positions.some(
      ({ instId, posSide }) => instId === row['instId'] && posSide === row['posSide'],
    );
    if (!isHeld) found.set(key, 'a stop waits without a position');
  }
  for (const { instId, instType, posSide, pos } of positions) {
    const { isOn } = protectionOf(world.config.protection, String(instId));
    const isConfigured = world.config.instruments.some((each) => each.instId === instId);
    if (!isOn || !isConfigured || (instType !== 'SWAP' && instType !== 'FUTURES')) continue;
    const key = `${String(instId)} ${String(posSide)}`;
    const own = stops.filter((row) => row['instId'] === instId && row['posSide'] === posSide);
    const isLong = posSide === 'long' || (posSide === 'net' && !String(pos).startsWith('-'));
    const size = String(pos).replace('-', '');
    if (own.length !== 1) found.set(key, `${own.length} stops for a position of ${String(pos)}`);
    else if (own[0]!['side'] !== (isLong ? 'sell' : 'buy')) found.set(key, 'its stop is on the wrong side');
    else if (own[0]!['closeFraction'] !== '1' && Number(own[0]!['sz']) !== Number(size)) {
      found.set(key, `its stop is of ${String(own[0]!['sz'])}, not of ${size}`);
    }
  }
  return found;
}
