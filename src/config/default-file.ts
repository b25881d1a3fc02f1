/** Where the settings are unless an option or the environment names another file. */
export const DEFAULT_CONFIG_FILE = '/etc/process_monitor/config.ini';
