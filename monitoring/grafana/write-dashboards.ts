/**
 * Writes the dashboards' JSON: `npm run build && node dist/monitoring/grafana/write-dashboards.js`, from the
 * project's root, then `npx prettier --write monitoring/grafana/dashboards`. A test holds that the files are
 * what this writes.
 */

import { commissionDashboard } from './commission.ts';
import { overviewDashboard } from './overview.ts';
import { writeFileSync } from 'node:fs';

const DIRECTORY = 'monitoring/grafana/dashboards';

const DASHBOARDS = { overview: overviewDashboard(), commission: commissionDashboard() };

for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
  writeFileSync(`${DIRECTORY}/okxmm-${name}.json`, `${JSON.stringify(dashboard, null, 2)}\n`);
}
