# Prints every program that a process of one unit starts, as the kernel tells it: the unit's own main program first.
# Usage, as root on the host: perl exec-watch.pl MACHINE UNIT [timed]; prints `ready`, then one line for each; ends with its
# input. `timed`: each line begins with the moment, nanoseconds of the monotonic clock.
use strict; use warnings; use Socket;
my ($machine, $unit, $timed) = @ARGV;
$| = 1;
# AF_NETLINK, NETLINK_CONNECTOR; SO_RCVBUFFORCE: no event may be lost. Source: linux/cn_proc.h.
socket(my $events, 16, SOCK_DGRAM, 11) or die "netlink: $!";
setsockopt($events, SOL_SOCKET, 33, pack('i', 64 << 20));
bind($events, pack('SSLL', 16, 0, $$, 1)) or die "bind: $!";
my $body = pack('LLLLSSL', 1, 1, 0, 0, 4, 0, 1);
send($events, pack('LSSLL', 16 + length $body, 3, 0, 0, $$) . $body, 0) or die "listen: $!";
print "ready\n";
my %inside;
my $wanted = '';
vec($wanted, fileno($events), 1) = 1;
vec($wanted, fileno(STDIN), 1) = 1;
while (select(my $ready = $wanted, undef, undef, undef)) {
  last if vec($ready, fileno(STDIN), 1);
  defined recv($events, my $message, 8192, 0) or print "lost events: $!\n" and next;
  my ($what, undef, $moment, @of) = unpack('x36 L2 Q L*', $message);
  if ($what == 1) { $inside{$of[3]} = 1 if $inside{$of[1]} && $of[2] == $of[3] }
  elsif ($what == 2) {
    (my $words = slurp("/proc/$of[1]/cmdline")) =~ s/[\0\n]/ /g;
    $inside{$of[1]} ||= slurp("/proc/$of[1]/cgroup") =~ m{^0::.*/\Q$machine\E/(?:.*/)?\Q$unit\E$}m;
    next unless $inside{$of[1]};
    print $timed ? "$moment " : '', $words eq '' ? "gone\n" : "$words\n";
  }
  elsif ($what == 0x80000000) { delete $inside{$of[1]} if $of[0] == $of[1] }
}
sub slurp { open(my $file, '<', $_[0]) or return ''; local $/; return scalar(<$file>) // '' }
