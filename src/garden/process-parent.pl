#!/usr/bin/perl
# The parent of one process of a container. It outlives the platform, so that no exit status and no output is lost and
# output never fills the disk. It shares a folder with the platform:
#   parent          "PID STARTTICKS" of this script           exit          exit code, written once, after all output
#   started         "PID STARTTICKS" of the process           failed        why it could not be started
#   stdout, stderr  its output                                NAME.read     offset up to which the platform has taken it
#   NAME.dropped    "OFFSET BYTES": nothing is kept below OFFSET; BYTES that nobody had taken were dropped so far
#   reader          "PID STARTTICKS" of the platform while it reads
# Files that a reader may meet at any moment are written beside and renamed.
#
# The process writes into pipes, which this script splices into the files: a tenant who held the file itself could
# reserve disk space through it. At more than BACKLOG-MAX bytes not yet taken the process waits for the reader; where
# no reader lives, the oldest output is dropped and counted instead, since an app must not stop with the platform.
#
# usage: process-parent.pl FOLDER BACKLOG-MAX ARCH MODE -- COMMAND…
#   MODE child: COMMAND is the process, in a process group of its own, with the variables of FOLDER/environment (each
#     NAME=VALUE ended by a zero byte; command lines can be read by everybody, this file cannot). What it leaves running
#     is killed with its end.
#   MODE pid-file: COMMAND starts it, writes FOLDER/pid and ends (`runc exec -d`).
use strict;
use warnings;

my ($folder, $backlog_max, $arch, $mode, undef, @command) = @ARGV;
my ($PRCTL, $FALLOCATE, $SPLICE) = $arch eq 'arm64' ? (167, 47, 76) : (157, 285, 275);
my ($PR_SET_CHILD_SUBREAPER, $KEEP_SIZE_PUNCH_HOLE, $WNOHANG) = (36, 3, 1);
my ($F_SETFL, $O_NONBLOCK, $F_SETPIPE_SZ, $SPLICE_MOVE_NONBLOCK) = (4, 2048, 1031, 3);
my ($PAGE, $PIPE_BYTES, $PUNCH_MIN) = (4096, 256 * 1024, 1 << 20);
my $PAUSE = 0.005;    # between two rounds: one wake-up moves many lines, and a flood is held to 50 MB/s

chdir $folder or exit 120;
$SIG{$_} = 'IGNORE' for qw(HUP INT PIPE TERM QUIT);
syscall($PRCTL, $PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

sub publish {
    my ($name, $text) = @_;
    open(my $file, '>', "$name.new") or return;
    print $file $text;
    close $file;
    rename "$name.new", $name;
}

sub slurp { open(my $file, '<', $_[0]) or return undef; local $/; return scalar <$file> }

# Field 22 of stat: when the process began, in ticks since boot. With the pid it names one process for ever.
sub start_ticks {
    my $stat = slurp("/proc/$_[0]/stat") // return 0;
    $stat =~ s/^.*\) //s;
    return (split / /, $stat)[19];
}

publish('parent', "$$ " . start_ticks($$));

my @streams;
for my $name (qw(stdout stderr)) {
    open(my $file, '>', $name) or exit 121;
    pipe(my $out, my $in) or exit 122;
    fcntl($out, $F_SETFL, $O_NONBLOCK);
    fcntl($out, $F_SETPIPE_SZ, $PIPE_BYTES);
    push @streams, { name => $name, file => $file, out => $out, in => $in, size => 0, punched => 0, floor => 0, lost => 0 };
}

my %ended;    # pid => wait status
pipe(my $wake_read, my $wake_write) or exit 122;
$SIG{CHLD} = sub { local $!; syswrite $wake_write, 'x' };

my $command_pid = fork() // exit 123;
if ($command_pid == 0) {
    $SIG{$_} = 'DEFAULT' for qw(HUP INT PIPE TERM QUIT CHLD);
    open(STDIN,  '<',  '/dev/null');
    open(STDOUT, '>&', $streams[0]{in});
    open(STDERR, '>&', $streams[1]{in});
    if ($mode eq 'child') {
        setpgrp(0, 0);
        %ENV = map { split /=/, $_, 2 } split /\0/, slurp('environment') // '';
    }
    exec { $command[0] } @command or do { print STDERR "$command[0]: $!\n"; exit 127 };
}
close $_->{in} for @streams;

sub code { my $status = shift; return $status & 127 ? 128 + ($status & 127) : $status >> 8 }

# Waits until one of the pipes has something, a child ended or the time is over.
sub await {
    my ($seconds, @pipes) = @_;
    my $bits = '';
    vec($bits, fileno($_), 1) = 1 for $wake_read, @pipes;
    my $found = select($bits, undef, undef, $seconds);
    sysread($wake_read, my $ignored, 64) if $found > 0 && vec($bits, fileno($wake_read), 1);
    while ((my $pid = waitpid(-1, $WNOHANG)) > 0) { $ended{$pid} = $? }
}

# Moves what is in the pipe into the file; gives the number of bytes.
sub pump {
    my $s = shift;
    my $moved = 0;
    while ($moved < $PIPE_BYTES) {
        my $n = syscall($SPLICE, fileno($s->{out}), 0, fileno($s->{file}), 0, $PIPE_BYTES, $SPLICE_MOVE_NONBLOCK);
        next if $n < 0 && $!{EINTR};    # a child ended just now: nothing was moved, nothing is wrong
        if ($n < 0 && !$!{EAGAIN}) {
            # The file takes nothing (the machine's disk is full): the output is lost, and counted.
            $n = sysread($s->{out}, my $buffer, 65536) // -1;
            if ($n > 0) {
                $s->{lost} += $n;
                publish("$s->{name}.dropped", $s->{floor} . " $s->{lost}");
                $moved += $n;
                next;
            }
        }
        if ($n == 0) { close $s->{out}; $s->{out} = undef }
        last if $n <= 0;
        $s->{size} += $n;
        $moved     += $n;
    }
    return $moved;
}

sub taken { return (slurp("$_[0]{name}.read") // "") =~ /(\d+)/ ? $1 : 0 }

sub punch {
    my ($s, $below) = @_;
    my $end = $below - $below % $PAGE;
    return if $end <= $s->{punched};
    syscall($FALLOCATE, fileno($s->{file}), $KEEP_SIZE_PUNCH_HOLE, 0, $end);
    $s->{punched} = $end;
}

sub reader_lives {
    my ($pid, $ticks) = split / /, slurp('reader') // return 0;
    return $pid && start_ticks($pid) eq $ticks;
}

# Gives taken output back to the disk. True when the process must wait for the reader.
sub is_full {
    my $s = shift;
    return 0 if $s->{size} - $s->{punched} < $PUNCH_MIN;
    my $taken = taken($s);
    my $from  = $taken > $s->{floor} ? $taken : $s->{floor};
    if ($s->{size} - $from >= $backlog_max) {
        return 1 if reader_lives();
        $s->{floor} = $s->{size} - int($backlog_max / 2);
        $s->{lost} += $s->{floor} - $from;
        publish("$s->{name}.dropped", "$s->{floor} $s->{lost}");    # first said, then done
        $from = $s->{floor};
    }
    punch($s, $from);
    return 0;
}

my $pid = $mode eq 'child' ? $command_pid : undef;

# The runtime ends as soon as the process runs; what it prints itself is the reason of its failure.
while (!defined $pid) {
    await(undef, map { $_->{out} // () } @streams);
    pump($_) for grep { $_->{out} } @streams;
    next unless exists $ended{$command_pid};
    my $written = slurp('pid') // '';
    if ($ended{$command_pid} != 0 || $written !~ /^(\d+)/) {
        pump($_) for grep { $_->{out} } @streams;
        publish('failed', slurp('stderr') || 'the runtime ended with ' . code($ended{$command_pid}));
        print "failed\n";
        exit 0;
    }
    $pid = $written + 0;
}
publish('started', "$pid " . start_ticks($pid));
print "started $pid\n";
open(STDOUT, '>', '/dev/null');

until (exists $ended{$pid}) {
    my @open = grep { $_->{out} } @streams;
    my @ready = grep { !is_full($_) } @open;
    # A quiet process costs no wake-ups, except while there is something left to give back to the disk.
    my $seconds = @ready < @open ? 0.05 : (grep { $_->{size} - $_->{punched} >= $PUNCH_MIN } @streams) ? 1 : undef;
    await($seconds, map { $_->{out} } @ready);
    my $moved = 0;
    $moved += pump($_) for @ready;
    await($PAUSE) if $moved > 0;
}
for my $s (grep { $_->{out} } @streams) {
    1 while pump($s) > 0 && $s->{out};
}

# Orphans of the process have become children of this script, their parent being a subreaper.
while ($mode eq 'child' && (my @strays = split ' ', slurp("/proc/$$/task/$$/children") // '')) {
    kill 'KILL', @strays;
    await(0.05);
}
publish('exit', code($ended{$pid}));
