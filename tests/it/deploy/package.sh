#!/usr/bin/env bash
# Installs the package, starts the service as its unit says, asks it, and removes the package: in a copy of this machine's
# file system, with a network of its own, that are gone with the namespaces of this process. Run by root:
#
#     unshare --mount --pid --net --fork bash package.sh PACKAGE COMPANY FOLDER
set -euo pipefail
package=$1 company=$2 folder=$3

# Inside the copy.
unit=/usr/lib/systemd/system/dopusk.service
socket=/run/dopusk/dopusk.sock

says() {
    sed -n "s/^$1=//p" "$unit"
}

as() {
    setpriv --reuid="$1" --regid="$2" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "${@:3}"
}

start() {
    # What it prints is waited for: it listens on the socket last.
    exec {said}< <(umask "$(says UMask)" && exec setpriv --reuid="$(says User)" --regid="$(says Group)" --clear-groups \
        --no-new-privs --bounding-set=-all --inh-caps=-all $(says ExecStart))
    service=$!
    until [[ ${line:-} == "listening on unix://$socket" ]]; do
        read -r -t 60 line <&"$said"
    done
}

stop() {
    kill -TERM "$service"
    wait "$service"
    line=
}

try() {
    dpkg --install /dopusk.deb
    # A boot does this.
    systemd-tmpfiles --create dopusk.conf
    systemd-analyze verify dopusk.service
    systemd-analyze security --offline=true --threshold=15 dopusk.service >/security || {
        cat /security
        exit 1
    }
    [[ -L /etc/systemd/system/multi-user.target.wants/dopusk.service ]]
    gzip --test /usr/share/man/man1/dopusk{,-serve,-check}.1.gz
    bash -n /usr/share/bash-completion/completions/dopusk

    # What the service manager prepares: the state's folder, and nothing else to write to.
    install -d -m "$(says StateDirectoryMode)" -o "$(says User)" -g "$(says Group)" "/var/lib/$(says StateDirectory)"
    mount --bind /var/lib/dopusk /var/lib/dopusk
    mount -o remount,bind,ro /

    export DOPUSK_SERVER=unix://$socket
    start
    # An application in the group is answered, who isn't in it is not let in.
    as 12345 dopusk dopusk import /company.yaml
    as 12345 dopusk dopusk check nina read deal deal-won
    if as 12345 12345 dopusk health; then
        exit 1
    fi
    stop
    start
    as 12345 dopusk dopusk check nina read deal deal-won
    stop

    mount -o remount,bind,rw /
    dpkg --purge dopusk
    [[ ! -e /usr/bin/dopusk && ! -e /etc/dopusk && ! -e $unit ]]
    # The data are the owner's to delete.
    [[ -s /var/lib/dopusk/STORE ]]
    echo "installed, started, asked, removed"
}

ip link set lo up
mount -t tmpfs tmpfs "$folder"
mkdir "$folder"/{upper,work,copy}
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$folder/copy"
mount -t tmpfs tmpfs "$folder/copy/run"
mount -t proc proc "$folder/copy/proc"
mount --rbind /dev "$folder/copy/dev"
install -m 0644 "$package" "$folder/copy/dopusk.deb"
install -m 0644 "$company" "$folder/copy/company.yaml"
export unit socket
export -f says as start stop try
exec chroot "$folder/copy" bash -euo pipefail -c try
