#!/bin/sh
# Slurm: the same bytes as one process; a part that fails leaves nothing and
# cancels what depends on it; the job taken up again does only what is
# missing. Needs root, slurm-wlm and munge; skips by name without them.
. "$(dirname "$0")/../e2e/lib.sh"
if [ "$(id -u)" -ne 0 ] || ! command -v slurmctld >/dev/null ||
	! command -v munged >/dev/null || ! command -v nib-dummy >/dev/null; then
	echo 'SKIP: slurm-wlm, munge and root are needed'
	exit 77
fi
PATH=$NIB_SRC/engines:$NIB_SRC/engines/slurm:$PATH
export PATH
here=$(cd "$(dirname "$0")" && pwd)
trap '"$here/cluster.sh" down "$T/slurm"; sleep 1; rm -rf "$T"' EXIT
chmod 755 "$T"
mkdir "$T/slurm"
if ! "$here/cluster.sh" up "$T/slurm" >"$T/up.log" 2>&1; then
	echo 'SKIP: no cluster could be started here'
	tail -5 "$T/up.log" "$T"/slurm/log/* 2>/dev/null
	exit 77
fi
SLURM_CONF=$T/slurm/slurm.conf
export SLURM_CONF
rows=${NIB_ENGINE_ROWS:-20000}

run 0 nib-dummy -s admitted_episode -n "$rows" --seed 8 -o "$T/e.csv"
set -- nib-aggregate -s admitted_episode --by 'provider' \
	--by 'month=month(admission_date)' --count --sum cost_gbp \
	--mean cost_gbp
run 0 "$@" --disclosure hes "$T/e.csv" -o "$T/one.csv"
run 0 nib-slurm -W -w "$T/it's w" -o "$T/man'y.csv" -p 6 "$T/e.csv" -- "$@" \
	-- --disclosure hes
same "$T/one.csv" "$T/man'y.csv"

run 0 nib-validate -s admitted_episode "$T/e.csv" -o "$T/one.csv"
run 0 nib-slurm -W -w "$T/v" -o "$T/many.csv" -p 5 "$T/e.csv" -- \
	nib-validate -s admitted_episode
same "$T/one.csv" "$T/many.csv"

# Parts of the pairs of two files.
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" >"$T/a.csv"
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >"$T/b.csv"
run 0 nib-link train -q -m people -o "$T/model" "$T/a.csv" "$T/b.csv"
run 0 nib-link score -m "$T/model" "$T/a.csv" "$T/b.csv" -o "$T/one.csv"
run 0 nib-slurm -W -w "$T/l" -o "$T/many.csv" -p 4 "$T/a.csv" "$T/b.csv" -- \
	nib-link score -m "$T/model"
same "$T/one.csv" "$T/many.csv"

# A tool that fails on part 3, once.
mkdir "$T/bin"
cat >"$T/bin/nib-derive" <<END
#!/bin/sh
case "\$*" in *in-0003*) [ -e "$T/mended" ] || exit 2 ;; esac
exec "$NIB_BIN/nib-derive" "\$@"
END
chmod +x "$T/bin/nib-derive"
run 0 nib-derive --set 'los=days(admission_date, discharge_date)' \
	-s admitted_episode "$T/e.csv" -o "$T/one.csv"
job() {
	PATH=$T/bin:$PATH nib-slurm -W -w "$T/d" -o "$T/derived.csv" -p 4 \
		"$T/e.csv" -- nib-derive -s admitted_episode \
		--set 'los=days(admission_date, discharge_date)'
}
run 2 job
err_has 'a part failed'
no_file "$T/derived.csv"
before=$(stat -c %Y.%i "$T/d/out-0001")
: >"$T/mended"
run 0 job
same "$T/one.csv" "$T/derived.csv"
ok
[ "$before" = "$(stat -c %Y.%i "$T/d/out-0001")" ] ||
	fail 'a part that was done was done again'

# A part made by another version: refused by name, no output.
cat >"$T/bin/nib-derive" <<END
#!/bin/sh
case "\$SLURM_ARRAY_TASK_ID \$1" in
'2 --version') echo nib-derive 0.0.9; exit ;;
esac
exec "$NIB_BIN/nib-derive" "\$@"
END
PATH=$T/bin:$PATH run 2 nib-slurm -W -w "$T/o" -o "$T/x.csv" -p 3 "$T/e.csv" \
	-- nib-derive --set a=1
err_has 'part 0002 of 3: nib-derive is not the version the job was planned with'
no_file "$T/x.csv"

# A node that disappears with what runs on it: its parts are done on the other.
mkdir "$T/gone"
cat >"$T/bin/nib-derive" <<END
#!/bin/sh
case "\$SLURMD_NODENAME \$1" in
'n2 --version' | 'n1 '* | ' '*) exec "$NIB_BIN/nib-derive" "\$@" ;;
esac
: >"$T/gone/\$\$"
exec sleep 600
END
kill_node() {
	tries=0
	while [ -z "$(ls "$T/gone")" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 1500 ] || return 0
		sleep 0.2
	done
	kill -9 "$(cat "$T/slurm/n2/pid")"
	# From the top: nothing is left to say that a part failed.
	for pid in "$T"/gone/*; do
		pid=${pid##*/}
		chain=
		while [ -n "$pid" ] && [ "$pid" -gt 1 ]; do
			chain="$pid $chain"
			[ "$(ps -o comm= -p "$pid")" != slurmstepd ] || break
			pid=$(ps -o ppid= -p "$pid" | tr -d ' ')
		done
		# shellcheck disable=SC2086 # numbers
		kill -9 $chain
	done
	rm "$T/slurm/n2/pid"
}
kill_node &
PATH=$T/bin:$PATH run 0 nib-slurm -W -w "$T/n" -o "$T/x.csv" -p 6 \
	"$T/e.csv" -- nib-derive -s admitted_episode \
	--set 'los=days(admission_date, discharge_date)'
wait
same "$T/one.csv" "$T/x.csv"
ok
[ -n "$(ls "$T/gone")" ] || fail 'no part ran on the node'
ok
sinfo -h -n n2 -o %T | grep -q down || fail 'the node is not down'

# Another job in the same directory is refused.
run 2 nib-slurm -w "$T/d" -o "$T/x.csv" -p 4 "$T/e.csv" -- \
	nib-derive --set a=1
err_has 'holds another job'
finish
