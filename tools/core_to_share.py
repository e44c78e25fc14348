#!/usr/bin/env python3
"""Writes share/codelists/*.csv and the core share/datasets/*.json.

A maintainer's tool, not part of the build: the files it writes are kept in
the repository. What the core dataset is comes from share/source/*.csv;
what nib adds to it (rules in SQL, privacy, roles, conditions) is below.

    python3 tools/core_to_share.py        from the top of the source tree
"""
import csv
import json
import os
import re
from collections import defaultdict

SOURCE = 'share/source'
REVIEW = '2027-03-31'

TITLES = {
    'person': ('Person', 'One row for each person whom the other tables speak of.'),
    'admitted_episode': ('Admitted patient care episode', 'One row for each consultant episode of a hospital provider spell.'),
    'diagnosis': ('Diagnosis of an episode', 'One row for each coded diagnosis of an admitted episode.'),
    'procedure': ('Procedure', 'One row for each coded procedure of an admitted episode or an outpatient attendance; record_id names either, so no foreign key stands for it.'),
    'outpatient': ('Outpatient appointment', 'One row for each outpatient appointment, attended or not.'),
    'emergency': ('Emergency care attendance', 'One row for each attendance at an emergency department.'),
    'community_contact': ('Community care contact', 'One row for each care contact of a community service.'),
    'mental_health_spell': ('Mental health hospital spell', 'One row for each hospital provider spell of a mental health service.'),
    'social_care_event': ('Adult social care event', 'One row for each event of client level data: request, assessment, service, review.'),
    'mortality': ('Death', 'One row for each registered death.'),
    'proms': ('Patient reported outcome', 'One row for each pair of questionnaires before and after an operation (EQ-5D-3L, Oxford scores).'),
    'fft': ('Friends and Family Test', 'Counts of responses by provider, site, setting, month and answer.'),
    'organisation': ('Organisation', 'Reference table of ODS codes with their dates.'),
}

# Lists that only mark codes as defaults: a code need not be in them.
DEFAULT_LISTS = {'org_default', 'gp_practice_default', 'consultant_default',
                 'opcs_outpatient_default'}

CHECKS = {'nhs_number': 'nhs_number', 'postcode': 'postcode',
          'icd10': 'icd10_nhs', 'underlying_cause': 'icd10_nhs',
          'opcs4': 'opcs4', 'consultant': 'consultant',
          'gp_practice': 'gp_practice', 'lsoa': 'lsoa', 'hrg': 'hrg',
          'spell_hrg': 'hrg', 'snomed_ct': 'sctid_concept',
          'arrival_mode': 'sctid_concept', 'acuity': 'sctid_concept',
          'chief_complaint': 'sctid_concept', 'diagnosis_sct': 'sctid_concept',
          'discharge_status': 'sctid_concept'}

# HES columns of another meaning or form than the field: not aliases.
NO_ALIAS = {'INITDUR', 'TRETDUR', 'CONCLDUR', 'DEPDUR', 'DIAG_NN', 'OPERTN_NN'}

# field -> privacy, treatment; "dataset.field" wins.
PRIVACY = {
    'person_id': ('identifier', 'pseudonym(person)'),
    'nhs_number': ('identifier', 'pseudonym(person)'),
    'birth_date': ('quasi', 'year'),
    'admitted_episode.birth_date': ('quasi', 'age-band(admission_date,5)'),
    'outpatient.birth_date': ('quasi', 'age-band(appointment_date,5)'),
    'death_date': ('quasi', 'keep'),
    'sex': ('quasi', 'keep'),
    'gender_identity': ('sensitive', 'drop'),
    'ethnic_category': ('sensitive', 'keep'),
    'marital_status': ('quasi', 'drop'),
    'withheld_identity_reason': ('sensitive', 'drop'),
    'postcode': ('identifier', 'postcode-district'),
    'lsoa': ('quasi', 'keep'),
    'local_authority': ('quasi', 'keep'),
    'gp_practice': ('quasi', 'keep'),
    'residence_responsibility': ('quasi', 'keep'),
    'record_id': ('identifier', 'pseudonym(record)'),
    'episode_record_id': ('identifier', 'pseudonym(record)'),
    'spell_no': ('identifier', 'pseudonym(spell)'),
    'attendance_id': ('identifier', 'pseudonym(attendance)'),
    'contact_id': ('identifier', 'pseudonym(record)'),
    'service_request_id': ('identifier', 'pseudonym(referral)'),
    'hospital_spell_id': ('identifier', 'pseudonym(spell)'),
    'event_ref': ('identifier', 'pseudonym(event)'),
    'consultant': ('identifier', 'pseudonym(professional)'),
    'legal_status': ('sensitive', 'keep'),
    'icd10': ('sensitive', 'keep'), 'opcs4': ('sensitive', 'keep'),
    'snomed_ct': ('sensitive', 'keep'), 'diagnosis_sct': ('sensitive', 'keep'),
    'chief_complaint': ('sensitive', 'keep'),
    'underlying_cause': ('sensitive', 'keep'),
    'date_of_death': ('quasi', 'keep'), 'birth_weight': ('quasi', 'keep'),
    'admission_date': ('quasi', 'keep'), 'discharge_date': ('quasi', 'keep'),
    'admission_time': ('quasi', 'keep'),
    'arrival_datetime': ('quasi', 'keep'), 'appointment_date': ('quasi', 'keep'),
    'contact_date': ('quasi', 'keep'), 'start_date': ('quasi', 'keep'),
    'client_type': ('sensitive', 'keep'),
}

ROLES = {
    'person': {'person_id': 'person', 'nhs_number': 'nhs-number', 'birth_date': 'birth-date', 'sex': 'sex', 'postcode': 'postcode', 'death_date': 'death-date'},
    'admitted_episode': {'person_id': 'person', 'nhs_number': 'nhs-number', 'birth_date': 'birth-date', 'sex': 'sex', 'postcode': 'postcode', 'record_id': 'record', 'provider': 'provider', 'commissioner': 'commissioner', 'episode_start': 'event-start', 'episode_end': 'event-end', 'submission_date': 'submitted'},
    'diagnosis': {'record_id': 'record'},
    'procedure': {'record_id': 'record', 'procedure_date': 'event-start'},
    'outpatient': {'person_id': 'person', 'nhs_number': 'nhs-number', 'birth_date': 'birth-date', 'sex': 'sex', 'record_id': 'record', 'provider': 'provider', 'commissioner': 'commissioner', 'appointment_date': 'event-start', 'submission_date': 'submitted'},
    'emergency': {'person_id': 'person', 'nhs_number': 'nhs-number', 'record_id': 'record', 'provider': 'provider', 'commissioner': 'commissioner', 'arrival_datetime': 'event-start', 'departure_datetime': 'event-end', 'submission_date': 'submitted'},
    'community_contact': {'person_id': 'person', 'contact_id': 'record', 'provider': 'provider', 'commissioner': 'commissioner', 'contact_date': 'event-start'},
    'mental_health_spell': {'person_id': 'person', 'hospital_spell_id': 'record', 'provider': 'provider', 'commissioner': 'commissioner', 'start_date': 'event-start', 'discharge_date': 'event-end'},
    'social_care_event': {'person_id': 'person', 'nhs_number': 'nhs-number', 'event_ref': 'record', 'la_code': 'provider', 'start_date': 'event-start', 'end_date': 'event-end'},
    'mortality': {'person_id': 'person', 'date_of_death': 'death-date', 'registration_date': 'submitted'},
    'proms': {'person_id': 'person', 'pre_date': 'event-start', 'post_date': 'event-end'},
    'fft': {'provider': 'provider'},
    'organisation': {'org_code': 'record'},
}

KEYS = {
    'person': {'primaryKey': ['person_id']},
    'admitted_episode': {'primaryKey': ['record_id'], 'uniqueKeys': [['provider', 'spell_no', 'episode_order']], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'diagnosis': {'primaryKey': ['record_id', 'position'], 'foreignKeys': [('record_id', 'admitted_episode', 'record_id')]},
    'procedure': {'primaryKey': ['record_id', 'position']},
    'outpatient': {'primaryKey': ['record_id'], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'emergency': {'primaryKey': ['record_id'], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'community_contact': {'primaryKey': ['contact_id'], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'mental_health_spell': {'primaryKey': ['hospital_spell_id'], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'social_care_event': {'primaryKey': ['la_code', 'event_ref'], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'mortality': {'primaryKey': ['person_id'], 'foreignKeys': [('person_id', 'person', 'person_id')]},
    'proms': {'foreignKeys': [('person_id', 'person', 'person_id'), ('episode_record_id', 'admitted_episode', 'record_id')]},
    'fft': {},
    'organisation': {'primaryKey': ['org_code'], 'foreignKeys': [('parent', '', 'org_code')]},
}

ELECTIVE = "admission_method IN ('11', '12', '13')"
APPLIES = {
    'person.withheld_identity_reason': "nhs_number IS NULL AND (nhs_number_status IS NULL OR nhs_number_status NOT IN ('03', '04', '05', '06', '07', '08'))",
    'admitted_episode.decision_to_admit_date': ELECTIVE,
    'admitted_episode.episode_end': "discharge_date IS NOT NULL OR last_episode = '2'",
    'admitted_episode.discharge_date': "last_episode = '1'",
    'admitted_episode.discharge_method': 'discharge_date IS NOT NULL',
    'admitted_episode.discharge_destination': 'discharge_date IS NOT NULL',
    'admitted_episode.neonatal_level': "admission_method IN ('82', '83', '2C')",
    'outpatient.outcome': "attended IN ('5', '6')",
    'social_care_event.end_date': "event_type <> 'Service'",
    'social_care_event.service_type': "event_type = 'Service'",
}

BOUNDS = {
    'episode_order': (1, 99), 'birth_weight': (10, 9999),
    'diagnosis.position': (1, 24), 'procedure.position': (1, 24),
    'duration_minutes': (0, 9999), 'responses': (0, None),
    'eligible': (0, None), 'tariff_gbp': (0, None), 'cost_gbp': (0, None),
    'unit_cost_gbp': (0, None), 'planned_units_per_week': (0, None),
    'pre_eq5d_index': ('-0.594', '1'), 'post_eq5d_index': ('-0.594', '1'),
    'pre_eq_vas': (0, 100), 'post_eq_vas': (0, 100),
    'pre_oxford_score': (0, 48), 'post_oxford_score': (0, 48),
}
for when in ('pre', 'post'):
    for level in ('mobility', 'self_care', 'activity', 'discomfort', 'anxiety'):
        BOUNDS[f'{when}_{level}'] = (1, 3)
UNITS = {'tariff_gbp': 'GBP', 'cost_gbp': 'GBP', 'unit_cost_gbp': 'GBP',
         'birth_weight': 'g', 'duration_minutes': 'min'}
SCALES = {'tariff_gbp': 2, 'cost_gbp': 2, 'unit_cost_gbp': 2,
          'pre_eq5d_index': 3, 'post_eq5d_index': 3,
          'planned_units_per_week': 2}

# Fields that the core tables have in person, or not at all, and that the
# commissioning data sets carry with each record. The pipeline needs them
# before persons are linked.
def carried(what):
    return f'Carried with the record, as the commissioning data sets do; the core tables have it in person. {what}'

EXTRA = {
    'person': [
        dict(field='reporting_date', standard_element='REPORTING PERIOD END DATE', type='date', required='O', description='The day the extract speaks of; added by nib, since rules P05 and P09 need it', source='nib'),
    ],
    'admitted_episode': [
        dict(field='nhs_number', standard_element='NHS NUMBER', hes_name='NEWNHSNO', type='string', required='O', description=carried('Check digit modulus 11'), source='nib'),
        dict(field='birth_date', standard_element='PERSON BIRTH DATE', hes_name='DOB', type='date', required='O', description=carried('Date of birth'), source='nib'),
        dict(field='sex', standard_element='PERSON STATED GENDER CODE', hes_name='SEX', type='string', required='O', codelist='sex_stated', description=carried('Stated gender'), source='nib'),
        dict(field='ethnic_category', standard_element='ETHNIC CATEGORY', hes_name='ETHNOS', type='string', required='O', pattern='[A-HJ-NPRSZ].?|99', codelist='ethnic_category', description=carried('First character national'), source='nib'),
        dict(field='postcode', standard_element='POSTCODE OF USUAL ADDRESS', hes_name='HOMEADD', type='string', required='O', description=carried('8-character form or one space'), source='nib'),
        dict(field='lsoa', standard_element='LOWER LAYER SUPER OUTPUT AREA (RESIDENCE)', hes_name='LSOA11', type='string', required='O', description=carried('ONS 9-character code'), source='nib'),
        dict(field='gp_practice', standard_element='GENERAL MEDICAL PRACTICE CODE (PATIENT REGISTRATION)', hes_name='GPPRAC', type='string', required='O', codelist='gp_practice_default', description=carried('ODS practice code'), source='nib'),
    ],
    'outpatient': [
        dict(field='nhs_number', standard_element='NHS NUMBER', hes_name='NEWNHSNO', type='string', required='O', description=carried('Check digit modulus 11'), source='nib'),
        dict(field='birth_date', standard_element='PERSON BIRTH DATE', hes_name='DOB', type='date', required='O', description=carried('Date of birth'), source='nib'),
        dict(field='sex', standard_element='PERSON STATED GENDER CODE', hes_name='SEX', type='string', required='O', codelist='sex_stated', description=carried('Stated gender'), source='nib'),
    ],
    'emergency': [
        dict(field='nhs_number', standard_element='NHS NUMBER', hes_name='NEWNHSNO', type='string', required='O', description=carried('Check digit modulus 11'), source='nib'),
    ],
}

EQ5D = {'mobility': ('0.069', '0.314'), 'self_care': ('0.104', '0.214'),
        'activity': ('0.036', '0.094'), 'discomfort': ('0.123', '0.386'),
        'anxiety': ('0.071', '0.236')}


def eq5d(when):
    """The UK index of the five levels (Dolan 1997) beside the one given."""
    names = [f'{when}_{n}' for n in EQ5D]
    missing = ' OR '.join(f'{n} IS NULL' for n in names)
    worse = ' OR '.join(f'{n} > 1' for n in names)
    worst = ' OR '.join(f'{n} = 3' for n in names)
    parts = ' '.join(
        f'- CASE {when}_{n} WHEN 2 THEN {a} WHEN 3 THEN {b} ELSE 0 END'
        for n, (a, b) in EQ5D.items())
    return (f'{missing} OR abs({when}_eq5d_index - (1 '
            f'- CASE WHEN {worse} THEN 0.081 ELSE 0 END {parts} '
            f'- CASE WHEN {worst} THEN 0.269 ELSE 0 END)) <= 0.0005')


def ref(table, on, expression, there=None):
    r = {'reference': table, 'on': [on], 'expression': expression}
    if there:
        r['onReference'] = [there]
    return r


def group(within, expression, order=None):
    r = {'within': within, 'expression': expression}
    if order:
        r['order'] = order
    return r


SPELL = ['provider', 'spell_no']
PERSON = 'person', 'person_id'
EPISODE = 'admitted_episode', 'record_id'
TIMES = ['arrival_datetime', 'assessment_datetime', 'treatment_datetime',
         'conclusion_datetime', 'departure_datetime']

# Rule of core_dataset_rules.csv -> (where it is checked, id suffix, form).
# A string is a record rule. The dataset is named where it is not the table
# in which the core rules list it.
SQL = {
    'P01': "nhs_number_ok(nhs_number)",
    'P02': "NOT (nhs_number_status IN ('01', '02') AND nhs_number IS NULL)",
    'P03': "NOT (nhs_number_status = '07' AND nhs_number IS NOT NULL)",
    'P04': "nhs_number IS NOT NULL OR (nhs_number_status IS NOT NULL AND nhs_number_status IN ('03', '04', '05', '06', '07', '08')) OR withheld_identity_reason IS NOT NULL",
    'P05': "birth_date <= reporting_date AND age(birth_date, reporting_date) < 125",
    'P06': "death_date >= birth_date",
    'P07': "birth_date NOT IN ('1900-01-01', '1901-01-01', '1800-01-01', '9999-12-31')",
    'P08': group(['nhs_number'], 'row() = 1', ['person_id']),
    'P09': "nhs_number_status <> '08' OR days(birth_date, reporting_date) < 42",
    'A01': "episode_start >= admission_date",
    'A02': "episode_end >= episode_start",
    'A03': "discharge_date >= admission_date",
    'A04': "episode_end <= discharge_date",
    'A05': [('', "birth_date <= admission_date"), ('.person', ref(*PERSON, "person.birth_date <= admission_date"))],
    'A06': ref(*PERSON, "admission_date <= person.death_date"),
    'A07': "last_episode <> '1' OR discharge_date IS NOT NULL",
    'A08': "(discharge_method = '8' AND discharge_date IS NULL) OR (discharge_method <> '8' AND discharge_date IS NOT NULL)",
    'A09': "(discharge_method IN ('4', '5') AND discharge_destination = '79') OR (discharge_method NOT IN ('4', '5') AND discharge_destination <> '79')",
    'A10': ref(*PERSON, "discharge_method <> '4' OR person.death_date = discharge_date"),
    'A11': "patient_classification <> '2' OR admission_date = discharge_date",
    'A12': f"patient_classification <> '2' OR {ELECTIVE}",
    'A13': [('', "admission_method NOT IN ('82', '83', '2C') OR days(birth_date, admission_date) <= 28"), ('.person', ref(*PERSON, "admission_method NOT IN ('82', '83', '2C') OR days(person.birth_date, admission_date) <= 28"))],
    'A14': [('', "admission_method NOT IN ('31', '32') OR sex <> '1'"), ('.person', ref(*PERSON, "admission_method NOT IN ('31', '32') OR person.sex <> '1'"))],
    'A15': "admission_method NOT IN ('11', '12', '13') OR decision_to_admit_date IS NOT NULL",
    'A16': "decision_to_admit_date <= admission_date",
    'A17': group(SPELL, "episode_order >= 98 OR episode_order = coalesce(lag(episode_order), 0) + 1", ['episode_order']),
    'A18': group(SPELL, "row() = 1 OR (episode_start >= lag(episode_start) AND episode_start = lag(episode_end))", ['episode_order']),
    'A19': group(SPELL, "row() = 1 OR (admission_date = lag(admission_date) AND admission_method = lag(admission_method) AND person_id = lag(person_id))", ['episode_order']),
    'A20': group(SPELL, "row() = 1 OR episode_order <> lag(episode_order)", ['episode_order']),
    'A21': group(['person_id'], "episode_order <> 1 OR prior_max(discharge_date) IS NULL OR days(admission_date, prior_max(discharge_date)) <= 1", ['admission_date', 'episode_order']),
    'A22': "substr(provider, 1, 1) <> 'R' OR in_codelist(site, 'org_default') OR substr(site, 1, 3) = substr(provider, 1, 3)",
    'A23': [('', "neonatal_level NOT IN ('0', '1', '2', '3') OR days(birth_date, admission_date) <= 364"), ('.person', ref(*PERSON, "neonatal_level NOT IN ('0', '1', '2', '3') OR days(person.birth_date, admission_date) <= 364"))],
    'A24': "(main_specialty = '560' AND consultant = 'M9999998') OR (main_specialty <> '560' AND consultant <> 'M9999998')",
    'A25': "tariff_gbp >= 0 AND tariff_gbp <= 250000",
    'A26': "submission_date >= coalesce(discharge_date, episode_end)",
    'D01': ('admitted_episode', ref('diagnosis', 'record_id', "episode_end IS NULL OR matches(diagnosis, diagnosis.position = 1) > 0")),
    'D02': "position <> 1 OR (substr(icd10, 1, 1) NOT IN ('V', 'W', 'X', 'Y') AND substr(icd10, 6, 1) <> 'A')",
    'D03': ref(*EPISODE, "substr(icd10, 1, 1) <> 'O' OR (admitted_episode.sex <> '1' AND age(admitted_episode.birth_date, admitted_episode.admission_date) BETWEEN 10 AND 60)"),
    'D04': ref(*EPISODE, "(substr(icd10, 1, 3) NOT BETWEEN 'C51' AND 'C58' AND substr(icd10, 1, 3) <> 'D06' AND substr(icd10, 1, 3) NOT BETWEEN 'N70' AND 'N98') OR admitted_episode.sex <> '1'"),
    'D05': ref(*EPISODE, "(substr(icd10, 1, 3) NOT BETWEEN 'C60' AND 'C63' AND substr(icd10, 1, 4) NOT BETWEEN 'D074' AND 'D076' AND substr(icd10, 1, 3) NOT BETWEEN 'N40' AND 'N51') OR admitted_episode.sex <> '2'"),
    'D06': ref(*EPISODE, "substr(icd10, 1, 3) NOT BETWEEN 'P00' AND 'P96' OR admitted_episode.episode_type IN ('2', '5') OR days(admitted_episode.birth_date, admitted_episode.admission_date) <= 364"),
    'D07': group(['record_id'], "substr(icd10, 1, 3) NOT BETWEEN 'S00' AND 'T98' OR any(substr(icd10, 1, 1) IN ('V', 'W', 'X', 'Y'))"),
    'D08': group(['record_id'], "substr(icd10, 6, 1) <> 'D' OR substr(coalesce(lead(icd10), ''), 6, 1) = 'A'", ['position']),
    'D09': group(['record_id'], "position = coalesce(lag(position), 0) + 1", ['position']),
    'D10': "length(snomed_ct) BETWEEN 6 AND 18 AND substr(snomed_ct, -2, 1) = '0'",
    'O01': ref(*EPISODE, "days(admitted_episode.admission_date, procedure_date) >= -3 AND procedure_date <= coalesce(admitted_episode.discharge_date, procedure_date)"),
    'O02': "position <> 1 OR substr(opcs4, 1, 1) NOT IN ('Y', 'Z')",
    'O03': ref(*EPISODE, "substr(opcs4, 1, 3) NOT BETWEEN 'R17' AND 'R32' OR admitted_episode.sex <> '1'"),
    'O04': ('admitted_episode', ref('procedure', 'record_id', "(operation_status = '8' AND matched(procedure) = 0) OR (operation_status <> '8' AND matched(procedure) > 0)")),
    'T01': "referral_date <= appointment_date",
    'T02': "attended NOT IN ('5', '6') OR outcome IS NOT NULL",
    'T03': "attended NOT IN ('2', '3', '4', '7', '0') OR outcome IS NULL OR outcome IN ('1', '2', '3')",
    'T04': "attended <> '0' OR appointment_date > submission_date",
    'T05': "rtt_end_date >= rtt_start_date",
    'E01': ' AND '.join(f'{a} <= {b}' for i, a in enumerate(TIMES) for b in TIMES[i + 1:]),
    'E02': "days(substr(arrival_datetime, 1, 10), substr(departure_datetime, 1, 10)) < 7 OR (days(substr(arrival_datetime, 1, 10), substr(departure_datetime, 1, 10)) = 7 AND substr(departure_datetime, 12) <= substr(arrival_datetime, 12))",
    'E03': ref('admitted_episode', 'person_id', "discharge_destination NOT IN ('306706006', '1066331000000109') OR matches(admitted_episode, admitted_episode.admission_method IN ('21', '2A') AND days(substr(departure_datetime, 1, 10), admitted_episode.admission_date) BETWEEN -1 AND 1) > 0"),
    'C01': "referral_date <= contact_date AND contact_date <= coalesce(discharge_date, contact_date)",
    'S01': "end_date IS NOT NULL OR event_type = 'Service'",
    'S02': "event_type <> 'Service' OR service_type IS NOT NULL",
    'S03': "end_date >= start_date",
    'S04': ref(*PERSON, "client_type <> 'Service User' OR age(person.birth_date, start_date) >= 18"),
    'X01': "registration_date >= date_of_death",
    'X02': [
        ('.outpatient', ref('outpatient', 'person_id', "matches(outpatient, outpatient.attended IN ('5', '6') AND outpatient.appointment_date > date_of_death) = 0")),
        ('.emergency', ref('emergency', 'person_id', "matches(emergency, substr(emergency.arrival_datetime, 1, 10) > date_of_death) = 0")),
        ('.admitted', ref('admitted_episode', 'person_id', "matches(admitted_episode, admitted_episode.admission_date > date_of_death) = 0")),
        ('.community', ref('community_contact', 'person_id', "matches(community_contact, community_contact.attended IN ('5', '6') AND community_contact.contact_date > date_of_death) = 0")),
    ],
    'Q01': [('', eq5d('pre')), ('.post', eq5d('post'))],
    'Q02': "days(pre_date, post_date) BETWEEN 90 AND 540",
    'F01': group(['provider', "coalesce(site, '-')", 'setting', 'period'], "sum_of(responses) <= eligible"),
}


def life(date, then="person.death_date"):
    """Kahn's plausibility: events lie between birth and death."""
    return (f'{date} >= person.birth_date AND '
            f'(person.death_date IS NULL OR {date} <= {then})')


# Plausibility of values, codes and times beyond the core rules, after the
# check types of OHDSI's DataQualityDashboard.
PLAUSIBLE = {
    'person': [
        ('NP01', 'warning', "age(birth_date, death_date) <= 120", 'Older than 120 years at death'),
    ],
    'admitted_episode': [
        ('NA01', 'warning', "birth_weight = 9999 OR birth_weight BETWEEN 200 AND 7000", 'Birth weight outside 200 to 7000 g'),
        ('NA02', 'warning', "days(admission_date, discharge_date) <= 1826", 'Spell longer than five years'),
        ('NA03', 'warning', "age(birth_date, admission_date) <= 120", 'Older than 120 years at admission'),
        ('NA04', 'warning', "episode_order <= 87 OR episode_order >= 98", 'Episode number outside 1 to 87'),
        ('NA05', 'warning', "admission_date >= '1948-07-05'", 'Admission before the NHS began'),
        ('NA06', 'warning', "NOT in_codelist(provider, 'org_default')", 'Provider code is a default'),
        ('NA07', 'error', ref('organisation', 'provider', "matched(organisation) > 0 OR in_codelist(provider, 'org_default')", 'org_code'), 'Provider is not in the organisation table'),
        ('NA08', 'warning', ref('organisation', 'provider', "admission_date >= organisation.open_date AND (organisation.close_date IS NULL OR admission_date <= organisation.close_date)", 'org_code'), 'Provider was not open on the day of admission'),
        ('NA09', 'warning', "days(decision_to_admit_date, admission_date) <= 1826", 'Waited longer than five years'),
        ('NA10', 'warning', "main_specialty NOT IN ('501', '560', '502') OR sex <> '1' OR days(birth_date, admission_date) <= 364", 'Obstetrics, midwifery or gynaecology for a male'),
        ('NA11', 'warning', "cost_gbp <= 1000000", 'Cost beyond a million pounds'),
    ],
    'diagnosis': [
        ('ND01', 'warning', ref(*EPISODE, "(substr(icd10, 1, 3) NOT IN ('Z34', 'Z35', 'Z36', 'Z37', 'Z39')) OR admitted_episode.sex <> '1'"), 'Code of pregnancy care on a male'),
        ('ND02', 'warning', ref(*EPISODE, "substr(icd10, 1, 3) <> 'Z38' OR days(admitted_episode.birth_date, admitted_episode.admission_date) <= 28"), 'Liveborn infant code on an older patient'),
        ('ND03', 'warning', ref(*EPISODE, "(substr(icd10, 1, 3) NOT IN ('F00', 'G30') AND substr(icd10, 1, 4) <> 'R54X') OR age(admitted_episode.birth_date, admitted_episode.admission_date) >= 30"), 'Code of old age on a younger patient'),
    ],
    'procedure': [
        ('NO01', 'warning', ref(*EPISODE, "(substr(opcs4, 1, 1) <> 'Q' AND substr(opcs4, 1, 1) <> 'R') OR admitted_episode.sex <> '1'"), 'Operation on female genital tract on a male'),
        ('NO02', 'warning', ref(*EPISODE, "substr(opcs4, 1, 3) NOT BETWEEN 'M61' AND 'M71' OR admitted_episode.sex <> '2'"), 'Operation on the prostate on a female'),
    ],
    'outpatient': [
        ('NT01', 'error', ref(*PERSON, "attended NOT IN ('5', '6') OR (" + life('appointment_date') + ')'), 'Attended before birth or after death'),
        ('NT02', 'warning', "days(referral_date, appointment_date) <= 1826", 'Waited longer than five years'),
        ('NT03', 'warning', "age(birth_date, appointment_date) <= 120", 'Older than 120 years'),
        ('NT04', 'error', "birth_date <= appointment_date", 'Seen before birth'),
    ],
    'emergency': [
        ('NE01', 'error', ref(*PERSON, life('substr(arrival_datetime, 1, 10)')), 'Attended before birth or after death'),
        ('NE02', 'error', "submission_date >= substr(departure_datetime, 1, 10)", 'Submitted before the attendance ended'),
    ],
    'community_contact': [
        ('NC01', 'error', ref(*PERSON, "attended NOT IN ('5', '6') OR (" + life('contact_date') + ')'), 'Contact before birth or after death'),
        ('NC02', 'warning', "duration_minutes <= 720", 'Contact longer than twelve hours'),
    ],
    'mental_health_spell': [
        ('NM01', 'error', "discharge_date >= start_date", 'Discharge before the start'),
        ('NM02', 'error', ref(*PERSON, life('start_date')), 'Spell before birth or after death'),
        ('NM03', 'warning', group(['person_id'], "row() = 1 OR prior_max(discharge_date) IS NULL OR days(start_date, prior_max(discharge_date)) <= 1", ['start_date', 'hospital_spell_id']), 'Overlapping spells'),
    ],
    'social_care_event': [
        ('NS01', 'error', ref(*PERSON, life('start_date')), 'Event starts before birth or after death'),
        ('NS02', 'warning', "planned_units_per_week <= 168", 'More units than a week has hours'),
    ],
    'mortality': [
        ('NX01', 'error', ref(*PERSON, "date_of_death >= person.birth_date"), 'Died before birth'),
        ('NX02', 'warning', "days(date_of_death, registration_date) <= 1826", 'Registered more than five years after death'),
    ],
    'proms': [
        ('NQ01', 'error', ref(*PERSON, life('pre_date')), 'Questionnaire before birth or after death'),
    ],
    'organisation': [
        ('NG01', 'error', "close_date >= open_date", 'Closed before it opened'),
    ],
}

DERIVED = {
    'person': [],
    'admitted_episode': [
        ('financial_year', 'financial_year(admission_date)', 'string', 'Financial year of admission'),
        ('admission_month', 'month(admission_date)', 'string', 'Month of admission'),
        ('length_of_stay', 'days(admission_date, discharge_date)', 'integer', 'Nights in hospital: discharge minus admission'),
        ('episode_days', 'days(episode_start, episode_end)', 'integer', 'Nights under this consultant'),
        ('admission_type', "CASE WHEN admission_method IN ('11', '12', '13') THEN 'elective' WHEN admission_method IN ('31', '32') THEN 'maternity' WHEN substr(admission_method, 1, 1) = '2' THEN 'emergency' WHEN admission_method IN ('81', '82', '83') THEN 'other' END", 'string', 'Kind of admission'),
        ('died_in_hospital', "CASE WHEN discharge_method IN ('4', '5') THEN 1 WHEN discharge_date IS NOT NULL THEN 0 END", 'integer', 'Did the spell end with death?'),
        ('wait_days', 'days(decision_to_admit_date, admission_date)', 'integer', 'Days from the decision to the admission'),
    ],
    'outpatient': [
        ('financial_year', 'financial_year(appointment_date)', 'string', 'Financial year of the appointment'),
        ('appointment_month', 'month(appointment_date)', 'string', 'Month of the appointment'),
        ('seen', "CASE WHEN attended IN ('5', '6') THEN 1 WHEN attended IN ('2', '3', '4', '7') THEN 0 END", 'integer', 'Was the patient seen?'),
        ('wait_days', 'days(referral_date, appointment_date)', 'integer', 'Days from the referral to the appointment'),
    ],
    'emergency': [
        ('financial_year', 'financial_year(substr(arrival_datetime, 1, 10))', 'string', 'Financial year of arrival'),
        ('minutes', 'days(substr(arrival_datetime, 1, 10), substr(departure_datetime, 1, 10)) * 1440 + CAST(substr(departure_datetime, 12, 2) AS INTEGER) * 60 + CAST(substr(departure_datetime, 15, 2) AS INTEGER) - (CAST(substr(arrival_datetime, 12, 2) AS INTEGER) * 60 + CAST(substr(arrival_datetime, 15, 2) AS INTEGER))', 'integer', 'Minutes from arrival to departure, by the minutes of the clock'),
    ],
}

# Default thresholds of the Data Quality Maturity Index: the page does not
# give them by item. 6 % is that of its worked example for ethnic category;
# the others are 0 where defaults mean "not known", 1 where they mean "not
# applicable".
THRESHOLDS = {'ethnic_category': 0.06}
NOT_APPLICABLE = {'intended_management', 'discharge_method',
                  'neonatal_level', 'legal_status', 'attended'}


def rows(name):
    with open(os.path.join(SOURCE, name), newline='', encoding='utf-8') as f:
        return list(csv.DictReader(f))


def write_codelists():
    lists = defaultdict(list)
    for r in rows('codelists.csv'):
        lists[r['codelist']].append(r)
    # A list that only holds defaults is of defaults; one code of the
    # pseudo postcodes is one ("not known").
    lists['postcode_default'] = [
        dict(r, status='default') for r in lists['pseudo_postcode']
        if r['code'] == 'ZZ99 3WZ']
    for name, codes in lists.items():
        with open(f'share/codelists/{name}.csv', 'w', newline='',
                  encoding='utf-8') as f:
            w = csv.writer(f, lineterminator='\n')
            w.writerow(['code', 'meaning', 'status', 'source'])
            for r in codes:
                status = 'default' if name in DEFAULT_LISTS else r['status']
                w.writerow([r['code'], r['meaning'], status, r['source']])
    return {n: [c['status'] for c in v] for n, v in lists.items()}


def field_of(dataset, r, lists):
    name = r['field']
    required = r['required']
    check = CHECKS.get(name)
    codelist = [c for c in (r.get('codelist') or '').split('|') if c]
    out = {'name': name, 'type': r['type']}
    notes = [(r.get('description') or '').strip()]
    notes.append({'M': 'Mandatory.', 'R': 'Required where it is known.',
                  'C': 'Required under a condition.',
                  'O': 'Optional.'}[required])
    if (r.get('hes_name') or '') in NO_ALIAS and r['hes_name'].endswith('DUR'):
        notes.append(f"HES has the minutes since arrival: {r['hes_name']}.")
    text = ' '.join(n if n.endswith('.') else n + '.' for n in notes if n)
    out['description'] = f"{text} Source: {r['source']}."
    constraints = {}
    if required == 'M':
        constraints['required'] = True
    members = [c for c in codelist if c not in DEFAULT_LISTS]
    pattern = r.get('pattern') or ''
    form = r.get('format') or ''
    if r['type'] == 'string':
        if pattern and not check and (not members or name == 'ethnic_category'):
            constraints['pattern'] = pattern
        longest = re.fullmatch(r'(?:min an\d+ )?max an?(\d+)', form)
        if longest and not pattern and not check and not members:
            constraints['maxLength'] = int(longest.group(1))
    low, high = BOUNDS.get(f'{dataset}.{name}', BOUNDS.get(name, (None, None)))
    if low is not None:
        constraints['minimum'] = low
    if high is not None:
        constraints['maximum'] = high
    if constraints:
        out['constraints'] = constraints
    nib = {}
    if r.get('standard_element'):
        nib['element'] = r['standard_element']
    hes = r.get('hes_name') or ''
    if re.fullmatch(r'[A-Z][A-Z0-9_]*', hes) and hes not in NO_ALIAS:
        nib['aliases'] = [hes]
    # The levels are integers from 1 to 3: the list is their meaning.
    if members and r['type'] == 'string':
        nib['codelist'] = members[0] if len(members) == 1 else members
    if name == 'ethnic_category':
        nib['codelistPrefix'] = 1
    defaults = [c for c in codelist if c in DEFAULT_LISTS]
    if name == 'postcode':
        defaults.append('postcode_default')
    if defaults:
        nib['defaults'] = defaults[0] if len(defaults) == 1 else defaults
    if check:
        nib['check'] = check
    privacy, treatment = PRIVACY.get(f'{dataset}.{name}',
                                     PRIVACY.get(name, ('none', 'keep')))
    nib['privacy'] = privacy
    nib['treatment'] = treatment
    if name in ROLES[dataset]:
        nib['role'] = ROLES[dataset][name]
    if f'{dataset}.{name}' in APPLIES:
        nib['applies'] = APPLIES[f'{dataset}.{name}']
    if name in UNITS:
        nib['unit'] = UNITS[name]
    if name in SCALES:
        nib['scale'] = SCALES[name]
    nib['source'] = r['source']
    out['nib'] = nib
    return out


def rule(ident, severity, dimension, form, message, source):
    out = {'id': ident, 'severity': severity, 'dimension': dimension}
    if isinstance(form, str):
        out['expression'] = form
    else:
        for k in ('within', 'order', 'reference', 'on', 'onReference',
                  'expression'):
            if k in form:
                out[k] = form[k]
    out['message'] = message
    if source:
        out['source'] = source
    return out


def rules_by_dataset():
    out = defaultdict(list)
    for r in rows('core_dataset_rules.csv'):
        form, dataset = SQL[r['rule']], r['dataset']
        source = None
        if isinstance(form, tuple):
            source = f"core rule of {dataset}"
            dataset, form = form
        for suffix, one in form if isinstance(form, list) else [('', form)]:
            out[dataset].append(rule(r['rule'] + suffix, r['severity'],
                                     r['dimension'], one, r['message'],
                                     source))
    for dataset, some in PLAUSIBLE.items():
        for ident, severity, form, message in some:
            out[dataset].append(rule(ident, severity, 'plausibility', form,
                                     message, 'nib'))
    return out


def quality_of(dataset, table, lists):
    out = []
    for r in table:
        if r['required'] == 'O' or r['source'] == 'nib':
            continue
        q = {'field': r['field']}
        codelist = [c for c in (r.get('codelist') or '').split('|') if c]
        if r['field'] == 'postcode':
            codelist.append('postcode_default')
        has_default = any(c in DEFAULT_LISTS or 'default' in lists[c]
                          for c in codelist)
        if r['field'] in THRESHOLDS:
            q['defaultThreshold'] = THRESHOLDS[r['field']]
        elif has_default:
            q['defaultThreshold'] = 1 if r['field'] in NOT_APPLICABLE else 0
        out.append(q)
    return out


def write(path, descriptor):
    with open(path, 'w', encoding='utf-8') as f:
        f.write(layout(descriptor, 0) + '\n')


def layout(v, depth):
    """JSON with one line for what is short."""
    flat = json.dumps(v, ensure_ascii=False)
    if not isinstance(v, (dict, list)) or len(flat) + depth * 2 <= 76:
        return flat
    pad = '  ' * (depth + 1)
    if isinstance(v, dict):
        body = ',\n'.join(f'{pad}{json.dumps(k)}: {layout(x, depth + 1)}'
                          for k, x in v.items())
        return '{\n' + body + '\n' + '  ' * depth + '}'
    body = ',\n'.join(pad + layout(x, depth + 1) for x in v)
    return '[\n' + body + '\n' + '  ' * depth + ']'


def main():
    lists = write_codelists()
    tables = defaultdict(list)
    for r in rows('core_dataset_fields.csv'):
        tables[r['dataset']].append(r)
    rules = rules_by_dataset()
    for dataset, table in tables.items():
        title, description = TITLES[dataset]
        table = table + EXTRA.get(dataset, [])
        if dataset in EXTRA and dataset != 'person':
            description += (' The last fields are carried with the record, '
                            'as the commissioning data sets do, though the '
                            'core tables keep them in person.')
        d = {'$schema': 'https://datapackage.org/profiles/2.0/tableschema.json',
             'name': dataset, 'title': title,
             'description': description + ' Sources of fields: "found" was '
             'seen in a public copy of the source named, "memory" was not '
             'verified: check against the NHS Data Dictionary before use.',
             'fieldsMatch': 'superset',
             'missingValues': [''],
             'fields': [field_of(dataset, r, lists) for r in table]}
        for key, value in KEYS[dataset].items():
            if key == 'foreignKeys':
                value = [{'fields': [a], 'reference': {'resource': t, 'fields': [b]}}
                         for a, t, b in value]
            d[key] = value
        nib = {'version': '1.0', 'review': REVIEW}
        if dataset in ('person', 'admitted_episode', 'outpatient',
                       'emergency', 'community_contact',
                       'mental_health_spell', 'social_care_event', 'proms'):
            nib['objections'] = ['national', 'type1']
        if dataset == 'fft' or dataset == 'organisation':
            nib['objections'] = []
        elif dataset == 'mortality':
            nib['objections'] = ['national', 'type1']
        if dataset in ('diagnosis', 'procedure'):
            nib['objections'] = ['national', 'type1']
        if DERIVED.get(dataset):
            nib['derived'] = [
                {'name': n, 'expression': e, 'type': t, 'description': m,
                 'treatment': 'keep'} for n, e, t, m in DERIVED[dataset]]
        if rules[dataset]:
            nib['rules'] = rules[dataset]
        nib['quality'] = quality_of(dataset, table, lists)
        d['nib'] = nib
        write(f'share/datasets/{dataset}.json', d)


if __name__ == '__main__':
    main()
