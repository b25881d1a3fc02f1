#!/bin/sh
# The first process of a test machine: gives it a root of its own and becomes its systemd.
# Usage, in new namespaces: machine-boot.sh NAME SHARED_DIRECTORY...
#
# The root is an overlay over the host's root; all that is written goes to a tmpfs that only this mount namespace sees.
set -eu
name=$1
shift

# The host's /proc is still mounted, so this is the number that the host knows us by.
read -r pid _ </proc/self/stat
echo "$pid"

root=/mnt/root
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/host /mnt/upper /mnt/work "$root"
# A bind without what is mounted below it: the host's /proc, /sys and /dev stay out.
mount --bind / /mnt/host
mount -t overlay -o "lowerdir=/mnt/host,upperdir=/mnt/upper,workdir=/mnt/work" overlay "$root"

# What lies on a file system of its own is not in that bind.
for shared in "$@"; do
  [ "$(stat -c %d "$shared")" != "$(stat -c %d /)" ] || continue
  mkdir -p "$root$shared"
  mount --bind "$shared" "$root$shared"
  mount -o remount,bind,ro "$root$shared"
done

mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
# These reach the host's kernel: nothing in the machine may set them.
for global in sys sysrq-trigger; do
  [ -e "$root/proc/$global" ] || continue
  mount --bind "$root/proc/$global" "$root/proc/$global"
  mount -o remount,bind,ro "$root/proc/$global"
done
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"

mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
umask 0
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mknod "$root/dev/tty" c 5 0
umask 022
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/tmp"

# The host's own databases stay out of reach.
if [ -d "$root/var/lib/mysql" ]; then
  mount -t tmpfs -o mode=755 tmpfs "$root/var/lib/mysql"
fi

# None of the units that the host's administrator has enabled: the machine is the same wherever it is booted.
units=$root/etc/systemd/system
mount -t tmpfs -o mode=755 tmpfs "$units"
ln -s /lib/systemd/system/multi-user.target "$units/default.target"
# Terminals, networks and timers have no use here; kernel modules, kernel file systems and the audit log are the host's.
for unit in console-getty.service getty.target systemd-logind.service systemd-networkd.service \
  systemd-resolved.service systemd-timesyncd.service systemd-tmpfiles-clean.timer systemd-udevd.service \
  kmod-static-nodes.service modprobe@.service systemd-modules-load.service systemd-journald-audit.socket \
  dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount; do
  ln -s /dev/null "$units/$unit"
done
mkdir -p "$root/etc/systemd/system-generators" "$root/etc/systemd/journald.conf.d"
ln -sf /dev/null "$root/etc/systemd/system-generators/systemd-sysv-generator"
printf '[Journal]\nStorage=volatile\nRateLimitBurst=0\n' >"$root/etc/systemd/journald.conf.d/test-machine.conf"
: >"$root/etc/fstab"
: >"$root/etc/machine-id"
echo "$name" >"$root/etc/hostname"
echo "127.0.1.1 $name" >>"$root/etc/hosts"

cd "$root"
mkdir -p .host
pivot_root . .host
umount -l /.host
rmdir /.host
# LoadCredential= needs mounts that propagate, as those of a booted host do.
mount --make-rshared /
# Namespaces share the clock: whoever set it in here, timedatectl among them, would set it for the whole host.
exec setpriv --bounding-set -sys_time env -i container=podman PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --log-target=journal </dev/null >/dev/null 2>&1
