#!/usr/bin/env python3
"""Make share/scores/charlson.csv and elixhauser.csv.

    tools/scores_to_share.py comorbidity_codes.csv comorbidity_weights.csv DIR

Codes: Quan et al. 2005, Medical Care 43(11), 1130-1139. Weights: charlson,
Charlson 1987; quan, Quan 2011; vw, van Walraven 2009; swiss, Sharma 2021.
instead_of is the milder condition that is not counted beside this one.
"""
import csv
import sys

INSTEAD = {
    'charlson': {'msld': 'mld', 'diabwc': 'diab', 'metacanc': 'canc'},
    'elixhauser': {'hypc': 'hypunc', 'diabc': 'diabunc',
                   'metacanc': 'solidtum'},
}


def main(codes, weights, to):
    codes = list(csv.DictReader(open(codes, encoding='utf-8')))
    rows = list(csv.DictReader(open(weights, encoding='utf-8')))
    for score, instead in INSTEAD.items():
        index = score + '_icd10_quan'
        mine = [r for r in rows if r['index'] == index]
        sets = list(dict.fromkeys(r['weights'] for r in mine))
        weight = {(r['weights'], r['condition']): r['weight'] for r in mine}
        path = f'{to}/{score}.csv'
        with open(path, 'w', newline='', encoding='utf-8') as f:
            w = csv.writer(f, lineterminator='\n')
            w.writerow(['condition', 'prefix', 'instead_of'] + sets)
            for r in codes:
                if r['index'] == index:
                    c = r['condition']
                    w.writerow([c, r['icd10_prefix'], instead.get(c, '')] +
                               [weight[s, c] for s in sets])


main(*sys.argv[1:])
