import { z } from 'zod';

/** How volatility, intensity and adverse selection are learnt while running: `calibration`. */
export const calibration = z.strictObject({});
