import { z } from 'zod';

/** What an instrument is worth, as its quotes see it: `instruments[].strategy.fair`. */
export const fairValue = z.strictObject({});
