/**
 * Writes the dashboards' JSON: `npm run build && node dist/monitoring/grafana/write-dashboards.js`, from the
 * project's root, then `npx prettier --write monitoring/grafana/dashboards`. A test holds that the files are
 * what this writes.
 */

import { overviewDashboard } from './overview.ts';
import { writeFileSync } from 'node:fs';

const DIRECTORY = 'monitoring/grafana/dashboards';

writeFileSync(`${DIRECTORY}/okxmm-overview.json`, `${JSON.stringify(overviewDashboard(), null, 2)}\n`);
