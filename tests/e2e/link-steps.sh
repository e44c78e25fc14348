#!/bin/sh
# The steps that come with nib, by hand: for each a pair of records that meets
# it and no earlier one, as the published tables say (the ids of steps are
# their numbers there), and scored steps with rivals.
. "$(dirname "$0")/lib.sh"

# key|the two records' fields: given, middle, family, previous, sex, birth
# date, age, postcode, other postcode, UPRN, house number.
cat >"$T/keys" <<'X1'
1|ANN MARIE||SMITH||2|1980-02-03||LS1 1UA||||ANN|MARIE|SMITH||2|1980-02-03||LS1 1UA|||
2|JOHN||BROWN||1|1970-01-05||LS1 1UB||101||JOHN|PAUL|BROWN||1|1970-01-05||M1 1AE||101|
3|MARK LEE||GREEN||1|1971-03-05||LS1 1UD||||MARK JOHN||GREEN||1|1971-03-05||LS1 1UD|||
4|LEE||WANG||1|1972-03-05||LS1 1UE||||WANG||LEE||1|1972-03-05||LS1 1UE|||
5|WILLIAM||BLACK||1|1973-03-05||LS1 1UF||||BILL||BLACK||1|1973-03-05||LS1 1UF|||
6|ELIZABETH||WHITE||2|1974-03-05|47|LS1 1UG||106||LIZ||WHITE||2|1974-04-06|47|M1 1AE||106|
7|MARY||GREY||2|1975-03-05||LS1 1UH||107||ROSE MARY||GREYSON||2|1975-03-05||M1 1AE||107|
7p|MARY||GRAY||2|1976-03-05||LS1 1UJ|||7|ROSE MARY||GRAYSON||2|1976-03-05||LS1 1UJ|||7
8|PETER||COOK||1|1977-03-05||LS1 1UL||||PETEN||COOKE||1|1977-03-05||LS1 1UL|||
9|CATHERINE||SMITHSON||2|1978-03-05||LS1 1UN||||CATHRYN||SMITSONS||2|1978-03-05||LS1 1UN|||
9|STEPHEN||MEYERS||1|1978-03-06||LS1 1UP||||STEFANO||MAIERS||1|1978-03-06||LS1 1UP|||
10|ROBIN||HOOD||1|1979-03-05||LS1 1UQ||||ROBIN||HOOD||2|1979-03-05||LS1 1UQ|||
11|CHRISTOPHER||HENDERSONS||1|1980-03-05||LS1 1UR||||KHRISTOPHER||HENTERZON||1|1980-03-05||LS1 1UR|||
12|GEORGIANA||BUTTERWORTH||2|1981-03-05||LS1 1US||||KEORGIAN||PUTTERWORD||2|1981-03-05||LS1 1US|||
13|PATRICK||OLIVERSON||1|1982-03-05||LS1 1UT||||OLIVERSONS||PATRICKS||1|1982-03-05||LS1 1UT|||
14|JAMES|KENNETH|OLDMAN||1|1983-03-05||LS1 1UU||||ARTHUR|KENNETH|OLDMAN||1|1983-03-05||LS1 1UU|||
15|MARGARET|SUSANNAH|VICKERY||2|1984-03-05||LS1 1UW||||MAGGARED|SOSANNA|PONSONBY||2|1984-03-05||LS1 1UW|||
16|PAUL|DEREK|UNWIN||1|1985-03-05||LS1 1UX||116||DEREK|PAUL|UNWIN||1|1985-03-05||M1 1AE||116|
16p|PAUL|DEREK|IRWIN||1|1986-03-05||LS1 1UY||||DERECK|PAULO|IRWIN||1|1986-03-05||LS1 1UY|||
17|DIANA||SPENCER||2|1987-03-05||LS1 1UZ||117||DIANA||WINDSOR||2|1987-03-05||M1 1AE||117|
17p|DIANE||SPENCER||2|1988-03-05||LS1 2UA|||17|DIANE||WINDSOR||2|1988-03-05||LS1 2UA|||17
18|JENNIFER||LOPEZ||2|1989-03-05||LS1 2UB||118||GENNIVER||LOPEZ||2|1989-03-05||M1 1AE||118|
19|JOSEPHINE||BAKER||2|1990-03-05||LS1 2UD||119||JO||BAKER||2|1990-03-05||M1 1AE||119|
19p|ALEXANDRIA||BARKER||2|1991-03-05||LS1 2UE||||ALWYNETH||BARKER||2|1991-03-05||LS1 2UE|||
20|SIMON||TEMPLAR||1|1992-03-05|29|LS1 2UF||||SIMON||TEMPLAR||1|1991-08-09|29|LS1 2UF|||
21|SARAH||CONNOR||2|1993-03-05||LS1 2UG||||SARAH||CONNOR||2|1991-03-05||LS1 2UG|||
22|SALLY||BOWLES||2|1994-03-05||LS1 2UH||||SALLY||BOWLES||2|1994-06-07||LS1 2UH|||
23|NICHOLAS||PARSON||1|1995-03-05||LS1 2UJ||123||NICHOLUS||PARSONS||1|1995-03-06||M1 1AE||123|
24|MARIE||BUTTERWORTH||2|1996-03-05||LS1 2UL||124||SARIA||BUTTERWORTH||2|1996-03-06||M1 1AE||124|
25|NICHOLAS||PARSON||1|1997-03-05|24|LS1 2UN||125||NICHOLUS||PARSONS||1|1996-09-10|25|M1 1AE||125|
26|NICHOLAS||PERSON||1|1998-03-05|23|LS1 2UP|||26|NICHOLUS||PERSONS||1|1997-09-10|24|LS1 2UP|||26
27|NICHOLAS||PEERSON||1|1999-03-05||LS1 2UQ||127||NICHOLUS||PEERSONS|||1999-03-05||M1 1AE||127|
29|HARRIET||JONES||2|1969-03-05||LS1 2UR||||HARRIET||JONES||2|1969-03-05||LS1 2UT|||
30|HARRIET||JAMES||2|1968-03-05||LS1 2UR|||30|HARRIET||JAMES||2|1968-03-05||LS1 2AB|||30
33|HARRIET||BURTON|TAYLOR|2|1967-03-05||LS1 3UR||||HARRIET||TAYLOR||2|1967-03-05||LS1 3UR|||
34|HARRIET||BRENTON||2|1966-03-05||LS1 4UR|M2 4AA|||HARRIETT||BRENTON||2|1966-03-05||M2 4AA|||
34n|MARGARET||BRUNTON||2|1965-03-05||LS1 4US|M2 4AB|||PEGGY||BRUNTON||2|1965-03-05||M2 4AB|||
35|JO||LI||2|1964-03-05|57|LS1 4UT||135||JI||LO||2|1963-11-12|58|M1 1AE||135|
35n|MARGARET||BRINTON||2|1963-03-05|58|LS1 4UU||136||PEGGY||BRINTON||2|1962-11-12|59|M1 1AE||136|
31|AGATHA||CHRISTIE||2|1962-03-05||LS1 4UW||||AGATHA||CHRISTIE||2|1962-03-05||LS7 9ZZ|||
32|AGATHE||CHRISTIES||2|1961-03-05|60|LS1 4UX||||AGATHA||CHRISTIE||2|1957-11-12|64|LS1 4UX|||
28|RAYMOND||CHANDLER||1|1960-03-05||LS1 4UY||140||RAYMOND||CHANDLER||1|1960-03-05||B1 1AA||141|
28|PEARL||PASCAL||2|1959-03-05||LS1 4UY||140||PEARL||PASCAL||2|1959-03-05||B1 1AA||141|
28p|GRAHAM||GREENE||1|1958-03-05||LS1 4UZ|||4|GRAHAM||GREENE||1|1958-03-05||B1 1AB|||5
28p|VIVIEN||GREENE||2|1957-03-05||LS1 4UZ|||4|VIVIEN||GREENE||2|1957-03-05||B1 1AB|||5
X1
head=rec_id,given_name,middle_name,family_name,previous_family_name,sex,birth_date,age,postcode,alternate_postcode,uprn,house_number
awk -F'|' -v OFS=, -v head="$head" 'BEGIN { print head, "want" }
	{
		for (s = 0; s < 2; s++) {
			line = (s ? "R" : "L") NR
			for (i = 1; i <= 11; i++)
				line = line OFS $(1 + s * 11 + i)
			print line, $1
		}
	}' "$T/keys" >"$T/keys.csv"
run 0 nib-link persons -m ons-matchkeys --step "$T/keys.csv"
cp "$T/out" "$T/linked"
awk -F, 'NR > 1 && $13 != $15 { print $1 ": step " $15 ", wanted " $13 }
	NR > 1 { n[$14]++; k[$14] = $13 }
	END { for (p in n) if (n[p] != 2 && k[p] != 9) print p ": " n[p] " records" }' \
	"$T/linked" >"$T/wrong"
ok; [ ! -s "$T/wrong" ] || fail "matchkeys: $(cat "$T/wrong")"
# Without those columns the same file of rules works.
cut -d, -f1,2,4,6,7,9 "$T/keys.csv" >"$T/few.csv"
run 0 nib-link persons -m ons-matchkeys "$T/few.csv"

# A household by hand: the step needs two who went the same way, or one who was
# linked before. 1 and 2 move from a to b together. 3 alone has the names of
# his like at c. 4 is at f and g by the number, so 5 moved so too. 6 is at h
# and i by the number, which is nothing of others for one more of that name.
# 7 and 8 went from d to e, but the numbers of 8 differ. 9 has no address.
cat >"$T/moved.json" <<'X1'
{ "name": "moved", "id": ["id"],
  "fields": {
    "name": {"type": "name", "columns": ["name"]},
    "number": {"type": "code", "columns": ["number"]},
    "home": {"type": "text", "columns": ["home"]} },
  "steps": [
    {"id": "number", "all": ["number"]},
    {"id": "moved", "household": "home", "all": ["name"]} ],
  "never": ["number different"] }
X1
cat >"$T/moved.csv" <<'X1'
id,name,number,home,want
1a,ONE,,a,1
1b,ONE,,b,1
2a,TWO,,a,2
2b,TWO,,b,2
3a,THREE,,a,3
3c,THREE,,c,3x
4a,FOUR,44,f,4
4c,FOUR,44,g,4
5a,FIVE,,f,5
5c,FIVE,,g,5
6a,SIX,66,h,6
6b,SIX,66,i,6
6c,SIX,,i,6x
7d,SEVEN,,d,7
7e,SEVEN,,e,7x
8d,EIGHT,81,d,8
8e,EIGHT,82,e,8x
9d,NINE,,,9
9e,NINE,,e,9x
X1
for order in cat tac; do
	{ head -1 "$T/moved.csv"; tail -n +2 "$T/moved.csv" | $order; } >"$T/in.csv"
	run 0 nib-link persons -m "$T/moved.json" --step "$T/in.csv"
	ok
	awk -F, 'NR > 1 {
			if (($5 in p && p[$5] != $6) || ($6 in w && w[$6] != $5))
				exit 1
			p[$5] = $6
			w[$6] = $5
		}' "$T/out" || fail "households ($order): $(cat "$T/out")"
done
run 0 nib-link explain -m "$T/moved.json" --id id --left 1a --right 1b "$T/moved.csv"
ok; grep -q '^moved,yes,home moved,yes$' "$T/out" || fail "explained: $(cat "$T/out")"
run 0 nib-link explain -m "$T/moved.json" --id id --left 9d --right 9e "$T/moved.csv"
ok; grep -q '^moved,no,home moved,missing$' "$T/out" || fail "explained: $(cat "$T/out")"
sed 's/"household": "home"/"household": "house"/' "$T/moved.json" >"$T/bad.json"
run 2 nib-link persons -m "$T/bad.json" "$T/moved.csv"
err_has 'steps[1].household: must be one of the fields, an address'

# The scored step of the Master Person Service, without NHS numbers: 1 and 2
# fit well (points 70, 90, 100, 100, 100: 92); 3 is a twin of 1 (80, too far
# behind); 4 and 5 have day and month exchanged; 6 fits 7, and not 8, who
# lives elsewhere. 1 and 4 have sex and postcode area alone: (100 + 20) / 5.
cat >"$T/scored.csv" <<'X1'
record_id,nhs_number,family_name,given_name,sex,birth_date,postcode
1,,Butterworth,William,1,1970-05-06,LS1 1UY
2,,Buttersworth,Bill,1,1970-05-06,LS1 1UY
3,,Butterworth,Peter,1,1970-05-06,LS1 1UY
4,,Okafor,Chidi,1,1988-11-12,LS2 9JT
5,,Okafour,Chidi,1,1988-12-11,LS2 9JT
6,,Evans,,2,1991-02-03,CF1 1AA
7,,Evans,Carys,2,1991-02-03,CF1 1AA
8,,Evans,Nerys,2,1991-02-03,CF9 9ZZ
X1
run 0 nib-link persons -m mps-3-step --step --report "$T/steps" "$T/scored.csv"
cut -d, -f1,8,9 "$T/out" >"$T/got"
cat >"$T/want" <<'X1'
record_id,person_id,person_step
1,P0000000001,algorithmic
2,P0000000001,algorithmic
3,P0000000003,
4,P0000000004,algorithmic
5,P0000000004,algorithmic
6,P0000000006,alphanumeric
7,P0000000006,alphanumeric
8,P0000000008,
X1
same "$T/want" "$T/got"
run 0 nib-link explain -m mps-3-step --left 1 --right 2 "$T/scored.csv"
ok; grep -q '^algorithmic,yes,score,' "$T/out" || fail "no score: $(tail -3 "$T/out")"
ok; grep -qx 'algorithmic,yes,given_name nickname,yes' "$T/out" || fail "points"
run 0 nib-link explain -m mps-3-step --left 1 --right 4 "$T/scored.csv"
ok; grep -qx 'algorithmic,no,score,24.0' "$T/out" || fail "score of strangers"
# A record that fits two who do not fit each other is left alone; three
# records of one person are not rivals.
cat >"$T/single.csv" <<'X1'
record_id,nhs_number,family_name,given_name,sex,birth_date,postcode
1,,Evans,,2,1991-02-03,
2,,Evans,Carys,2,1991-02-03,CF1 1AA
3,,Evans,Nerys,2,1991-02-03,SA1 1AA
4,,Price,Owen,1,1981-02-03,CF1 1AA
5,,Price,Owen,1,1981-02-03,CF1 1AA
6,,Price,,1,1981-02-03,
X1
run 0 nib-link persons -m mps-3-step --report "$T/steps" "$T/single.csv"
ok; [ "$(tail -n +2 "$T/out" | sed 's/.*,P0*//' | tr '\n' ' ')" = '1 2 3 4 4 4 ' ] ||
	fail "rivals: $(cat "$T/out")"
ok; grep -q '^alphanumeric,.*,2,0,1,0,0$' "$T/steps" || fail "multiple: $(cat "$T/steps")"

# What is wrong with a scored step.
bad() { # SED MESSAGE
	sed "$1" "$NIB_SHARE/matching/mps-3-step.json" >"$T/bad.json"
	run 2 nib-link persons -m "$T/bad.json" "$T/single.csv"
	err_has "$2"
}
bad 's/"agree": 3/"agree": 0/' 'steps[4].agree: must be from 1 to'
bad 's/\["sex", 100\]/["sex", 101]/' 'score[2].points[0]: points are above 0'
bad 's/"score": \[/"scores": [/' 'steps[4].scores: unknown member; did you mean score'
bad 's/\["birth_date"\],/["birth_date damerau 1"],/' 'damerau cannot make blocks'
finish
