#!/bin/sh
# Turns a folder of unpacked Debian packages into a machine that boots to deskhand's desktop.
# mmdebstrap runs it as its customize hook: $1 is the folder; the files of root/ were copied in before
# the packages were installed.
set -eu
root="$1"

in_root() { chroot "$root" "$@"; }

in_root useradd --create-home --shell /bin/bash --uid 1000 agent
mkdir -p "$root/opt/deskhand"
echo desk > "$root/etc/hostname"
echo '127.0.0.1 localhost desk' > "$root/etc/hosts"
echo '/dev/vda / ext4 rw,noatime 0 1' > "$root/etc/fstab"
echo 0000000000000000000000000000000a > "$root/etc/machine-id"
: > "$root/etc/resolv.conf"

in_root systemctl enable --quiet deskhand.service systemd-networkd.service
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer man-db.timer systemd-networkd-wait-online.service; do
    in_root systemctl disable --quiet "$unit" 2>/dev/null || true  # not every image has each of them
done
in_root systemctl mask --quiet getty@tty1.service systemd-timesyncd.service systemd-logind.service

# The folder lies on the host, where a program that becomes root must not be found, least of all one
# that gets no more updates; and nothing on the desktop has to become root.
find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +

mv "$root"/boot/vmlinuz-* "$root/boot/vmlinuz"
mv "$root"/boot/initrd.img-* "$root/boot/initrd.img"
chmod 644 "$root/boot/vmlinuz" "$root/boot/initrd.img"
rm -f "$root"/vmlinuz* "$root"/initrd.img*

# Addresses of mirrors, which may be private, and what only the building needed.
rm -rf "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* "$root"/etc/apt/apt.conf.d/99mmdebstrap \
    "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
    "$root"/var/cache/apt/*.bin "$root"/var/log/*
