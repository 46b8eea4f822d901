#!/usr/bin/perl
# Makes and mounts the file system of a container, or takes it away: in one process by system calls, since eight small
# programs one after the other (truncate, mount, mkdir, chown, …) cost more than all that they do.
# usage: scratch-disk.pl ARCH mount FOLDER IMAGE-BYTES TARGET OVERLAY-OPTIONS LOWER OWNER [NAME TEXT]…
#     IMAGE-BYTES 0: no limit, FOLDER/disk is no disk of its own. NAME TEXT: files below /etc.
#        scratch-disk.pl ARCH unmount PATH…
use strict;
use warnings;

my ($arch, $what, @rest) = @ARGV;
my ($MOUNT, $UMOUNT) = $arch eq 'arm64' ? (40, 39) : (165, 166);
my ($MS_NOSUID, $MS_NODEV, $MS_NOATIME, $MNT_DETACH) = (2, 4, 1024, 2);
my ($LOOP_CTL_GET_FREE, $LOOP_CONFIGURE, $LO_FLAGS_AUTOCLEAR) = (0x4c82, 0x4c0a, 4);
my ($EBUSY, $LOOP_TRIES) = (16, 200);

umask 022;

sub attach_loop {
    my $image = shift;
    open(my $file, '+<', $image) or die "$image: $!\n";
    open(my $control, '+<', '/dev/loop-control') or die "/dev/loop-control: $!\n";
    # struct loop_config: descriptor, block size, struct loop_info64 (its lo_flags is the field set), reserved
    my $config = pack('L L x40 x12 L x176 x64', fileno($file), 0, $LO_FLAGS_AUTOCLEAR);
    for (1 .. $LOOP_TRIES) {
        my $number = ioctl($control, $LOOP_CTL_GET_FREE, 0) // die "loop device: $!\n";
        my $path = '/dev/loop' . ($number + 0);
        open(my $device, '+<', $path) or die "$path: $!\n";
        return ($path, $device) if ioctl($device, $LOOP_CONFIGURE, $config);
        die "$path: $!\n" unless $! == $EBUSY;    # somebody was faster
    }
    die "no loop device is free\n";
}

if ($what eq 'unmount') {
    # Lazily, so that a file somebody still holds open delays nobody.
    syscall($UMOUNT, $_, $MNT_DETACH) for @rest;
    exit 0;
}

my ($folder, $bytes, $target, $options, $lower, $owner, @etc) = @rest;
my $disk = "$folder/disk";
if ($bytes > 0) {
    my $image = "$folder/disk.img";
    open(my $file, '>', $image) or die "$image: $!\n";
    truncate($file, $bytes) or die "$image: $!\n";
    close $file;
    system('mkfs.ext4', '-q', '-F', '-m', '0', '-i', '8192', '-O', '^has_journal,^resize_inode',
        '-E', 'lazy_itable_init=1,nodiscard', $image) == 0 or die "mkfs.ext4 ended with $?\n";
    my ($path, $device) = attach_loop($image);
    my ($type, $data) = ('ext4', 'discard,noinit_itable');
    syscall($MOUNT, $path, $disk, $type, $MS_NOSUID | $MS_NODEV | $MS_NOATIME, $data) == 0
        or die "mount of $image: $!\n";
    rmdir "$disk/lost+found";
}
for my $path ("$disk/upper", "$disk/work", "$disk/upper/etc") { mkdir $path or die "$path: $!\n" }
my @owned = ("$disk/upper", "$disk/upper/etc");
while (my ($name, $text) = splice @etc, 0, 2) {
    my $path = "$disk/upper/etc/$name";
    open(my $file, '>', $path) or die "$path: $!\n";
    print $file $text;
    close $file or die "$path: $!\n";
    push @owned, $path;
}
chown($owner, $owner, @owned) == @owned or die "chown: $!\n";
my ($type, $data) = ('overlay', "lowerdir=$lower,upperdir=$disk/upper,workdir=$disk/work,$options");
syscall($MOUNT, $type, $target, $type, 0, $data) == 0 or die "mount of the overlay: $!\n";
