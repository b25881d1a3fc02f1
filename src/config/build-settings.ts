/** Turns checked values into the settings as the rest of the program sees them. */
import type { SectionValues } from './key.js';
import type { DATABASE_KEYS, HOST_KEYS, LOGGING_KEYS, SELF_RECOVERY_KEYS } from './keys-fixed.js';
import type { MONITOR_KEYS } from './keys-monitor.js';
import type { DatabaseSettings, LoggingSettings, MonitorSettings, ProcessSettings, Settings } from './settings.js';

/** All values of the sections that stand once. */
export interface FixedValues {
  readonly database: SectionValues<typeof DATABASE_KEYS>;
  readonly monitor: SectionValues<typeof MONITOR_KEYS>;
  readonly logging: SectionValues<typeof LOGGING_KEYS>;
  readonly host: SectionValues<typeof HOST_KEYS>;
  readonly selfRecovery: SectionValues<typeof SELF_RECOVERY_KEYS>;
}

/** The values have passed every check. */
export function buildSettings(values: FixedValues, processes: ProcessSettings, passwordFile: string | null): Settings {
  return {
    database: buildDatabase(values.database, passwordFile),
    monitor: buildMonitor(values.monitor),
    logging: buildLogging(values.logging),
    host: {
      hostId: values.host.host_id,
      ownership: values.host.ownership,
      standby: values.host.standby,
      leaseTimeMs: values.host.lease_time,
    },
    selfRecovery: {
      heartbeatFile: values.selfRecovery.heartbeat_file,
      deadManUrl: values.selfRecovery.dead_man_url,
      deadManIntervalMs: values.selfRecovery.dead_man_interval,
    },
    processes,
  };
}

function buildDatabase(values: FixedValues['database'], passwordFile: string | null): DatabaseSettings {
  const shared = { queryTimeoutMs: values.query_timeout, writeBack: values.write_back, claims: values.claims };
  if (values.engine === 'sqlite') return { engine: 'sqlite', path: required('path', values.path), ...shared };
  return {
    engine: 'mysql',
    hosts: values.host.map(({ host, port }) => ({ host, port: port ?? values.port })),
    socket: values.socket,
    user: required('user', values.user),
    password: values.password,
    passwordFile,
    database: required('database', values.database),
    ssl: { mode: values.ssl, caFile: values.ssl_ca, certFile: values.ssl_cert, keyFile: values.ssl_key },
    connectTimeoutMs: values.connect_timeout,
    poolSize: values.pool_size,
    ownDatabase: values.own_database,
    ...shared,
  };
}

function buildMonitor(values: FixedValues['monitor']): MonitorSettings {
  return {
    checkIntervalMs: values.check_interval,
    maxParallelRestarts: values.max_parallel_restarts,
    hostRestartBudget: values.host_restart_budget,
    restartBudgetWindowMs: values.restart_budget_window,
    massAlarmPercent: values.mass_alarm_percent,
    massAlarmMin: values.mass_alarm_min,
    startupGraceMs: values.startup_grace,
    shutdownGraceMs: values.shutdown_grace,
    unlistedProcesses: values.unlisted_processes,
    shell: values.shell,
    unitManager: values.unit_manager,
    stateDirectory: values.state_dir,
    runDirectory: values.run_directory,
    operatorsGroup: values.operators_group,
  };
}

function buildLogging(values: FixedValues['logging']): LoggingSettings {
  return {
    directory: values.directory,
    level: values.level,
    format: values.format,
    console: values.console,
    maxLogSizeBytes: values.max_log_size,
    logFilesToKeep: values.log_files_to_keep,
  };
}

function required(key: string, value: string | null): string {
  if (value === null) throw new Error(`settings without ${key} passed the check`);
  return value;
}
