#!/bin/sh
# launch.sh PROGRAM ARGUMENT...: becomes the program, which finds a line to systemd open.
#
# Node cannot open the kind of socket that systemd listens on, and a helper for each message would cost more than the whole
# rest of a quiet day. perl or python connects it and is replaced by the program, under the same process id:
# PROCESS_MONITOR_NOTIFY says for which process the line is, and its descriptor. Where neither is installed, or nothing
# listens, the program is started without, and sends its messages by systemd-notify.

if [ -z "${NOTIFY_SOCKET:-}" ]; then
  exec "$@"
fi

# Numbers instead of names, because their modules may be missing: AF_UNIX 1, SOCK_DGRAM 2, SOCK_NONBLOCK 2048. A name that
# begins with @ is in no directory.
if command -v perl >/dev/null 2>&1; then
  PERL_BADLANG=0 exec perl -e '
    delete $ENV{PERL_BADLANG};
    my $name = $ENV{NOTIFY_SOCKET};
    $name =~ s/^@/\0/;
    $^F = 255;
    $ENV{PROCESS_MONITOR_NOTIFY} = $$ . ":" . fileno($line)
      if socket($line, 1, 2 | 2048, 0) && connect($line, pack("S a*", 1, $name));
    exec { $ARGV[0] } @ARGV or exit 127;
  ' -- "$@"
fi

# RHEL has one for its own tools.
for python in /usr/libexec/platform-python python3; do
  if command -v "$python" >/dev/null 2>&1; then
    exec "$python" -I -S -c '
import os, sys, _socket
name = os.environ["NOTIFY_SOCKET"]
try:
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_DGRAM)
    line.setblocking(False)
    line.connect("\0" + name[1:] if name[0] == "@" else name)
    os.set_inheritable(line.fileno(), True)
    os.environ["PROCESS_MONITOR_NOTIFY"] = "%d:%d" % (os.getpid(), line.fileno())
except OSError:
    pass
try:
    os.execvp(sys.argv[1], sys.argv[1:])
except OSError:
    sys.exit(127)
' "$@"
  fi
done

exec "$@"
