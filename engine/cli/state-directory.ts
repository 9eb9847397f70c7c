/** Where state and control socket are unless `--state` says otherwise: in the working directory, for start and ctl alike. */
export const STATE_DIRECTORY = '.state';
