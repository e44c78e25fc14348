#!/bin/sh
# Costs against a tariff, by the commands of nib-examples(7) and by awk; a
# tariff that has two prices for one thing; numbers of devices.
. "$(dirname "$0")/lib.sh"
cd "$T" || exit 99

run 0 nib-dummy -s tariff -n 600 -o prices.csv
run 0 nib-validate -s tariff --check --fail-on warning prices.csv
run 0 nib-derive -s tariff -o keyed.csv prices.csv
run 0 nib-dummy -s patient_cost -n 4000 --with tariff=prices.csv -o all.csv
# A tenth of the currencies is not in the tariff.
awk -F, -v OFS=, 'NR % 10 == 5 { $7 = "UZ01Z" } { print }' all.csv >costs.csv
run 0 nib-derive -s patient_cost -o priced.csv \
    --lookup price_gbp=keyed.csv:tariff_key:price_gbp costs.csv
run 0 nib-indicator count patient_cost_per_weighted_activity priced.csv
cp out counts.csv
run 0 nib-indicator rate --total England counts.csv
cut -d, -f2,6-8 out | sed 1d | awk -F, '{
	printf "%s %.2f %.2f %.6f\n", $1, $2, $3, $4 }' | sort >have
awk -F, 'NR == FNR { price[$1 " " $2 " " $3 " " $4] = $5; next }
	FNR > 1 {
		y = substr($4, 1, 4) - (substr($4, 6, 2) < "04")
		k = y "/" substr(y + 1, 3) " " $7 " " $5 " " $6
		if (!(k in price)) {
			lost++
			next
		}
		cost[$3] += $9
		paid[$3] += price[k] * $8
		cost["England"] += $9
		paid["England"] += price[k] * $8
	}
	END {
		for (p in cost)
			printf "%s %.2f %.2f %.6f\n", p, cost[p], paid[p], \
			    100 * cost[p] / paid[p]
		exit lost != 400
	}' prices.csv costs.csv >want.not-sorted
ok; [ $? -eq 0 ] || fail 'not a tenth without a price'
sort want.not-sorted >want
same want have

{ cat keyed.csv; sed -n 2p keyed.csv; } >twice.csv
run 1 nib-validate -s tariff --check twice.csv
run 2 nib-derive -s patient_cost \
    --lookup price_gbp=twice.csv:tariff_key:price_gbp costs.csv
sed '2s,^2024/25,2024/26,' prices.csv >year.csv
run 1 nib-validate -s tariff --check year.csv
err_has TR01

# A device's number has a check digit, and belongs to a device.
run 0 nib-dummy -s incident -n 500 -o incident.csv
run 0 nib-validate -s incident --check --fail-on warning incident.csv
awk -F, -v OFS=, 'NR > 1 && $7 != "" && !n++ {
	$7 = substr($7, 1, 13) (substr($7, 14) + 1) % 10 } { print }' \
    incident.csv >digit.csv
run 1 nib-validate -s incident --check digit.csv
err_has 'not a valid GTIN'
finish
