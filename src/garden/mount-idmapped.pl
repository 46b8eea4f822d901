#!/usr/bin/perl
# Shows SOURCE at TARGET with every owner shifted: id 0 becomes FIRST, for COUNT ids. Neither mount(8) of Debian 12 nor
# runc 1.1 can do this; three system calls can (open_tree, mount_setattr, move_mount; Linux 5.12).
# The mount is read-only before anybody can reach it. With COUNT 0 owners stay as they are: for file systems that know no mapping.
# usage: mount-idmapped.pl ARCH SOURCE TARGET FIRST COUNT
use strict;
use warnings;

my ($arch, $source, $target, $first, $count) = @ARGV;
my $UNSHARE = $arch eq 'arm64' ? 97 : 272;
my ($OPEN_TREE, $MOVE_MOUNT, $MOUNT_SETATTR) = (428, 429, 442);
my ($CLONE_NEWUSER, $AT_FDCWD, $AT_EMPTY_PATH) = (0x10000000, -100, 0x1000);
my ($OPEN_TREE_CLONE_CLOEXEC, $MOVE_MOUNT_F_EMPTY_PATH) = (1 | 02000000, 4);
my ($IDMAP, $READONLY_NOSUID_NODEV) = (0x00100000, 1 | 2 | 4);

my ($owner, $end, $namespace);
if ($count > 0) {
    # A process that does nothing but own a user namespace with the wanted mapping.
    pipe(my $ready, my $say) or die "pipe: $!\n";
    pipe(my $stay, $end) or die "pipe: $!\n";
    $owner = fork() // die "fork: $!\n";
    if ($owner == 0) {
        close $end;
        syscall($UNSHARE, $CLONE_NEWUSER) == 0 or exit 1;
        syswrite $say, 'x';
        sysread $stay, my $nothing, 1;
        exit 0;
    }
    close $say;
    sysread($ready, my $nothing, 1) or die "no user namespace\n";
    for my $map ('uid_map', 'gid_map') {
        open(my $file, '>', "/proc/$owner/$map") or die "$map: $!\n";
        syswrite($file, "0 $first $count\n") or die "$map: $!\n";
    }
    open($namespace, '<', "/proc/$owner/ns/user") or die "user namespace: $!\n";
}

my $empty = '';
my $tree = syscall($OPEN_TREE, $AT_FDCWD, $source, $OPEN_TREE_CLONE_CLOEXEC);
die "open_tree: $!\n" if $tree < 0;
my $attributes = $namespace
    ? pack('QQQQ', $IDMAP | $READONLY_NOSUID_NODEV, 0, 0, fileno($namespace))
    : pack('QQQQ', $READONLY_NOSUID_NODEV, 0, 0, 0);
syscall($MOUNT_SETATTR, $tree, $empty, $AT_EMPTY_PATH, $attributes, 32) == 0 or die "mount_setattr: $!\n";
syscall($MOVE_MOUNT, $tree, $empty, $AT_FDCWD, $target, $MOVE_MOUNT_F_EMPTY_PATH) == 0 or die "move_mount: $!\n";
if ($owner) {
    close $end;
    waitpid $owner, 0;
}
