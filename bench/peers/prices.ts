import type { Checksum } from '../checksum.ts';

const KEY_NEW_PRICE = Buffer.from('"newPx":"');
const QUOTE = 0x22;

/** Adds the prices that batch[0, length) asks for: what all who quote alike must have in common. */
export function addPrices(checksum: Checksum, batch: Buffer, length: number): void {
  let at = batch.indexOf(KEY_NEW_PRICE);
  while (at !== -1 && at < length) {
    at += KEY_NEW_PRICE.length;
    checksum.addBytes(batch, at, batch.indexOf(QUOTE, at));
    at = batch.indexOf(KEY_NEW_PRICE, at);
  }
}
