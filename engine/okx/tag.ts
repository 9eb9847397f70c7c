import { TAG_LENGTH_MAX, TAG_PATTERN } from './venue-limits.ts';

/** A broker tag that OKX would refuse: nothing may start with it, because an order without its tag is never sent. */
class TagError extends Error {
  override readonly name = 'TagError';
  readonly code = 'BAD_TAG';
}

/** Whether the text can be the `tag` of an order: 1 to 16 ASCII letters and digits. */
function isTag(text: string): boolean {
  return TAG_PATTERN.test(text);
}

/** @throws TagError when the text cannot be a tag */
export function assertTag(text: string): void {
  if (isTag(text)) return;
  throw new TagError(
    `tag: expected 1 to ${TAG_LENGTH_MAX} ASCII letters and digits, was ${JSON.stringify(text)}: set the broker tag`,
  );
}
