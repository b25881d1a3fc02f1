# shellcheck shell=sh disable=SC2154
# The steps of install.sh that look and that copy: what must hold before anything is touched, and what goes where.

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
  [ ! -d "$source_directory/dist/chunks" ] || cp -R "$source_directory/dist/chunks" "$staged/dist/"
  mkdir -p "$staged/scripts"
  cp "$source_directory/scripts/launch.sh" "$staged/scripts/"
  # What it is made of, and under which licences.
  for file in sbom.cdx.json licences.txt; do
    [ ! -f "$source_directory/dist/$file" ] || cp "$source_directory/dist/$file" "$staged/dist/"
  done
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
}
