import { ABSENT, AGE, counter, gauge, histogram } from './metric-definition.ts';
import type { MetricDefinition } from './metric-definition.ts';

/** The engine as a whole, its thread, and what stands behind it. */
export const ENGINE_METRICS = {
  // The engine as a whole.
  buildInfo: gauge(
    'okxmm_build_info',
    ['version', 'node', 'venue', 'run'],
    'Always 1; the labels say what runs.',
  ),
  startTime: gauge('okxmm_start_timestamp_seconds', [], 'Wall-clock time of the start.', {
    isAbsentUntilSet: true,
    unit: 's',
  }),
  engineState: gauge('okxmm_engine_state', ['engine_state'], '1 for the state the engine is in.', {
    source: 'state',
  }),
  configurationVersion: gauge(
    'okxmm_configuration_version',
    [],
    'Version of the configuration in force: 1 is that of the start, and every change of it or of fees is one more.',
  ),
  configurationChanges: counter(
    'okxmm_configuration_changes_total',
    ['change_result'],
    'Changed configurations that were taken up as a whole, or refused as a whole.',
  ),
  engineHeartbeat: gauge(
    'okxmm_engine_heartbeat_age_seconds',
    [],
    "Age of the engine thread's last sign of life.",
    AGE,
  ),
  turns: counter('okxmm_turns_total', [], 'Passes of the loop.'),
  eventLoopLag: histogram('okxmm_event_loop_lag_seconds', [], "Lateness of the engine thread's timers."),
  loopMode: gauge('okxmm_loop_mode', ['loop_mode'], '1 for how the engine thread waits for its next input.', {
    source: 'state',
  }),
  loopFallen: gauge(
    'okxmm_loop_fallen_back',
    [],
    '1 while the engine thread sleeps though told to poll or spin: it has no core of its own.',
  ),
  loopFallbacks: counter('okxmm_loop_fallbacks_total', [], 'Times it fell back to sleep.'),
  eventLoopTurns: counter(
    'okxmm_event_loop_turns_total',
    [],
    'Passes that kept the event loop turning; none are counted asleep.',
  ),
  involuntarySwitches: counter(
    'okxmm_involuntary_switches_total',
    [],
    'Times the engine thread was put aside for another; absent without Linux.',
    ABSENT,
  ),
  coreWait: counter(
    'okxmm_core_wait_seconds_total',
    [],
    'How long the engine thread was ready to run without a core; absent where that is not counted.',
    { isAbsentUntilSet: true, unit: 's' },
  ),
  steal: counter(
    'okxmm_steal_seconds_total',
    [],
    'Processor time that the hypervisor gave to other machines, all cores; absent without Linux.',
    { isAbsentUntilSet: true, unit: 's' },
  ),
  gcPause: histogram(
    'okxmm_gc_pause_seconds',
    ['gc_kind'],
    'Pauses of the engine thread to collect garbage, since its sessions were up.',
  ),
  clockOffset: gauge(
    'okxmm_clock_offset_seconds',
    [],
    "Venue's clock minus this machine's, as last measured.",
    {
      isAbsentUntilSet: true,
      unit: 's',
    },
  ),
  residentMemory: gauge('okxmm_resident_memory_bytes', [], 'Resident memory of the process.', {
    owner: 'exporter',
    unit: 'bytes',
  }),
  cpuTime: counter('okxmm_cpu_seconds_total', [], 'Processor time of the process, all threads.', {
    owner: 'exporter',
    unit: 's',
  }),

  // What stands behind the engine: the dead man's switch, the state on disk, recovery and audit.
  switchLeft: gauge(
    'okxmm_switch_left_seconds',
    [],
    "Time until the venue's dead man's switch cancels our orders, unless it hears from us; absent before it is armed.",
    { source: 'deadline', isAbsentUntilSet: true, unit: 's' },
  ),
  switchBeats: counter('okxmm_switch_beats_total', [], 'Times the venue confirmed the switch.'),
  switchFailures: counter('okxmm_switch_failures_total', [], 'Times it did not.'),
  stateSaves: counter('okxmm_state_saves_total', [], 'Times the state was written to disk.'),
  stateFailures: counter('okxmm_state_failures_total', [], 'Times it could not be written.'),
  stateUnsaved: gauge(
    'okxmm_state_unsaved',
    [],
    '1 while something has changed that a restart must know and the disk does not.',
  ),
  stateAge: gauge('okxmm_state_age_seconds', [], 'Age of the state on disk.', AGE),
  recoveries: counter(
    'okxmm_recoveries_total',
    [],
    'Times the account was taken up anew: at the start, after a lost session, in doubt.',
  ),
  recoveryDifferences: counter(
    'okxmm_recovery_differences_total',
    [],
    'Positions that the venue told otherwise than our trades add up to.',
  ),
  audits: counter('okxmm_audits_total', [], 'Comparisons of orders, trades and positions with the venue.'),
  auditAge: gauge('okxmm_audit_age_seconds', [], 'Age of the last comparison.', AGE),
  auditFindings: counter(
    'okxmm_audit_findings_total',
    ['finding'],
    'What the comparisons found otherwise at the venue than here.',
  ),
} as const satisfies Record<string, MetricDefinition>;
