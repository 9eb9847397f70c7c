import { ExitCode } from './exit-code.ts';

export const USAGE = `npm run -s okx-mm -- broker ledger`;

export function run(argv: readonly string[]): Promise<ExitCode> {
  return Promise.resolve(argv.length === 0 ? ExitCode.done : ExitCode.usage);
}
