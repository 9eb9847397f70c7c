import { join } from 'node:path';

/** Where state and control socket are unless `--state` says otherwise: in the working directory, for start and ctl alike. */
export const STATE_DIRECTORY = '.state';

/** Where one of several accounts has its own; '' where there is one account alone. */
export function accountState(directory: string, account: string): string {
  return account === '' ? directory : join(directory, account);
}
