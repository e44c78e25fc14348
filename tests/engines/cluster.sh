#!/bin/sh
# A private Slurm cluster of two nodes on this machine, without systemd.
#   cluster.sh up DIR | down DIR      (root; Debian's slurm-wlm and munge)
# A node that is silent for 12 seconds is down; its jobs start again elsewhere.
# Its ports, key and state are its own; nothing of the system's is touched.
set -eu
verb=$1
s=$2
case $verb in
down)
	for f in "$s"/n1/pid "$s"/n2/pid "$s"/ctld/pid "$s"/munge/pid; do
		[ ! -s "$f" ] || kill "$(cat "$f")" 2>/dev/null || :
	done
	exit 0
	;;
up) ;;
*) exit 2 ;;
esac
mkdir -p "$s/ctld" "$s/log" "$s/n1" "$s/n2" "$s/munge"
chmod 755 "$s"
dd if=/dev/urandom of="$s/munge.key" bs=1024 count=1 status=none
chown -R munge: "$s/munge" "$s/munge.key"
chmod 400 "$s/munge.key"
chmod 755 "$s/munge"
runuser -u munge -- /usr/sbin/munged --force --key-file="$s/munge.key" \
	--socket="$s/munge/sock" --pid-file="$s/munge/pid" \
	--log-file="$s/munge/log" --seed-file="$s/munge/seed"
host=$(hostname -s)
cat >"$s/slurm.conf" <<END
ClusterName=nib
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$s/munge/sock,cred_expire=20
SlurmdTimeout=12
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16817
SlurmctldPidFile=$s/ctld/pid
SlurmdPidFile=$s/%n/pid
StateSaveLocation=$s/ctld
SlurmdSpoolDir=$s/%n/spool
SlurmctldLogFile=$s/log/ctld.log
SlurmdLogFile=$s/log/%n.log
SwitchType=switch/none
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
ReturnToService=2
SlurmdParameters=config_overrides
MaxArraySize=1001
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=2 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
SLURM_CONF=$s/slurm.conf
export SLURM_CONF
slurmctld -f "$s/slurm.conf"
slurmd -f "$s/slurm.conf" -N n1
slurmd -f "$s/slurm.conf" -N n2
i=0
while [ "$i" -lt 60 ]; do
	if sinfo -h -o '%T %D' 2>/dev/null | grep -q '^idle 2'; then
		exit 0
	fi
	sleep 0.5
	i=$((i + 1))
done
sinfo >&2 || :
exit 1
