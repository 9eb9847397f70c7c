import type { FrameFeed } from '../feeds/frame-feed.ts';
import { GENERATED_MOVES, generateFeed } from '../feeds/generated-feed.ts';

/** It is played in a circle. */
const FRAMES = 4_000;

/** What the far side plays: every frame moves both best prices, so every frame has to be answered. */
export function farFeed(): FrameFeed {
  return generateFeed(GENERATED_MOVES, FRAMES);
}
