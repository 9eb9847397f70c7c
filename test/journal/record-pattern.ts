/** The payload of a record, by its sequence number: long enough to tell one from another, hard enough to deflate. */
export function patternOf(sequence: number): string {
  let text = `${sequence}:`;
  for (let at = 0, state = sequence + 1; at < sequence % 200; at++) {
    state = (state * 48_271) % 2_147_483_647;
    text += String.fromCodePoint(33 + (state % 90));
  }
  return text;
}
