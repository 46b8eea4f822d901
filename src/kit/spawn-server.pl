#!/usr/bin/perl
# Starts programs on behalf of a larger process: fork copies the page tables of whoever calls it, which takes this script
# 0.3 ms and a process of 300 MB 20 ms, in which it answers nobody. Lives as long as its stdin; what it has started
# does not depend on it.
#
# Requests on stdin, answers on stdout: a length of four bytes, then that many bytes, which are fields again of a length and
# bytes each (Perl: N/a*).
#   run ID FOLDER OUTPUT-MAX INPUT N WORD{N} own|given NAME=VALUE…   →  ID exit CODE STDOUT STDERR
#   launch ID FOLDER OUTPUT-MAX INPUT N WORD{N} own|given NAME=VALUE…   →  ID line TEXT: its first line, or all there is
#   kill ID
# ID failed ERRNO REASON: it could not be started. Environment: this script's own, or the given one.
use strict;
use warnings;
use POSIX qw(:sys_wait_h :errno_h setsid);
use Fcntl;

my $CHUNK = 65536;
my (%jobs, %by_pid);    # id => job; a job: pid, pending input, open pipes by name, text by name, status
my $requests = '';

$SIG{PIPE} = 'IGNORE';
pipe(my $wake_read, my $wake_write) or die;
$_->blocking(0) for $wake_read, $wake_write;
$SIG{CHLD} = sub { syswrite $wake_write, 'x' };
binmode STDIN;
binmode STDOUT;

sub answer {
    my $text = pack '(N/a*)*', @_;
    $text = pack('N', length $text) . $text;
    while (length $text) {
        my $n = syswrite STDOUT, $text;
        exit 0 if !defined $n && $! != EINTR;    # nobody listens any more
        substr($text, 0, $n // 0) = '';
    }
}

sub failed {
    my ($id, $what) = @_;
    answer($id, 'failed', $! + 0, "$what: $!");
}

sub start {
    my ($kind, $id, $folder, $max, $input, $count, @rest) = @_;
    my @command = splice @rest, 0, $count;
    my ($whose, @environment) = @rest;
    my $job = { id => $id, kind => $kind, max => $max, input => $input, text => { out => '', err => '', fault => '' } };
    my %theirs;
    for my $name ($kind eq 'run' ? qw(out err fault) : qw(out fault)) {
        pipe($job->{pipes}{$name}, $theirs{$name}) or return failed($id, 'pipe');
        $job->{pipes}{$name}->blocking(0);
    }
    if (length $input) {
        pipe($theirs{in}, $job->{in}) or return failed($id, 'pipe');
        $job->{in}->blocking(0);
    } else {
        open($theirs{in}, '<', '/dev/null') or return failed($id, '/dev/null');
    }
    my $pid = fork();
    return failed($id, 'fork') unless defined $pid;
    if ($pid == 0) {
        $SIG{$_} = 'DEFAULT' for qw(PIPE CHLD);
        setsid() if $kind eq 'launch';
        open($theirs{err}, '>', '/dev/null') if $kind eq 'launch';
        my $started = ($folder eq '' || chdir $folder)
            && open(STDIN, '<&', $theirs{in}) && open(STDOUT, '>&', $theirs{out}) && open(STDERR, '>&', $theirs{err});
        if ($started) {
            %ENV = map { split /=/, $_, 2 } @environment if $whose eq 'given';
            no warnings 'exec';
            exec { $command[0] } @command;
        }
        syswrite $theirs{fault}, ($! + 0) . " $command[0]: $!";
        POSIX::_exit(127);
    }
    $job->{pid} = $pid;
    $jobs{$id} = $by_pid{$pid} = $job;
}

sub take_requests {
    my $n = sysread STDIN, $requests, $CHUNK, length $requests;
    exit 0 if defined $n && $n == 0;
    while (length $requests >= 4) {
        my $size = unpack 'N', $requests;
        last if length $requests < 4 + $size;
        my ($kind, @fields) = unpack '(N/a*)*', substr $requests, 4, $size;
        substr($requests, 0, 4 + $size) = '';
        if ($kind ne 'kill') { start($kind, @fields) }
        elsif (my $job = $jobs{ $fields[0] }) {
            kill 'KILL', $job->{pid} unless defined $job->{status};
            $job->{pipes} = {};    # whoever else holds them is not waited for
        }
    }
}

sub feed {
    my $job = shift;
    my $n = syswrite $job->{in}, $job->{input}, $CHUNK;
    return if !defined $n && ($! == EAGAIN || $! == EINTR);
    substr($job->{input}, 0, $n) = '' if defined $n;
    # It may end without reading everything.
    delete $job->{in} if !defined $n || $job->{input} eq '';
}

sub drain {
    my ($job, $name) = @_;
    my $n = sysread($job->{pipes}{$name}, my $bytes, $CHUNK);
    return if !defined $n && ($! == EAGAIN || $! == EINTR);
    return delete $job->{pipes}{$name} unless $n;
    my $room = $job->{max} - length $job->{text}{$name};
    $job->{text}{$name} .= $room >= $n ? $bytes : substr $bytes, 0, $room if $room > 0;
}

sub reap {
    sysread($wake_read, my $ignored, $CHUNK);
    while ((my $pid = waitpid -1, WNOHANG) > 0) {
        my $job = delete $by_pid{$pid} or next;
        $job->{status} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
    }
}

sub settle {
    my $job = shift;
    my ($id, $pipes, $text) = @$job{qw(id pipes text)};
    return if $pipes->{fault};    # open until exec has happened
    if ($text->{fault} ne '') { answer($id, 'failed', split / /, $text->{fault}, 2) }
    elsif ($job->{kind} eq 'launch') {
        return if $pipes->{out} && $text->{out} !~ /\n/;
        answer($id, 'line', $text->{out});
    } else {
        return if $pipes->{out} || $pipes->{err} || !defined $job->{status};
        answer($id, 'exit', $job->{status}, $text->{out}, $text->{err});
    }
    delete $jobs{$id};
}

while (1) {
    my ($in, $out) = ('', '');
    vec($in, fileno $_, 1) = 1 for \*STDIN, $wake_read, map { values %{ $_->{pipes} } } values %jobs;
    vec($out, fileno $_->{in}, 1) = 1 for grep { $_->{in} } values %jobs;
    next if select($in, $out, undef, undef) < 0;
    take_requests() if vec($in, 0, 1);
    reap() if vec($in, fileno $wake_read, 1);
    for my $job (values %jobs) {
        feed($job) if $job->{in} && vec($out, fileno $job->{in}, 1);
        for my $name (keys %{ $job->{pipes} }) {
            drain($job, $name) if vec($in, fileno $job->{pipes}{$name}, 1);
        }
        settle($job);
    }
}
