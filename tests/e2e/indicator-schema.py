"""
The JSON Schema of definitions against nib-indicator: definitions of the
library with one thing about them changed, which Python's jsonschema and
nib-indicator show must both take or both refuse. What a schema cannot say is
named in BEYOND.

usage: indicator-schema.py FOLDER
"""
import copy
import json
import os
import subprocess
import sys

import jsonschema

BEYOND = ('"id" is not the file\'s name', 'history: must end with this version',
          'method.least: must be an integer from 1 to',
          'in share/casemix', '"bands" differ', 'is below "age_from"')
VALUES = [None, True, False, 0, -1, 1, 1.5, 1e300, 10**13, '', 'x', 'high',
          '2024-02-30', '2024-02-28', [], {}, ['x'], [''], [1], ['sex'], [{}]]
METHODS = ['count', 'ratio', 'proportion', 'crude_rate', 'mean', 'dsr',
           'isr_ratio', 'isr_rate', 'smr', 'life_expectancy', 'sii',
           'composite']
PART = {'count': '1', 'sum': '1', 'scale': 3, 'when': '1', 'population': True,
        'casemix': {'model': 'example_mortality'}}
MORE = {
    (): {'set': 'x', 'where': '1', 'attached': ['x'],
         'exclusions': [{'text': 'x', 'when': '1'}],
         'numerator': {'text': 'x', 'sum': '1'},
         'denominator': {'text': 'x', 'count': True}, 'area': 'x',
         'period': 'x', 'strata': {'age': '1', 'bands': 'esp2013'},
         'components': [{'indicator': i, 'polarity': 'high'} for i in 'abcde'],
         'comparison': 'spc_rate', 'status': 'live', 'dataset': 'x'},
    ('method',): {'multiplier': 5, 'limits': 'exact', 'standard': 'esp2013',
                  'age_from': 5, 'age_to': 9, 'reference': 'x', 'draws': 1000,
                  'seed': 3, 'scale': 'rank', 'mean': 'geometric',
                  'least': 1},
    ('numerator',): PART,
    ('denominator',): PART,
    ('strata',): {'sex': 'x', 'age': '1', 'age_band': 'x', 'bands': 'esp2013',
                  'category': 'x', 'by': ['category']},
}


def paths(v, at=()):
    yield at
    if isinstance(v, dict):
        for k in v:
            yield from paths(v[k], at + (k,))
    elif isinstance(v, list):
        for i, each in enumerate(v):
            yield from paths(each, at + (i,))


def part(v, at):
    for k in at:
        v = v[k]
    return v


def changed(d):
    yield 'as it is', d
    for at in list(paths(d)):
        if not at:
            continue
        m = copy.deepcopy(d)
        del part(m, at[:-1])[at[-1]]
        yield f'{at} absent', m
        # Texts for people are all read alike: a few values tell.
        words = len(at) == 1 and isinstance(d[at[0]], str)
        for v in VALUES[::7] if words else VALUES:
            m = copy.deepcopy(d)
            part(m, at[:-1])[at[-1]] = copy.deepcopy(v)
            yield f'{at} = {v!r}', m
        if isinstance(part(d, at), dict):
            m = copy.deepcopy(d)
            part(m, at)['unknwon'] = 1
            yield f'{at} with more', m
    for at, more in MORE.items():
        for k, v in more.items():
            m = copy.deepcopy(d)
            if at and at[0] not in m:
                continue
            part(m, at)[k] = copy.deepcopy(v)
            yield f'{at + (k,)} = {v!r}', m
    for name in METHODS:
        m = copy.deepcopy(d)
        m['method']['name'] = name
        yield name, m
        m = copy.deepcopy(m)
        m.pop('denominator', None)
        yield f'{name}, no denominator', m
        m = copy.deepcopy(m)
        m['numerator'] = {'text': 'x', 'sum': '1'}
        m['method'] = {'name': name}
        yield f'{name} of a sum', m


def main():
    share = os.environ['NIB_SHARE'] + '/indicators/'
    with open(share + 'schema.json', encoding='utf-8') as f:
        schema = json.load(f)
    validator = jsonschema.Draft202012Validator
    validator.check_schema(schema)
    validator = validator(schema, format_checker=validator.FORMAT_CHECKER)
    n = bad = both = 0
    names = ['hes_ae_four_hours', 'urgent_care_composite']
    if os.environ.get('NIB_LONG'):
        names += ['in_hospital_mortality_adjusted', 'falls_admissions_65',
                  'life_expectancy_inequality', 'proms_hip_casemix_gain']
    for name in names:
        with open(f'{share}{name}.json', encoding='utf-8') as f:
            d = json.load(f)
        path = f'{sys.argv[1]}/{name}.json'
        for what, m in changed(d):
            with open(path, 'w', encoding='utf-8') as f:
                json.dump(m, f)
            ran = subprocess.run(['nib-indicator', 'show', path],
                                 capture_output=True, text=True, check=False)
            takes = ran.returncode == 0
            n += 1
            both += takes
            if takes != validator.is_valid(m) and (
                    takes or not any(b in ran.stderr for b in BEYOND)):
                bad += 1
                print(f'{name}, {what}: nib-indicator',
                      'takes it' if takes else ran.stderr.strip())
    print(f'{n} definitions, {both} taken, {bad} disagreements')
    return 1 if bad or n < 1000 or both < 100 else 0


sys.exit(main())
