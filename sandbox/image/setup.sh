#!/bin/sh
# Turns a folder of unpacked Debian packages into a machine that boots to deskhand's desktop.
# mmdebstrap runs it as its customize hook: $1 is the folder; the files of root/ are copied in before.
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

for module in virtio_pci virtio_blk ext4 crc32c_generic; do
    echo "$module"
done >> "$root/etc/initramfs-tools/modules"

in_root systemctl enable --quiet deskhand.service systemd-networkd.service
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer man-db.timer systemd-networkd-wait-online.service; do
    in_root systemctl disable --quiet "$unit" 2>/dev/null || true  # not every image has each of them
done
in_root systemctl mask --quiet getty@tty1.service systemd-timesyncd.service systemd-logind.service

in_root update-initramfs -u
cp "$root"/boot/vmlinuz-* "$root/boot/vmlinuz"
cp "$root"/boot/initrd.img-* "$root/boot/initrd.img"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin
