#!/bin/sh
# nib-link dice on encodings of 64 bits, by hand: bits of each 32, 32, 16.
. "$(dirname "$0")/lib.sh"
cat >"$T/a" <<'X'
id,clk
a1,ffffffff00000000
a2,00000000ffffffff
a3,ffff000000000000
X
cat >"$T/b" <<'X'
who,code
b1,ffffffff00000000
b2,fffffffe00000001
b3,0000000000000000
X
sed 's/who,code/id,clk/' "$T/b" >"$T/b2"
run 0 nib-link dice --text hex --on clk --id id --threshold 0.6 "$T/a" "$T/b2"
out_is 'id_l,id_r,weight
a1,b1,1.000000
a1,b2,0.968750
a3,b1,0.666667
a3,b2,0.666667'
# The least threshold: all that have a bit in common, and what fills up
# groups of records is none of them.
run 0 nib-link dice --text hex --on clk --id id --threshold 0.0000001 \
	"$T/a" "$T/b2"
out_is 'id_l,id_r,weight
a1,b1,1.000000
a1,b2,0.968750
a2,b2,0.031250
a3,b1,0.666667
a3,b2,0.666667'
run 0 nib-link dice --text hex --on clk --id id --threshold 0.6 "$T/a" "$T/b2"
cp "$T/out" "$T/pairs"
run 0 nib-link dice -j 3 --text hex --on clk --id id --threshold 0.6 "$T/a" "$T/b2"
same "$T/pairs" "$T/out"
run 0 nib-link dice --text hex --on clk --id id --threshold 0.6 "$T/a"
out_is 'id_l,id_r,weight
a1,a3,0.666667'
run 0 nib-link cluster "$T/pairs"
out_is 'id,person_id
a1,P0000000001
b1,P0000000001
b2,P0000000003
a3,P0000000004'
run 2 nib-link dice --text hex --on clk --id id "$T/a" "$T/b"
err_has 'no column id'
run 2 nib-link dice --on clk --id id "$T/a"
err_has 'column 2: an encoding of another length, or no whole number'
printf 'id,clk\nx,not hex\n' >"$T/bad"
run 2 nib-link dice --text hex --on clk --id id "$T/a" "$T/bad"
err_has 'bad:2: record 1, column 2: not an encoding in hexadecimal'
err_lacks 'not hex'
printf 'id,clk\nx,%s\n' 00000000000000000000000000000000 >"$T/long"
run 2 nib-link dice --text hex --on clk --id id "$T/a" "$T/long"
err_has 'different lengths'
run 2 nib-link dice --on clk "$T/a"
err_has 'needs --on COLUMN and --id COLUMN'
run 2 nib-link dice --on clk --id id --threshold 0 "$T/a"
err_has 'above 0, at most 1'
finish
