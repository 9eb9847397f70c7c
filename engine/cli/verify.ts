import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';
import { runVerify } from './verify-run.ts';

try {
  // Only the code is set: process.exit would cut off output that a pipe has not taken yet.
  process.exitCode = await runVerify(process.argv.slice(2), (text) => process.stdout.write(text));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`verify: ${error.message}\n`);
  process.exitCode = ExitCode.usage;
}
