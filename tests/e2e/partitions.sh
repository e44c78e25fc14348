#!/bin/sh
# The partition contract: cut at random between records, with an empty part
# and parts of one record, headers or none, nothing in the environment, the
# results of the parts in any order where they are merged: the bytes of one
# process. Cuts are made here with awk, not with nib-split. Tools that
# combine rows: parts one after the other; that count: --merge, --final.
# NIB_LONG=1 tries fifty cuts of each.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99
rounds=3
[ -z "${NIB_LONG:-}" ] || rounds=50

run 0 nib-dummy -s person -n 900 -o person.csv
run 0 nib-dummy -s admitted_episode -n 1500 --with person=person.csv \
    -o clean.csv
run 0 nib-dummy -s admitted_episode -n 1500 --with person=person.csv \
    --errors 0.03 -o dirty.csv
{ echo nhs_number; sed 1d person.csv | cut -d, -f2 |
	awk 'NF && NR % 12 == 0'; } >optouts.csv
run 0 nib-key new --type root -o root.key
run 0 nib-key project --root root.key --project parts -o project.key
printf 'n,label\n37,one\n74,two\n' >labels.csv
# Cells with commas, quotes and no line end at the end of the file.
awk 'BEGIN { print "id,note,n"; for (i = 1; i <= 400; i++)
	printf "%d,\"a, \"\"%d\"\"\",%d\n", i, i % 7, i * 37 % 101 }' |
	head -c -1 >quoted.csv

# cut FILE SEED: parts 1..n of random sizes in p1, p2, ..., no header; the
# second is empty and the third holds one record. Prints n.
cut_at_random() {
	rm -f p[0-9]*
	sed 1d "$1" | awk -v seed="$2" '
	BEGIN { srand(seed); n = 4 + int(6 * rand()); part = 1 }
	{ line[NR] = $0 }
	END {
		for (i = 4; i < n; i++)
			at[1 + int(NR * rand())]++
		first = 2 + int(rand() * NR / 3)
		for (i = 1; i <= NR; i++) {
			if (i == first)
				part = 3
			else if (i == first + 1)
				part = 4
			else if (i > first + 1 && at[i])
				part++
			print line[i] > ("p" part)
			max = part
		}
		print max
	}' >count
	: >>p1
	: >p2
	cat count
}

# In an empty environment, as Spark and cron start it.
bare() {
	tool=$1
	shift
	env -i NIB_SHARE="$NIB_SHARE" TMPDIR="$T" "$NIB_BIN/$tool" "$@"
}

# part I TOOL ARG...: the tool on part I, with a header or, every other part
# that is not empty, without one and told the columns.
part() {
	k=$1
	shift
	if [ $((k % 2)) = 0 ] || [ ! -s "p$k" ]; then
		{ printf '%s\n' "$header"; cat "p$k"; } >with.csv
		bare "$@" with.csv
	else
		bare "$@" --columns "$header" "./p$k"
	fi
}

# rows STATUS FILE TOOL ARG...: a row tool on parts.
rows() {
	want=$1 file=$2
	shift 2
	rm -f one.csv
	run "$want" "$@" "$file" -o one.csv
	header=$(head -1 "$file")
	round=0
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		n=$(cut_at_random "$file" "$round")
		head -1 one.csv >many.csv
		i=0
		while [ "$i" -lt "$n" ]; do
			i=$((i + 1))
			part "$i" "$@" --no-header >part 2>err
			status=$?
			ok
			[ "$status" -le "$want" ] ||
				fail "$1: part $i of cut $round: status $status"
			cat part >>many.csv
		done
		same one.csv many.csv
	done
}

# merged FILE VERB... -- FINAL...: a tool that counts; parts shuffled, merged
# in a chain that puts two together at a time.
merged() {
	file=$1
	shift
	rm -f one.csv
	run 0 "$@" "$file" -o one.csv
	header=$(head -1 "$file")
	round=0
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		n=$(cut_at_random "$file" $((100 + round)))
		: >list
		i=0
		while [ "$i" -lt "$n" ]; do
			i=$((i + 1))
			ok
			part "$i" "$@" --partial -o "p$i.partial" 2>err ||
				fail "$1: part $i of cut $round"
			echo "p$i.partial" >>list
		done
		awk -v seed="$round" 'BEGIN { srand(seed) }
		    { print rand() "," $0 }' list | sort | cut -d, -f2 >order
		first=$(head -1 order)
		cp "$first" all.partial
		sed 1d order | while read -r next; do
			bare "$@" --merge "$next" all.partial -o more.partial ||
				exit 1
			mv more.partial all.partial
		done || fail "$1: merge"
		# shellcheck disable=SC2046 # names of files
		run 0 bare "$@" --final $(cat order) -o many.csv
		same one.csv many.csv
		run 0 bare "$@" --final all.partial -o many.csv
		same one.csv many.csv
		# A tree: two at random become one, until one is left.
		cp order nodes
		k=0
		while [ "$(wc -l <nodes)" -gt 1 ]; do
			k=$((k + 1))
			awk -v seed="$round$k" 'BEGIN { srand(seed) }
			    { print rand() "," $0 }' nodes | sort |
			    cut -d, -f2 >shuffled
			# shellcheck disable=SC2046 # names of files
			run 0 bare "$@" --merge $(head -2 shuffled) \
			    -o "tree$k.partial"
			sed 1,2d shuffled >nodes
			echo "tree$k.partial" >>nodes
		done
		run 0 bare "$@" --final "$(cat nodes)" -o many.csv
		same one.csv many.csv
	done
}

# Measures of quality and the index made of them: of the whole, and of parts
# in any order.
measured() {
	file=$1
	shift
	run 1 "$@" --quality q.csv --dqmi d.csv "$file"
	header=$(head -1 "$file")
	round=0
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		n=$(cut_at_random "$file" $((200 + round)))
		i=0
		while [ "$i" -lt "$n" ]; do
			i=$((i + 1))
			part "$i" "$@" --partial --quality "q$i.csv" 2>err
			status=$?
			ok
			[ "$status" -le 1 ] || fail "quality of part $i"
		done
		# shellcheck disable=SC2046 # names of files
		run 0 bare nib-validate --merge --quality qm.csv --dqmi dm.csv \
		    $(seq "$n" | sort -t, -k1.1r | sed 's/.*/q&.csv/')
		same q.csv qm.csv
		same d.csv dm.csv
	done
}

# Findings, which say where in the whole a record stands, records with too
# few and too many cells among them.
found() {
	file=$1
	shift
	run 1 "$@" --errors f.csv --rejects r.csv -o one.csv "$file"
	header=$(head -1 "$file")
	round=0
	while [ "$round" -lt "$rounds" ]; do
		round=$((round + 1))
		n=$(cut_at_random "$file" $((400 + round)))
		head -1 f.csv >fm.csv
		head -1 r.csv >rm.csv
		i=0 first=1
		while [ "$i" -lt "$n" ]; do
			i=$((i + 1))
			{ printf '%s\n' "$header"; cat "p$i"; } >with.csv
			bare "$@" --errors fp.csv --rejects rp.csv \
			    --first-record "$first" with.csv >part 2>err
			first=$((first + $(wc -l <"p$i")))
			sed 1d fp.csv >>fm.csv
			sed 1d rp.csv >>rm.csv
		done
		same f.csv fm.csv
		same r.csv rm.csv
	done
}

# The same with keys and rules over groups: one run looks across the parts,
# and what it finds is given to them.
across() {
	file=$1
	shift
	run 1 "$@" --errors f.csv --rejects r.csv --quality q.csv -o one.csv \
	    --summary s.csv "$file"
	run 1 "$@" --across --errors a.csv --partial --quality q0.csv "$file"
	header=$(head -1 "$file")
	n=$(cut_at_random "$file" 501)
	head -1 one.csv >many.csv
	head -1 f.csv >fm.csv
	head -1 r.csv >rm.csv
	i=0 first=1
	while [ "$i" -lt "$n" ]; do
		i=$((i + 1))
		{ printf '%s\n' "$header"; cat "p$i"; } >with.csv
		bare "$@" --errors fp.csv --rejects rp.csv --found a.csv \
		    --partial --quality "q$i.csv" --no-header \
		    --summary "s$i.csv" \
		    --first-record "$first" with.csv >>many.csv 2>err
		ok
		[ $? -le 1 ] || fail "part $i"
		first=$((first + $(wc -l <"p$i")))
		sed 1d fp.csv >>fm.csv
		sed 1d rp.csv >>rm.csv
	done
	grep ',row-constraint,' a.csv >>fm.csv
	same one.csv many.csv
	same f.csv fm.csv
	same r.csv rm.csv
	# shellcheck disable=SC2046 # names of files
	run 0 nib-validate --merge --quality qm.csv $(seq 0 "$n" |
		sed 's/.*/q&.csv/')
	same q.csv qm.csv
	# shellcheck disable=SC2046
	run 1 nib-validate --merge --summary sm.csv $(seq 1 "$n" |
		sed 's/.*/s&.csv/')
	# All but the first place, which names the part.
	for i in s.csv sm.csv; do
		sed 's/,[^,]*,[^,]*$//' "$i" | sort >"$i.counts"
	done
	same s.csv.counts sm.csv.counts
}

# Records twice: near each other and far apart, with a second key and not.
awk 'NR == 3 || NR == 702 { keep = $0 } { print }
NR == 4 || NR == 1100 || NR == 1200 { print keep }' dirty.csv >twice.csv
sed '9s/,[^,]*$//; 40s/$/,x/; 1203s/.*//' twice.csv >across.csv
across across.csv nib-validate -q -s admitted_episode
ok
[ "$(grep -c primary-key f.csv)" -ge 3 ] && grep -q row-constraint a.csv ||
	fail 'nothing across records was found'
cat >tree.json <<'END'
{ "name": "tree", "primaryKey": "id",
  "fields": [
  { "name": "id", "type": "integer" },
  { "name": "parent", "type": "integer" },
  { "name": "mark", "type": "string", "constraints": { "unique": true } },
  { "name": "other", "type": "string" } ],
  "uniqueKeys": [ ["parent", "other"] ],
  "foreignKeys": [ { "fields": "parent",
    "reference": { "resource": "", "fields": "id" } } ] }
END
awk 'BEGIN { srand(5); print "id,parent,mark,other"
for (i = 1; i <= 300; i++) printf "%d,%s,%s,%d\n", i % 50 == 7 ? 3 : i,
    i % 9 == 0 ? "" : i % 40 == 1 ? 5 : int(rand() * 310), i % 3 == 0 ? "" : int(rand() * 900),
    i % 40 == 1 ? 1 : i }' >tree.csv
across tree.csv nib-validate -q -s ./tree.json
ok
for type in primary-key unique-key unique-error foreign-key; do
	grep -q ",$type," f.csv || fail "no $type"
done
run 2 nib-validate -s ./tree.json --found tree.csv tree.csv
err_has 'not a file of findings'
run 2 nib-validate -s admitted_episode --found f.csv clean.csv
err_has 'not a finding of this specification about a record'
run 2 nib-validate -s ./tree.json --across --found f.csv tree.csv
err_has 'says nothing of a record by itself'

# Findings of one record keep their order: a key to this table stands where the
# specification has it among the foreign keys, and before rules over a table.
cat >order.json <<'END'
{ "name": "order", "fields": [
  { "name": "id", "type": "integer" }, { "name": "up", "type": "integer" },
  { "name": "to", "type": "string" } ],
  "uniqueKeys": [["id"]],
  "foreignKeys": [
    { "fields": "up", "reference": { "resource": "", "fields": "id" } },
    { "fields": "to", "reference": { "resource": "area", "fields": "k" } } ],
  "nib": { "rules": [ { "id": "R", "reference": "area", "on": "to",
    "onReference": "k", "expression": "matched(area) > 0",
    "message": "No area" } ] } }
END
printf 'k\nb\n' >area.csv
printf 'id,up,to\n1,9,x\n1,1,b\n2,8,c\n1,7,d\n3,3,b\n' >order.csv
run 1 nib-validate -q -s order.json --check --reference area=area.csv \
    --errors whole.csv order.csv
run 1 nib-validate -q -s order.json --check --across --errors a.csv order.csv
head -1 whole.csv >parts.csv
for i in 1 3; do
	{ head -1 order.csv; sed -n "$((i + 1)),$((i + (i == 1 ? 2 : 3)))p" \
	    order.csv; } >part.csv
	run 1 nib-validate -q -s order.json --check --found a.csv \
	    --first-record "$i" --reference area=area.csv --errors p.csv \
	    part.csv
	sed 1d p.csv >>parts.csv
done
same whole.csv parts.csv
ok; [ "$(grep -c '^5,' whole.csv)" -eq 4 ] || fail "too few findings of row 5"

sed '9s/,[^,]*$//; 40s/$/,x/; 1203s/.*//' dirty.csv >ragged.csv
found ragged.csv nib-validate -q -s admitted_episode --no-unique --no-groups
rows 1 dirty.csv nib-validate -q -s admitted_episode --no-unique --no-groups
measured dirty.csv nib-validate -q -s admitted_episode --no-unique --no-groups \
    --check
rows 0 clean.csv nib-consent -q -s admitted_episode --opt-out optouts.csv \
    --exempt type1:consent
n=$(cut_at_random clean.csv 301)
header=$(head -1 clean.csv)
set -- -q -s admitted_episode --opt-out optouts.csv --exempt type1:consent
run 0 nib-consent "$@" --report one.json clean.csv
for i in $(seq "$n"); do
	run 0 part "$i" nib-consent "$@" --report "r$i.json"
done
# shellcheck disable=SC2046 # names of files
run 0 bare nib-consent --merge $(seq "$n" | sort -r | sed 's/.*/r&.json/') \
    -o many.json
same one.json many.json
rows 0 clean.csv nib-pseudonymise -q -s admitted_episode -k project.key \
    --treat 'postcode=postcode-district'
# Its account counts: of the parts they add up to those of the whole.
set -- -q -s admitted_episode -k project.key --invalid blank
rm -f r[0-9]*.json
run 0 nib-pseudonymise "$@" --provenance one.json -o one.csv dirty.csv
n=$(cut_at_random dirty.csv 351)
header=$(head -1 dirty.csv)
for i in $(seq "$n"); do
	run 0 part "$i" nib-pseudonymise "$@" --provenance "r$i.json"
done
for what in records_in records_out cells_missing cells_invalid \
	records_withheld_identity; do
	count() { sed -n "s/^ *\"$what\": \([0-9]*\).*/\1/p" "$@"; }
	ok
	[ "$(count one.json)" = \
	    "$(count r[0-9]*.json | awk "{ n += \$1 } END { print n }")" ] ||
		fail "$what of the parts"
done
ok
[ "$(sed -n 's/.*"cells_invalid": \([0-9]*\).*/\1/p' one.json)" -gt 0 ] ||
	fail 'no cell was invalid'
rows 0 clean.csv nib-derive -q -s admitted_episode
rows 0 clean.csv nib-derive -q -s admitted_episode \
    --set "late=admission_date > '2024-10-01'" --where "sex = '1'" --only
run 0 nib-derive -s admitted_episode clean.csv -o derived.csv
rows 0 quoted.csv nib-derive -q --set 'long=length(note)' \
    --lookup 'label=labels.csv:n:label' --where "note <> 'a, \"3\"'"

# What came of all records, in one line of counts, of parts in any order.
run 1 nib-validate -q -s admitted_episode --no-unique --no-groups --check \
    --summary one.sum dirty.csv
n=$(cut_at_random dirty.csv 601)
header=$(head -1 dirty.csv)
for i in $(seq "$n"); do
	{ printf '%s\n' "$header"; cat "p$i"; } >with.csv
	bare nib-validate -q -s admitted_episode --no-unique --no-groups \
	    --check --summary "s$i.sum" with.csv
done
# shellcheck disable=SC2046 # names of files
run 1 bare nib-validate --merge --summary many.sum \
    $(seq "$n" | sort -t, -k1.1r | sed 's/.*/s&.sum/')
# But for where the first of each kind stands: the part, and the row there.
for s in one many; do
	sed 's/,[^,]*,[0-9]*$//' "$s.sum" >"$s.csv"
done
same one.csv many.csv

# Pairs of records: each part reads all records and weighs a share, from one
# part to more than there are records; a pair comes once, in the first rule
# that makes it. Persons are made of all pairs in one step.
gzip -dc "$TESTDATA/linkage/people_a.csv.gz" | head -301 >a.csv
gzip -dc "$TESTDATA/linkage/people_b.csv.gz" >b.csv
run 0 nib-link train -q -m people -o people.model a.csv b.csv
run 0 nib-link score -q -m people.model a.csv b.csv -o one.csv
run 0 nib-link cluster one.csv -o persons.csv
for n in 1 3 7 400; do
	head -1 one.csv >many.csv
	for i in $(seq "$n"); do
		bare nib-link score -q -m people.model --part "$i/$n" \
		    --no-header a.csv b.csv >>many.csv 2>err ||
			fail "part $i of $n"
	done
	same one.csv many.csv
done
ok
[ "$(cut -d, -f1,2 many.csv | sort | uniq -d | wc -l)" = 0 ] &&
	[ "$(wc -l <many.csv)" -gt 100 ] || fail 'pairs twice, or none'
run 0 bare nib-link cluster many.csv -o many-persons.csv
same persons.csv many-persons.csv

# The pairs of all parts in any order, in several files, one of them empty:
# the same people together. Their numbers are given in the order of the pairs.
{ head -1 one.csv; sed 1d one.csv | awk 'BEGIN { srand(7) }
    { print rand() "\t" $0 }' | sort | cut -f2; } >shuffled.csv
awk 'NR == 1 { print >"c1"; print >"c2"; print >"c3"; next }
    { print >(NR % 3 ? "c1" : "c3") }' shuffled.csv
run 0 bare nib-link cluster c3 c2 c1 -o many-persons.csv
together() {
	sed 1d "$1" | sort | awk -F, '{ who[$2] = who[$2] " " $1 }
	    END { for (p in who) print who[p] }' | sort
}
together persons.csv >one
together many-persons.csv >many
same one many

# What looks at a person as a whole, on parts cut by person: the same records.
run 0 nib-link spells -q -s admitted_episode --length-of-stay --readmission \
    clean.csv -o one.csv
run 0 bare nib-split --parts 5 --by person_id -o by clean.csv
: >many
for i in 1 2 3 4 5; do
	run 0 bare nib-link spells -q -s admitted_episode --length-of-stay \
	    --readmission "by-000$i.csv" -o by.csv
	sed 1d by.csv >>many
done
sed 1d one.csv | sort >one
sort -o many many
same one many

# Each record a part of its own.
singly() { # TOOL ARG...
	run 0 "$@" few.csv -o one.csv
	header=$(head -1 few.csv)
	head -1 one.csv >many.csv
	for i in $(seq 25); do
		sed -n "$((i + 1))p" few.csv >"p$i"
		case $* in
		*--count*|*' count '*)
			run 0 part "$i" "$@" --partial -o "p$i.partial"
			;;
		*)
			run 0 part "$i" "$@" --no-header
			cat out >>many.csv
			;;
		esac
	done
	case $* in
	*--count*|*' count '*)
		# shellcheck disable=SC2046 # names of files
		run 0 bare "$@" --final --expect-parts 25 \
		    $(seq 25 | sort -r | sed 's/.*/p&.partial/') -o many.csv
		;;
	esac
	same one.csv many.csv
}
head -26 derived.csv >few.csv
singly nib-aggregate --by sex --count --distinct person_id
singly nib-indicator count length_of_stay bed_days
head -26 clean.csv >few.csv
singly nib-validate -q -s admitted_episode --no-unique --no-groups
singly nib-consent -q -s admitted_episode --opt-out optouts.csv \
    --exempt type1:consent
singly nib-pseudonymise -q -s admitted_episode -k project.key
singly nib-derive -q -s admitted_episode

merged clean.csv nib-aggregate -s admitted_episode --by provider,sex --count \
    --distinct person_id --mean cost_gbp --median tariff_gbp
merged quoted.csv nib-aggregate --by note --count --sum n --max n \
    --weighted-mean id:n --median n --distinct n
merged derived.csv nib-indicator count length_of_stay day_case_rate bed_days
finish
