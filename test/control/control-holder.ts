import { ControlError } from '../../engine/control/control-error.ts';
import { ControlServer } from '../../engine/control/control-server.ts';

/** A process that opens the control socket of the directory it is given, says how that went, and waits to be killed. */

// A test that fails leaves none of them behind.
process.on('disconnect', () => process.exit());

try {
  await ControlServer.open(process.argv[2]!, {
    command: () => undefined,
    configure: () => undefined,
    explain: () => undefined,
    status: () => ({}),
  });
  process.send!('open');
} catch (error) {
  process.send!(error instanceof ControlError ? error.code : String(error));
}
