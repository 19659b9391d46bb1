#!/bin/sh
# PID 1 of the node. It makes its namespaces look like a machine of their own; the programs of the node enter them later.
# When this process ends, the kernel ends every other one in here, and with them go mounts, network and iptables rules.
# $1 is the state directory.
set -eu

# /proc is still the machine's, so this is the number under which the machine knows this shell.
read -r process_id rest < /proc/self/stat
mount -t proc proc /proc

hostname node
# The runtime hands mounts on to containers. The namespace was made private, so nothing of that reaches the machine.
mount --make-rshared /
mount -t tmpfs -o mode=755 node /run
mkdir /run/lock /run/netns /run/node
# A short name for the state directory: sockets below it must stay within 108 characters.
mount --bind "$1" /run/node
# What has fixed names there (CNI results, links to logs) is gone with the node.
mount -t tmpfs -o mode=755 node /var/lib
mount -t tmpfs -o mode=755 node /var/log

# The kubelet insists on these values. It is shown files that hold them, so that the machine's are left alone.
mkdir /run/kernel
while read -r name value; do
    file=/run/kernel/$(basename "$name")
    echo "$value" > "$file"
    mount --bind "$file" "/proc/sys/$name"
done << VALUES
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
VALUES

# The node's address is on the loopback device: it must not be 127.0.0.1, and there is no other network.
ip link set lo up
ip address add 172.30.0.2/32 dev lo
# A machine has a route to everywhere, so that what its own programs and pods of its network send to a Service gets as far as
# the rules of kube-proxy. Here, without this one, the kernel would say at once that the network is unreachable.
ip route add 10.96.0.0/16 dev lo src 172.30.0.2
# A setting of this network namespace.
echo 1 > /proc/sys/net/ipv4/ip_forward

# Renamed, the file is never seen half written.
echo "$process_id" > /run/node/init.unfinished
mv /run/node/init.unfinished /run/node/init

# The shell waits for the processes that the runtime orphans, as PID 1 must, while it waits for this one.
sleep infinity &
wait
