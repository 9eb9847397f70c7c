/** Every truncation of the bytes, then every byte flipped in each of its eight bits and replaced by JSON's own signs. */
export function* truncationsAndFlips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < bytes.length; length++) yield bytes.slice(0, length);
  for (let index = 0; index < bytes.length; index++) {
    for (let bit = 0; bit < 8; bit++) {
      const flipped = bytes.slice();
      flipped[index]! ^= 1 << bit;
      yield flipped;
    }
    for (const sign of SIGNS) {
      if (bytes[index] === sign) continue;
      const replaced = bytes.slice();
      replaced[index] = sign;
      yield replaced;
    }
  }
}

const SIGNS = [...'"{}[],:-0\\'].map((sign) => sign.charCodeAt(0));
