import { z } from 'zod';

/** What instruments of one underlying may hold together, and how it is hedged: `portfolio`. */
export const portfolio = z.strictObject({});
