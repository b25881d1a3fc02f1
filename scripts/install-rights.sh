# shellcheck shell=sh disable=SC2154
# The steps of install.sh that have to do with rights: user, owners, modes, grants, and the way to run as root.

runs_as_root() { [ "$mode" = --as-root ]; }

# Whose the memory and the log are.
owner=$service_user
! runs_as_root || owner=root

# as_service COMMAND...: with the rights that the daemon will have, and without anything of the caller's environment.
as_service() {
  if runs_as_root; then
    env -i PATH="$PATH" "$@"
  else
    env -i PATH="$PATH" setpriv --reuid="$service_user" --regid="$service_user" --init-groups --no-new-privs -- "$@"
  fi
}

# The sandbox hides home directories: a Node or program in there would not start.
require_within_reach() {
  ! runs_as_root || return 0
  for path in "$(readlink -f "$node")" "$prefix"; do
    case $path in
      /home/* | /root/* | /run/user/*)
        die "$path lies in a home directory, which the daemon does not see: choose another, or --as-root"
        ;;
    esac
  done
}

make_user() {
  [ -z "$root" ] || return 0
  if getent passwd "$service_user" >/dev/null; then
    say "User $service_user: there already"
    return 0
  fi
  shell=$(command -v nologin || printf /sbin/nologin)
  useradd --system --user-group --no-create-home --home-dir /var/lib/process-monitor --shell "$shell" "$service_user"
  say "User $service_user: made, without login"
}

# make_directory PLACE OWNER
make_directory() {
  mkdir -p "$1"
  chmod 0750 "$1"
  [ -n "$root" ] || chown "$2:$service_user" "$1"
  say "  $1"
}

# What root keeps in the directory of the configuration, a password among it, the daemon must be able to read.
share_configuration() {
  [ -z "$root" ] && [ -d "$config_directory" ] || return 0
  find "$config_directory" -xdev \( -type f -o -type d \) -user root ! -group "$service_user" \
    -exec chgrp "$service_user" {} +
  find "$config_directory" -xdev -type f -user root ! -perm -0040 -exec chmod g+r {} +
  find "$config_directory" -xdev -type d -user root ! -perm -0050 -exec chmod g+rx {} +
}

# The new program must take the configuration in place, as the user that it will run as, before the old one goes.
check_config() {
  [ -z "$root" ] && [ -f "$config" ] || return 0
  as_service "$node" "$staged/dist/process-monitor.js" config check --config "$config" ||
    die "the new program does not accept $config (see above): the old one was left as it is"
}

# Root by a drop-in of its own, so that the unit says the same everywhere.
choose_user() {
  if runs_as_root; then
    put "$source_directory/systemd/run-as-root.conf" "$root_drop_in" 0644
    say 'User: root, without a sandbox: whoever may write the configuration or break into the daemon owns this host.'
    say '      install.sh upgrade --unprivileged takes that back.'
  elif [ -f "$root_drop_in" ]; then
    rm -f "$root_drop_in"
    rmdir "$drop_in_directory" 2>/dev/null || :
    say "User: $service_user again"
  fi
}

# The rule for polkit and the units of our own follow the configuration.
grant_rights() {
  [ -z "$root" ] && ! runs_as_root || return 0
  if ! as_service "$node" "$prefix/dist/process-monitor.js" config check --config "$config" >/dev/null 2>&1; then
    say 'Rights: not granted, the configuration has mistakes. When they are mended: process-monitor grant'
    return 0
  fi
  say 'Rights:'
  "$command_file" grant --config "$config" ||
    say 'Rights: not everything is granted (see above). When that is mended: process-monitor grant'
}

# What an earlier daemon has written as another user is handed over, while none is at work.
hand_over() {
  [ -z "$root" ] || return 0
  was_running=no
  if systemctl is-active --quiet "$unit"; then
    was_running=yes
    systemctl stop "$unit"
  fi
  find "$state_directory" "$log_directory" -xdev \( ! -user "$owner" -o ! -group "$service_user" \) \
    -exec chown -h "$owner:$service_user" {} +
  [ "$was_running" = yes ] || return 0
  systemctl start "$unit"
  say 'Service: was running, started again with the new program'
}

# Everything that grant has made, and our own drop-in. The programs of units that grant made run on until they are stopped.
remove_rights() {
  say 'Rights:'
  [ -n "$root" ] || [ ! -x "$command_file" ] || "$command_file" grant --remove --config "$config" || :
  for file in "$polkit_rule" "$root/etc/systemd/system"/pm-*.service "$drop_in_directory"/*.conf; do
    [ -f "$file" ] || continue
    head -n 3 "$file" | grep -q "$our_marker" || continue
    rm -f "$file"
    say "  $file: removed"
  done
  [ ! -d "$drop_in_directory" ] || rmdir "$drop_in_directory" 2>/dev/null || say "  $drop_in_directory: not empty, left"
}
