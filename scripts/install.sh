#!/bin/sh
# Installs, upgrades and removes process-monitor on a host with systemd. `install.sh --help` says how.
#
# Everything is copied beside its place first and renamed into it last, so that a step that fails leaves what was there.
# Shown and done step by step; running it again changes nothing that is right already.
set -eu
umask 022

usage() {
  cat <<'END'
Usage: install.sh [install | upgrade | uninstall] [options]

  install      (default) user, directories, program, command, unit, and a configuration where there is none
  upgrade      new program and unit; refused where the new program does not accept the configuration in place
  uninstall    stops and removes program, command, unit and granted rights; keeps configuration, memory, log, user

The daemon runs as the user process-monitor, who may restart what `process-monitor grant` names: install and upgrade
run it where the configuration is valid.

Options
  --prefix DIR   where the program goes (default /opt/process-monitor)
  --node PATH    the Node to run it with, 20.17 or later (default: the one found in PATH)
  --import       start from the configuration of the bash monitor, /opt/monitor_service/config.ini
  --as-root      the daemon runs as root, without a sandbox; an upgrade keeps it so
  --unprivileged the daemon runs as the user process-monitor again (the default of a first installation)
  --force        install although the bash monitor is running (two monitors would restart the same processes)
  --purge        with uninstall: also configuration, memory, log and user
  --root DIR     install below DIR, for packages and tests: no user is made and systemctl is not called
END
}

say() { printf '%s\n' "$*"; }
die() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }
misused() {
  printf 'install.sh: %s\nTry: install.sh --help\n' "$*" >&2
  exit 2
}

service_user=process-monitor
unit=process-monitor.service
old_unit=monitor_service.service
old_config=/opt/monitor_service/config.ini

action='' prefix=/opt/process-monitor node='' root='' import=no force=no purge=no mode=''
# Paths end up in the unit and in a shell script, where blanks and quotes would need care: plain ones only.
plain_path() {
  case $2 in
    *[!A-Za-z0-9/._+@-]* | *..*) misused "$1: not a plain path: $2" ;;
    /?*) ;;
    *) misused "$1: not an absolute path: $2" ;;
  esac
}
while [ $# -gt 0 ]; do
  case $1 in
    install | upgrade | uninstall)
      [ -z "$action" ] || misused "one action only: $action or $1"
      action=$1
      ;;
    --prefix | --node | --root)
      [ $# -ge 2 ] || misused "$1 needs a path"
      plain_path "$1" "$2"
      case $1 in
        --prefix) prefix=${2%/} ;;
        --node) node=$2 ;;
        --root) root=${2%/} ;;
      esac
      shift
      ;;
    --import) import=yes ;;
    --as-root | --unprivileged)
      [ -z "$mode" ] || [ "$mode" = "$1" ] || misused "one of them only: $mode or $1"
      mode=$1
      ;;
    --force) force=yes ;;
    --purge) purge=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) misused "unknown word: $1" ;;
  esac
  shift
done
action=${action:-install}

source_directory=$(cd "$(dirname "$0")/.." && pwd)
home=$root$prefix
config_directory=$root/etc/process_monitor
config=$config_directory/config.ini
state_directory=$root/var/lib/process-monitor
log_directory=$root/var/log/process-monitor
command_file=$root/usr/local/bin/process-monitor
unit_file=$root/etc/systemd/system/$unit
drop_in_directory=$unit_file.d
root_drop_in=$drop_in_directory/run-as-root.conf
polkit_rule=$root/etc/polkit-1/rules.d/50-process-monitor.rules
# Stands at the top of every file that `process-monitor grant` or this script makes for rights.
our_marker='Written by process-monitor'

# An installation that runs as root by --as-root stays so until it is told otherwise.
[ -n "$mode" ] || [ ! -f "$root_drop_in" ] || mode=--as-root
mode=${mode:---unprivileged}

staged=''
trap '[ -z "$staged" ] || rm -rf "$staged"' EXIT
trap 'exit 1' HUP INT TERM

# shellcheck source=scripts/install-steps.sh
. "$source_directory/scripts/install-steps.sh"
# shellcheck source=scripts/install-rights.sh
. "$source_directory/scripts/install-rights.sh"

say_what_is_next() {
  cat <<END

Next:
  1. edit $config (database and processes)
  2. process-monitor config check --connect
  3. process-monitor grant
  4. systemctl enable --now process-monitor
  5. tail -F /var/log/process-monitor/current.log
END
}

install_it() {
  require_host
  require_node
  require_build
  require_own_prefix
  require_within_reach
  require_old_monitor_stopped
  [ "$action" = install ] || [ -f "$home/dist/process-monitor.js" ] || die "nothing to upgrade in $home: run install"
  stage_program
  make_user
  share_configuration
  [ "$action" = install ] || check_config
  say 'Directories:'
  make_directory "$config_directory" root
  make_directory "$state_directory" "$owner"
  make_directory "$log_directory" "$owner"
  switch_program
  write_config
  write_command_and_unit
  choose_user
  [ -n "$root" ] || systemctl daemon-reload
  grant_rights
  hand_over
  if [ "$action" = install ]; then say_what_is_next; else say 'Upgraded.'; fi
}

uninstall_it() {
  require_host
  require_own_prefix
  if [ -z "$root" ] && [ -f "$unit_file" ]; then
    systemctl disable --now "$unit"
    say 'Service: stopped and disabled'
  fi
  remove_rights
  rm -f "$unit_file" "$command_file"
  [ -n "$root" ] || systemctl daemon-reload
  say 'Command and unit: removed'
  for entry in dist scripts node_modules docs package.json config.example.ini LICENSE README.md CHANGELOG.md; do
    rm -rf "${home:?}/$entry"
  done
  [ ! -d "$home" ] || rmdir "$home" 2>/dev/null || say "  $home: not empty, left"
  say 'Program: removed'
  if [ "$purge" = no ]; then
    say "Kept: $config_directory, $state_directory, $log_directory, user $service_user (--purge removes them)"
    return 0
  fi
  rm -rf "$config_directory" "$state_directory" "$log_directory"
  if [ -z "$root" ] && getent passwd "$service_user" >/dev/null; then userdel "$service_user"; fi
  say 'Configuration, memory, log and user: removed'
}

if [ "$action" = uninstall ]; then uninstall_it; else install_it; fi
