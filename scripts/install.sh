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
  uninstall    stops and removes program, command and unit; keeps configuration, memory, log and user

Options
  --prefix DIR   where the program goes (default /opt/process-monitor)
  --node PATH    the Node to run it with, 20.17 or later (default: the one found in PATH)
  --import       start from the configuration of the bash monitor, /opt/monitor_service/config.ini
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

action='' prefix=/opt/process-monitor node='' root='' import=no force=no purge=no
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

staged=''
trap '[ -z "$staged" ] || rm -rf "$staged"' EXIT
trap 'exit 1' HUP INT TERM

# --- what must hold before anything is touched ---

require_host() {
  [ -z "$root" ] || return 0
  [ "$(id -u)" = 0 ] || die 'must be run as root (or with --root DIR)'
  [ -d /run/systemd/system ] || die 'systemd does not run on this host'
}

require_node() {
  [ -n "$node" ] || node=$(command -v node) || die 'no node in PATH: name one with --node PATH'
  plain_path --node "$node"
  [ -x "$node" ] || die "$node cannot be executed"
  version=$("$node" -p 'process.versions.node') || die "$node does not run"
  "$node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 17) ? 0 : 1)' ||
    die "$node is Node $version: 20.17 or later is needed"
  case $node in
    /home/* | /root/*) say "Note: $node lies in a home directory; a Node that belongs to the system is the safer choice" ;;
  esac
}

require_build() {
  [ -f "$source_directory/dist/process-monitor.js" ] ||
    die "the program is not built: run 'npm ci && npm run build' in $source_directory first"
}

require_own_prefix() {
  if [ -d "$home" ] && [ ! -f "$home/dist/process-monitor.js" ] && [ -n "$(ls -A "$home")" ]; then
    die "$home holds something else: choose another --prefix"
  fi
}

require_old_monitor_stopped() {
  [ -z "$root" ] && [ "$force" = no ] || return 0
  if systemctl is-active --quiet "$old_unit"; then
    die "the bash monitor is running: 'systemctl disable --now $old_unit' first, or --force; two monitors would restart the same processes"
  fi
}

# --- steps ---

# put SOURCE PLACE MODE [GROUP]: whole or not at all.
put() {
  mkdir -p "$(dirname "$2")"
  if [ -f "$2" ] && cmp -s "$1" "$2"; then
    say "  $2: unchanged"
  else
    cp "$1" "$2.new.$$" && chmod "$3" "$2.new.$$" && mv -f "$2.new.$$" "$2" || {
      rm -f "$2.new.$$"
      die "$2 cannot be written"
    }
    say "  $2: written"
  fi
  chmod "$3" "$2"
  [ -n "$root" ] || chown "root:${4:-root}" "$2"
}

make_user() {
  [ -z "$root" ] || return 0
  ! getent passwd "$service_user" >/dev/null || { say "User $service_user: there already"; return 0; }
  shell=$(command -v nologin || printf /sbin/nologin)
  useradd --system --user-group --no-create-home --home-dir /var/lib/process-monitor --shell "$shell" "$service_user"
  say "User $service_user: made, without login"
}

make_directory() {
  mkdir -p "$1"
  chmod 0750 "$1"
  [ -n "$root" ] || chown "root:$2" "$1"
  say "  $1"
}

write_config() {
  say 'Configuration:'
  if [ -e "$config" ]; then
    say "  $config: kept as it is"
  elif [ "$import" = yes ]; then
    [ -f "$root$old_config" ] || die "--import: there is no $root$old_config"
    put "$root$old_config" "$config" 0640 "$service_user"
    say "  imported from $old_config: 'process-monitor config check' tells what has changed its meaning"
  else
    put "$source_directory/config.example.ini" "$config" 0640 "$service_user"
    [ ! -f "$root$old_config" ] || say "  $old_config is there too: to start from it, remove $config and run this with --import"
  fi
}

# Copies the program beside its place and leaves its directory in $staged.
stage_program() {
  staged=$home/.new.$$
  mkdir -p "$staged/dist"
  cp "$source_directory/dist/process-monitor.js" "$staged/dist/"
  # package.json says that the program is an ES module.
  for file in package.json config.example.ini LICENSE README.md CHANGELOG.md; do
    [ ! -f "$source_directory/$file" ] || cp "$source_directory/$file" "$staged/"
  done
  [ ! -d "$source_directory/docs" ] || cp -R "$source_directory/docs" "$staged/"
  # The optional package for file databases on a Node without SQLite, with what it needs.
  modules=$source_directory/node_modules
  if [ -d "$modules/libsql" ]; then
    mkdir -p "$staged/node_modules"
    for package in libsql @libsql @neon-rs detect-libc; do
      [ ! -d "$modules/$package" ] || cp -R "$modules/$package" "$staged/node_modules/"
    done
  fi
  chmod -R u=rwX,go=rX "$staged"
  [ -n "$root" ] || chown -R root:root "$staged"
}

# The new program must take the configuration in place before the old one goes.
check_config() {
  [ -z "$root" ] && [ -f "$config" ] || return 0
  "$node" "$staged/dist/process-monitor.js" config check --config "$config" ||
    die "the new program does not accept $config (see above): nothing was changed"
}

switch_program() {
  for entry in "$staged"/*; do
    place=$home/$(basename "$entry")
    rm -rf "$place.old"
    [ ! -e "$place" ] || mv "$place" "$place.old"
    mv "$entry" "$place" || {
      [ ! -e "$place.old" ] || mv "$place.old" "$place"
      die "$place cannot be written"
    }
    rm -rf "$place.old"
  done
  chmod 0755 "$home"
  say "Program: $home"
}

# write_from_template TEMPLATE PLACE MODE
write_from_template() {
  sed -e "s|@NODE@|$node|g" -e "s|@PREFIX@|$prefix|g" "$1" >"$staged/filled"
  put "$staged/filled" "$2" "$3"
}

write_command_and_unit() {
  say 'Command and unit:'
  printf '#!/bin/sh\n# The command of process-monitor.\nexec @NODE@ @PREFIX@/dist/process-monitor.js "$@"\n' >"$staged/command"
  write_from_template "$staged/command" "$command_file" 0755
  write_from_template "$source_directory/systemd/$unit" "$unit_file" 0644
  [ -n "$root" ] || systemctl daemon-reload
}

put_in_place() {
  make_user
  say 'Directories:'
  make_directory "$config_directory" "$service_user"
  make_directory "$state_directory" root
  make_directory "$log_directory" root
  switch_program
  write_config
  write_command_and_unit
}

restart_if_running() {
  [ -z "$root" ] || return 0
  systemctl is-active --quiet "$unit" || return 0
  systemctl restart "$unit"
  say "Service: was running, restarted with the new program"
}

say_what_is_next() {
  cat <<END

Next:
  1. edit $config (database and processes)
  2. process-monitor config check --connect
  3. systemctl enable --now process-monitor
  4. tail -F /var/log/process-monitor/current.log
END
}

install_it() {
  require_host
  require_node
  require_build
  require_own_prefix
  require_old_monitor_stopped
  [ "$action" = install ] || [ -f "$home/dist/process-monitor.js" ] || die "nothing to upgrade in $home: run install"
  stage_program
  [ "$action" = install ] || check_config
  put_in_place
  restart_if_running
  if [ "$action" = install ]; then say_what_is_next; else say 'Upgraded.'; fi
}

uninstall_it() {
  require_host
  require_own_prefix
  if [ -z "$root" ] && [ -f "$unit_file" ]; then
    systemctl disable --now "$unit"
    say 'Service: stopped and disabled'
  fi
  rm -f "$unit_file" "$command_file"
  [ -n "$root" ] || systemctl daemon-reload
  say 'Command and unit: removed'
  for entry in dist node_modules docs package.json config.example.ini LICENSE README.md CHANGELOG.md; do
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
