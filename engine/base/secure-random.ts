import { randomBytes } from 'node:crypto';

/**
 * Chance that nobody can guess, for what protects an account: never for what a run decides, which has to come out the same
 * again (random.ts).
 *
 * @returns letters, digits, "-" and "_": four for three bytes
 */
export function unguessableText(byteCount: number): string {
  return randomBytes(byteCount).toString('base64url');
}
