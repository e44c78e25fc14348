#!/usr/bin/env python3
"""Writes share/datasets/hes_apc.json, hes_ae.json, hes_op.json and the code
lists that only they use.

A maintainer's tool like core_to_share.py. Columns: first those of the
artificial extracts in their order (share/source/hes_*.header.txt), then the
others of the CSVW field lists (share/source/hes_*.csvw.json, from
CUREd-Plus/cuRed, MIT). Meanings are from memory of the HES data dictionary.

    python3 tools/hes_to_share.py         from the top of the source tree
"""
import csv
import json
import os
import re

from core_to_share import REVIEW, SOURCE, write

LISTS = {
    'ethnic_hes': [
        *[(c, m, 'current') for c, m in (
            ('A', 'White: British'), ('B', 'White: Irish'),
            ('C', 'White: any other'),
            ('D', 'Mixed: White and Black Caribbean'),
            ('E', 'Mixed: White and Black African'),
            ('F', 'Mixed: White and Asian'), ('G', 'Mixed: any other'),
            ('H', 'Asian: Indian'), ('J', 'Asian: Pakistani'),
            ('K', 'Asian: Bangladeshi'), ('L', 'Asian: any other'),
            ('M', 'Black: Caribbean'), ('N', 'Black: African'),
            ('P', 'Black: any other'), ('R', 'Other: Chinese'),
            ('S', 'Other: any other'))],
        ('Z', 'Not stated', 'default'), ('X', 'Not known', 'default'),
        ('9', 'Not given (before 2001)', 'default'),
        ('99', 'Not known', 'default'),
        *[(c, m + ' (before 2001)', 'retired') for c, m in (
            ('0', 'White'), ('1', 'Black: Caribbean'), ('2', 'Black: African'),
            ('3', 'Black: other'), ('4', 'Indian'), ('5', 'Pakistani'),
            ('6', 'Bangladeshi'), ('7', 'Chinese'), ('8', 'Any other'))]],
    'hes_yes_no': [('Y', 'Yes', 'current'), ('N', 'No', 'current')],
    'hes_flag': [('0', 'No', 'current'), ('1', 'Yes', 'current')],
    'hes_spell_begin': [('0', 'Not the first episode of a spell', 'current'),
                        ('1', 'First episode of a spell that began in an earlier year', 'current'),
                        ('2', 'First episode of a spell that began in this year', 'current')],
    'hes_patient_classification': [
        ('1', 'Ordinary admission', 'current'), ('2', 'Day case', 'current'),
        ('3', 'Regular day admission', 'current'),
        ('4', 'Regular night admission', 'current'),
        ('5', 'Mother and baby using delivery facilities only', 'current'),
        ('8', 'Not applicable', 'default'), ('9', 'Not known', 'default')],
    'ae_arrival_mode': [('1', 'By ambulance', 'current'), ('2', 'Other', 'current'), ('9', 'Not known', 'default')],
    'ae_attendance_category': [
        ('1', 'First attendance', 'current'),
        ('2', 'Follow-up, planned', 'current'),
        ('3', 'Follow-up, unplanned', 'current'), ('9', 'Not known', 'default')],
    'ae_disposal': [
        ('01', 'Admitted to a bed of this provider', 'current'),
        ('02', 'Discharged, follow-up by the GP', 'current'),
        ('03', 'Discharged, no follow-up', 'current'),
        ('04', 'Referred to an emergency clinic', 'current'),
        ('05', 'Referred to a fracture clinic', 'current'),
        ('06', 'Referred to another out-patient clinic', 'current'),
        ('07', 'Transferred to another provider', 'current'),
        ('10', 'Died in the department', 'current'),
        ('11', 'Referred to another professional', 'current'),
        ('12', 'Left before being treated', 'current'),
        ('13', 'Left having refused treatment', 'current'),
        ('14', 'Other', 'current'), ('99', 'Not known', 'default')],
    'ae_department_type': [
        ('01', 'Consultant-led 24 hour emergency department', 'current'),
        ('02', 'Consultant-led mono specialty', 'current'),
        ('03', 'Other, minor injuries', 'current'),
        ('04', 'NHS walk-in centre', 'current'), ('99', 'Not known', 'default')],
    'ae_incident_location': [
        ('10', 'Home', 'current'), ('40', 'Work', 'current'),
        ('50', 'Educational establishment', 'current'),
        ('60', 'Public place', 'current'), ('91', 'Other', 'current'),
        ('99', 'Not known', 'default')],
    'ae_patient_group': [
        ('10', 'Road traffic accident', 'current'), ('20', 'Assault', 'current'),
        ('30', 'Deliberate self-harm', 'current'),
        ('40', 'Sports injury', 'current'), ('50', 'Firework injury', 'current'),
        ('60', 'Other accident', 'current'),
        ('70', 'Brought in dead', 'current'), ('80', 'Other', 'current'),
        ('99', 'Not known', 'default')],
    'ae_referral_source': [
        ('00', 'General practitioner', 'current'),
        ('01', 'Self-referral', 'current'),
        ('02', 'Local authority social services', 'current'),
        ('03', 'Emergency services', 'current'), ('04', 'Work', 'current'),
        ('05', 'Educational establishment', 'current'),
        ('06', 'Police', 'current'),
        ('07', 'Health care provider, same or other', 'current'),
        ('08', 'Other', 'current'),
        ('92', 'General dental practitioner', 'current'),
        ('93', 'Community dental service', 'current'),
        ('99', 'Not known', 'default')],
    'hes_coding_scheme': [
        ('01', 'Accident and emergency codes', 'current'),
        ('02', 'ICD-10 or OPCS-4', 'current'), ('03', 'Read', 'current'),
        ('04', 'Read, clinical terms', 'current'), ('05', 'SNOMED CT', 'current')],
    'hes_operation_status': [
        ('1', 'One or more procedures', 'current'),
        ('8', 'No procedure', 'current'), ('9', 'Not known', 'default')],
}

# name -> (title, type, options). Types: s string, i integer, n number (as
# the artificial extracts write 2.0), d date, t clock time HHMM.
PSEUDO = ('identifier', 'pseudonym(person)')
RECORD = ('identifier', 'pseudonym(record)')
SPELL = ('identifier', 'pseudonym(spell)')
STAFF = ('identifier', 'pseudonym(professional)')
QUASI = ('quasi', 'keep')
SENSITIVE = ('sensitive', 'keep')
GONE = ('quasi', 'drop')


def f(title, kind='s', privacy=None, **more):
    return dict(title=title, kind=kind, privacy=privacy, **more)


AGE = "%s BETWEEN 0 AND 120 OR %s BETWEEN 7001 AND 7007"
FIELDS = {
    'FYEAR': f('Financial year', pattern='[0-9]{4}'),
    'PARTYEAR': f('Month of the extract, or 99 for the year', pattern='[0-9]{6}'),
    'EPIKEY': f('Record identifier of the episode', privacy=RECORD, core='record_id', pattern='[!-~]{1,35}'),
    'AEKEY': f('Record identifier of the attendance', privacy=RECORD, pattern='[!-~]{1,35}'),
    'ATTENDKEY': f('Record identifier of the appointment', privacy=RECORD, core='record_id', pattern='[!-~]{1,35}'),
    'AEKEY_FLAG': f('Attendance key flag', codelist='hes_flag'),
    'PSEUDO_HESID': f('Person identifier, pseudonym', privacy=PSEUDO, role='person', core='person_id', pattern='[!-~]{1,40}'),
    'TOKEN_PERSON_ID': f('Person identifier, token', privacy=PSEUDO, pattern='[!-~]{1,64}'),
    'ADMIDATE': f('Date of admission', 'd', QUASI, core='admission_date'),
    'ADMIMETH': f('Method of admission', codelist='admission_method', core='admission_method'),
    'ADMINCAT': f('Administrative category', codelist='administrative_category', core='admin_category'),
    'ADMINCATST': f('Administrative category at start of episode', codelist='administrative_category'),
    'ADMISORC': f('Source of admission', codelist=['admission_source_v62', 'admission_source_v63'], core='admission_source'),
    'ADMISTAT': f('Psychiatric patient status on admission'),
    'ADMIAGE': f('Age on admission', 'i', QUASI),
    'ACTIVAGE': f('Age at activity', 'i', QUASI),
    'ACSCFLAG': f('Ambulatory care sensitive condition flag', 'i'),
    'ALCDIAG_4': f('Alcohol diagnosis, four characters', privacy=SENSITIVE),
    'ALCDIAG': f('Alcohol diagnosis', privacy=SENSITIVE),
    'ALCFRAC': f('Alcohol attributable fraction', 'n', SENSITIVE),
    'ALCNRWFRAC': f('Alcohol attributable fraction, narrow', 'n', SENSITIVE),
    'ALCNRWDIAG': f('Alcohol diagnosis, narrow', privacy=SENSITIVE),
    'ALCBRDFRAC': f('Alcohol attributable fraction, broad', 'n', SENSITIVE),
    'ALCBRDDIAG': f('Alcohol diagnosis, broad', privacy=SENSITIVE),
    'AT_GP_PRACTICE': f('Area team of the GP practice'),
    'AT_RESIDENCE': f('Area team of residence'),
    'AT_TREATMENT': f('Area team of treatment'),
    'BEDYEAR': f('Bed days within the year', 'i'),
    'CANNET': f('Cancer network'), 'CANREG': f('Cancer registry'),
    'CARERSI': f('Carer support indicator'),
    'CAUSE': f('External cause', privacy=SENSITIVE),
    'CAUSE_3': f('External cause, three characters', privacy=SENSITIVE, pattern='[A-Z][0-9]{2}'),
    'CAUSE_4': f('External cause, four characters', privacy=SENSITIVE, check='icd10_nhs'),
    'CCG_GP_PRACTICE': f('CCG of the GP practice'),
    'CCG_RESIDENCE': f('CCG of residence', core='residence_responsibility'),
    'CCG_RESPONSIBILITY': f('CCG responsible'),
    'CCG_RESPONSIBILITY_ORIGIN': f('How the responsible CCG was found'),
    'CCG_TREATMENT': f('CCG of treatment'),
    'CCG_TREATMENT_ORIGIN': f('How the CCG of treatment was found'),
    'CR_GP_PRACTICE': f('Commissioning region of the GP practice'),
    'CR_RESIDENCE': f('Commissioning region of residence'),
    'CR_TREATMENT': f('Commissioning region of treatment'),
    'NER_GP_PRACTICE': f('NHS England region of the GP practice'),
    'NER_RESIDENCE': f('NHS England region of residence'),
    'NER_TREATMENT': f('NHS England region of treatment'),
    'CENDUR': f('Days in hospital at the psychiatric census', 'i'),
    'CENSAGE': f('Age at the psychiatric census', 'i', QUASI),
    'CENSTAT': f('Status at the psychiatric census'),
    'CENWARD': f('Ward at the psychiatric census', privacy=GONE),
    'CLASSPAT': f('Patient classification', codelist='hes_patient_classification', core='patient_classification'),
    'CURRWARD_ONS': f('Electoral ward of residence', privacy=GONE),
    'DETDUR': f('Duration of detention', 'i', SENSITIVE),
    'DETNCAT': f('Detention category', privacy=SENSITIVE),
    'DETNDATE': f('Date of detention', 'd', SENSITIVE),
    'DIAG_3_CONCAT': f('Diagnoses, three characters, in one list', privacy=SENSITIVE),
    'DIAG_4_CONCAT': f('Diagnoses, four characters, in one list', privacy=SENSITIVE),
    'DIAG_COUNT': f('Number of diagnoses', 'n', low=0, high=24),
    'DISDATE': f('Date of discharge', 'd', QUASI, core='discharge_date'),
    'DISDEST': f('Destination on discharge', codelist=['discharge_destination_v62', 'discharge_destination_v63'], core='discharge_destination'),
    'DISMETH': f('Method of discharge', codelist='discharge_method', core='discharge_method'),
    'DISREADYDATE': f('Date ready for discharge', 'd', QUASI),
    'DNADATE': f('Date of the last missed or cancelled appointment', 'd', QUASI),
    'DOMPROC': f('Dominant procedure', privacy=SENSITIVE),
    'ELECDATE': f('Date of the decision to admit', 'd', QUASI, core='decision_to_admit_date'),
    'ELECDUR': f('Waiting time in days, as sent', 'i', low=0),
    'ELECDUR_CALC': f('Waiting time in days, calculated', 'i'),
    'ENDAGE': f('Age at end of episode', 'i', QUASI),
    'EPIDUR': f('Duration of the episode in days', 'i', low=0),
    'EPIEND': f('End of the episode', 'd', QUASI, core='episode_end'),
    'EPIORDER': f('Number of the episode in its spell', 'i', low=1, high=99, core='episode_order'),
    'EPISTART': f('Start of the episode', 'd', QUASI, core='episode_start'),
    'EPISTAT': f('Status of the episode', codelist='episode_status', core='episode_status'),
    'EPITYPE': f('Type of the episode', codelist='episode_type', core='episode_type'),
    'ETHNOS': f('Ethnic category', privacy=SENSITIVE, codelist='ethnic_hes', core='ethnic_category'),
    'ETHRAW': f('Ethnic category as sent', privacy=('sensitive', 'drop')),
    'ETHRAWL': f('Ethnic category as sent, long', privacy=('sensitive', 'drop')),
    'FAE': f('Finished admission episode', codelist='hes_flag'),
    'FAE_EMERGENCY': f('Finished emergency admission episode', codelist='hes_flag'),
    'FCE': f('Finished consultant episode', codelist='hes_flag'),
    'FDE': f('Finished discharge episode', codelist='hes_flag'),
    'FIRSTREG': f('First regular day or night admission'),
    'GORTREAT': f('Government office region of treatment'),
    'GPPRAC': f('GP practice of registration', privacy=QUASI, check='gp_practice', defaults='gp_practice_default', core='gp_practice'),
    'PGPPRAC': f('GP practice of registration, patient', privacy=QUASI),
    'HRG40': f('HRG4'), 'HRGLATE35': f('HRG version 3.5'),
    'HRGNHS': f('HRG as sent'), 'HRGNHSVN': f('Version of the HRG as sent'),
    'SUSHRG': f('HRG by SUS', check='hrg', core='hrg'),
    'SUSCOREHRG': f('Spell HRG by SUS', check='hrg', core='spell_hrg'),
    'SUSHRGVERS': f('Version of the HRG by SUS'),
    'SUSHRGINFO': f('HRG information by SUS'),
    'SUSHRGVERINFO': f('HRG version information by SUS'),
    'INTMANIG': f('Intended management', codelist='intended_management', core='intended_management'),
    'LEGALGPA': f('Legal group on admission', privacy=SENSITIVE),
    'LEGALGPC': f('Legal group at census', privacy=SENSITIVE),
    'LEGLCAT': f('Legal category', privacy=SENSITIVE),
    'LEGLSTAT': f('Legal status', privacy=SENSITIVE, codelist='legal_status', core='legal_status'),
    'LSOA01': f('Lower layer super output area 2001', privacy=QUASI, pattern='[EWSNZ][0-9]{8}'),
    'LSOA11': f('Lower layer super output area 2011', privacy=QUASI, pattern='[EWSNZ][0-9]{8}', core='lsoa'),
    'MSOA01': f('Middle layer super output area 2001', privacy=QUASI, pattern='[EWSNZ][0-9]{8}'),
    'MSOA11': f('Middle layer super output area 2011', privacy=QUASI, pattern='[EWSNZ][0-9]{8}'),
    'OACODE11': f('Output area 2011', privacy=('identifier', 'drop')),
    'MAINSPEF': f('Main specialty', pattern='[0-9A-Z]{3}', core='main_specialty'),
    'TRETSPEF': f('Treatment function', pattern='[0-9A-Z]{3}', core='treatment_function'),
    'MARSTAT': f('Marital status', privacy=GONE, codelist='marital_status'),
    'MENTCAT': f('Mental category', privacy=SENSITIVE),
    'MYDOB': f('Month and year of birth (MMYYYY)', privacy=GONE, pattern='(0[1-9]|1[0-2])[0-9]{4}'),
    'NEODUR': f('Age of the baby in days', 'n', QUASI, low=0, high=28),
    'NEWNHSNO_CHECK': f('Is the NHS number valid?', codelist='hes_yes_no'),
    'NHSNOIND': f('NHS number status', codelist='nhs_number_status'),
    'OPERTN_3_CONCAT': f('Procedures, three characters, in one list', privacy=SENSITIVE),
    'OPERTN_4_CONCAT': f('Procedures, four characters, in one list', privacy=SENSITIVE),
    'OPERTN_COUNT': f('Number of procedures', 'n', low=0, high=24),
    'OPERSTAT': f('Operation status', codelist='hes_operation_status', core='operation_status'),
    'ORGPPPID': f('Organisation of the patient pathway'),
    'PCON': f('Parliamentary constituency', privacy=GONE),
    'PCON_ONS': f('Parliamentary constituency, ONS code', privacy=GONE),
    'PCONSULT': f('Consultant, pseudonym', privacy=STAFF),
    'CONSULT': f('Consultant', privacy=STAFF),
    'AESTAFFCODE': f('Member of staff', privacy=STAFF),
    'PREFERER': f('Referrer, pseudonym', privacy=STAFF),
    'REFERORG': f('Referring organisation'),
    'PCTCODE_HIS': f('PCT responsible, historic'),
    'PCTORIG_HIS': f('How the PCT was found, historic'),
    'PCTTREAT': f('PCT of treatment'),
    'POSOPDUR': f('Days after the main operation', 'i'),
    'PREOPDUR': f('Days before the main operation', 'i'),
    'PROCODE': f('Provider'), 'PROCODE3': f('Provider, three characters', pattern='[A-Z0-9]{3}', role='provider', core='provider'),
    'PROCODE5': f('Provider, five characters', pattern='[A-Z0-9]{5}'),
    'PROCODET': f('Provider, trust or site code', pattern='[A-Z0-9]{3,5}(-[A-Z])?'),
    'PROTYPE': f('Type of provider'),
    'PROVSPNOPS': f('Spell number, pseudonym', privacy=SPELL, core='spell_no'),
    'PROVDIST': f('Distance to the provider in miles', 'n', GONE, low=0, unit='mile'),
    'PROVDIST_FLAG': f('Quality of the distance to the provider'),
    'SITEDIST': f('Distance to the site in miles', 'n', GONE, low=0, unit='mile'),
    'SITEDIST_FLAG': f('Quality of the distance to the site'),
    'PURCODE': f('Commissioner', core='commissioner', role='commissioner'),
    'RANK_ORDER': f('Rank of the mapping'),
    'RESCTY': f('County of residence'), 'RESCTY_ONS': f('County of residence, ONS code'),
    'RESGOR': f('Region of residence'), 'RESGOR_ONS': f('Region of residence, ONS code'),
    'RESLADST': f('Local authority district of residence', privacy=QUASI),
    'RESLADST_ONS': f('Local authority district of residence, ONS code', privacy=QUASI, core='local_authority'),
    'RESPCT_HIS': f('PCT of residence, historic'),
    'RESSTHA_HIS': f('Strategic health authority of residence, historic'),
    'RTTPEREND': f('End of the referral to treatment period', 'd', QUASI),
    'RTTPERSTART': f('Start of the referral to treatment period', 'd', QUASI),
    'RTTPERSTAT': f('Status of the referral to treatment period', codelist='rtt_status'),
    'RURURB_IND': f('Rural or urban area', privacy=QUASI),
    'SENDER': f('Sender of the record'),
    'SEX': f('Sex', privacy=QUASI, codelist='sex_hes', role='sex', core='sex'),
    'SITETRET': f('Site of treatment', pattern='[A-Z0-9]{2,9}', core='site'),
    'SPELBGIN': f('Beginning of the spell', codelist='hes_spell_begin'),
    'SPELDUR': f('Duration of the spell in days', 'i', low=0),
    'SPELDUR_CALC': f('Duration of the spell in days, calculated', 'i', low=0),
    'SPELEND': f('End of the spell', codelist='hes_yes_no'),
    'STARTAGE': f('Age at start of episode; 7001 to 7007 under one year', 'i', QUASI),
    'STARTAGE_CALC': f('Age at start of episode, exact: gives the birthday away', 'n', GONE),
    'STHATRET': f('Strategic health authority of treatment'),
    'SUSLDDATE': f('Date loaded by SUS', 'd'),
    'SUSLDDATE_HIS': f('Date loaded by SUS, historic', 'dt'),
    'SUSRECID': f('Record identifier of SUS', privacy=RECORD, pattern='[0-9]{1,14}'),
    'SUSSPELLID': f('Spell identifier of SUS', privacy=SPELL),
    'VIND': f('Psychiatric indicator', privacy=SENSITIVE),
    'WAITDAYS': f('Waiting time in days', 'i'),
    'WAITLIST': f('From a waiting list?', codelist='hes_flag'),
    'WARDSTRT': f('Ward at start of episode', privacy=GONE),
    # Emergency
    'AEARRIVALMODE': f('Mode of arrival', codelist='ae_arrival_mode'),
    'AEATTEND_EXC_PLANNED': f('Attendance that was not planned', codelist='hes_flag'),
    'AEATTENDCAT': f('Attendance category', codelist='ae_attendance_category'),
    'AEATTENDDISP': f('Attendance disposal', codelist='ae_disposal'),
    'AEDEPTTYPE': f('Department type', codelist='ae_department_type'),
    'AEINCLOCTYPE': f('Place of the incident', codelist='ae_incident_location'),
    'AEPATGROUP': f('Patient group', privacy=SENSITIVE, codelist='ae_patient_group'),
    'AEREFSOURCE': f('Source of referral', codelist='ae_referral_source'),
    'ARRIVALAGE': f('Age on arrival; 7001 to 7007 under one year', 'n', QUASI),
    'ARRIVALAGE_CALC': f('Age on arrival, exact below one year', 'n', GONE),
    'ARRIVALDATE': f('Date of arrival', 'd', QUASI),
    'ARRIVALTIME': f('Time of arrival', 't', QUASI),
    'INITDUR': f('Minutes to the initial assessment', 'i', low=0, unit='min'),
    'INITTIME': f('Time of the initial assessment', 't'),
    'TRETDUR': f('Minutes to treatment', 'i', low=0, unit='min'),
    'TRETTIME': f('Time seen for treatment', 't'),
    'CONCLDUR': f('Minutes to the conclusion', 'i', low=0, unit='min'),
    'CONCLTIME': f('Time of the conclusion', 't'),
    'DEPDUR': f('Minutes to departure', 'i', low=0, unit='min'),
    'DEPTIME': f('Time of departure', 't'),
    'DIAGSCHEME': f('Scheme of the diagnosis codes', codelist='hes_coding_scheme'),
    'INVESTSCHEME': f('Scheme of the investigation codes', codelist='hes_coding_scheme'),
    'TREATSCHEME': f('Scheme of the treatment codes', codelist='hes_coding_scheme'),
    'PROCSCHEME': f('Scheme of the procedure codes', 'n'),
    'NODIAGS': f('Number of diagnoses', 'i', low=0),
    'NOINVESTS': f('Number of investigations', 'i', low=0),
    'NOTREATS': f('Number of treatments', 'i', low=0),
    'NOPROCS': f('Number of procedures', 'i', low=0),
    # Outpatient
    'APPTDATE': f('Date of the appointment', 'd', QUASI, core='appointment_date'),
    'APPTAGE_CALC': f('Age at the appointment, exact below one year', 'n', GONE),
    'ATENTYPE': f('Type of attendance'),
    'ATTENDED': f('Attended or not', codelist='attended', core='attended'),
    'FIRSTATT': f('First attendance', codelist='first_attendance', core='first_attendance'),
    'LOCTYPE': f('Type of location'),
    'OUTCOME': f('Outcome of the attendance', codelist='outcome_of_attendance', core='outcome'),
    'PRIORITY': f('Priority', codelist='priority_type', core='priority'),
    'REFSOURC': f('Source of referral', codelist='op_referral_source', core='referral_source'),
    'REQDATE': f('Date the referral was received', 'd', QUASI, core='referral_date'),
    'SERVTYPE': f('Service type requested', 'i'),
    'STAFFTYP': f('Type of staff seen'),
    'WAIT_IND': f('Waiting time indicator', 'i'),
    'WAITING': f('Waiting time in days', 'i'),
    'IMD04RK': f('Index of multiple deprivation 2004, rank', 'i', ('quasi', 'drop')),
    'IMD04_DECILE': f('Index of multiple deprivation 2004, decile'),
}
IMD = {'IMD04': 'overall', 'IMD04C': 'crime', 'IMD04ED': 'education',
       'IMD04EM': 'employment', 'IMD04HD': 'health', 'IMD04HS': 'housing',
       'IMD04I': 'income', 'IMD04IA': 'income of older people',
       'IMD04IC': 'income of children', 'IMD04LE': 'living environment'}
# Exact scores name an area: the decile stays, they go.
for name, what in IMD.items():
    FIELDS[name] = f(f'Index of multiple deprivation 2004, {what}', 'n',
                     ('quasi', 'drop'))

FAMILIES = [
    (r'DIAG_(\d\d)', 'Diagnosis %s', dict(privacy=SENSITIVE, check='icd10_nhs')),
    (r'DIAG_3_(\d\d)', 'Diagnosis %s, three characters', dict(privacy=SENSITIVE, pattern='[A-Z][0-9]{2}')),
    (r'DIAG_4_(\d\d)', 'Diagnosis %s, four characters', dict(privacy=SENSITIVE, check='icd10_nhs')),
    (r'DIAG2_(\d\d)', 'A&E diagnosis %s, two characters', dict(privacy=SENSITIVE, longest=3)),
    (r'DIAG3_(\d\d)', 'A&E diagnosis %s, three characters', dict(privacy=SENSITIVE, longest=6)),
    (r'DIAGA_(\d\d)', 'A&E diagnosis %s, anatomical area', dict(privacy=SENSITIVE, longest=2)),
    (r'DIAGS_(\d\d)', 'A&E diagnosis %s, side', dict(privacy=SENSITIVE, longest=1)),
    (r'INVEST(?:2?_|_)(\d\d)', 'A&E investigation %s', dict(privacy=SENSITIVE, longest=6)),
    (r'TREAT(?:[23]?_|_)(\d\d)', 'A&E treatment %s', dict(privacy=SENSITIVE, longest=6)),
    (r'OPERTN_(\d\d)', 'Procedure %s', dict(privacy=SENSITIVE, check='opcs4')),
    (r'OPERTN_3_(\d\d)', 'Procedure %s, three characters', dict(privacy=SENSITIVE, pattern='[A-HJ-Z][0-9]{2}')),
    (r'OPERTN_4_(\d\d)', 'Procedure %s, four characters', dict(privacy=SENSITIVE, check='opcs4')),
    (r'OPDATE_(\d\d)', 'Date of procedure %s', dict(kind='d', privacy=QUASI)),
]

# Dates that HES writes where there is none, or none that can be.
NO_DATE = ['1582-10-15', '1600-01-01', '1800-01-01', '1801-01-01', '1802-01-01']
CLEAN = ['-', '-  ', '-   ', '&', '&  ', '&   ']


def describe(name):
    if name.upper() in FIELDS:
        return FIELDS[name.upper()]
    for pattern, title, more in FAMILIES:
        m = re.fullmatch(pattern, name)
        if m:
            return f(title % m.group(1), more.get('kind', 's'),
                     **{k: v for k, v in more.items() if k != 'kind'})
    return None


def field(name, listed, d, dataset):
    out = {'name': name}
    kind = {'s': 'string', 'i': 'integer', 'n': 'number', 'd': 'date',
            't': 'string', 'dt': 'datetime'}[d['kind']]
    out['title'] = d['title']
    out['type'] = kind
    where = 'the artificial extract' if listed is None else 'the CSVW field list'
    out['description'] = f"{d['title']}. Name found in {where}; meaning and codes from memory."
    constraints = {}
    if d['kind'] == 'dt':
        out['format'] = '%Y-%m-%d %H:%M:%S'
    if d['kind'] == 't':
        # 4000 stands where no time was recorded.
        constraints['pattern'] = '([01][0-9]|2[0-3])[0-5][0-9]'
    if 'pattern' in d:
        constraints['pattern'] = d['pattern']
    if 'longest' in d:
        constraints['maxLength'] = d['longest']
    if 'low' in d:
        constraints['minimum'] = d['low']
    if 'high' in d:
        constraints['maximum'] = d['high']
    if name in REQUIRED[dataset]:
        constraints['required'] = True
    if constraints:
        out['constraints'] = constraints
    nib = {}
    if d.get('core'):
        nib['aliases'] = [d['core']]
    for k in ('codelist', 'check', 'defaults', 'role', 'unit'):
        if k in d:
            nib[k] = d[k]
    privacy, treatment = d['privacy'] or ('none', 'keep')
    nib['privacy'], nib['treatment'] = privacy, treatment
    if name in ROLES[dataset]:
        nib['role'] = ROLES[dataset][name]
    if d['kind'] in ('d', 'dt'):
        nib['clean'] = NO_DATE if d['kind'] == 'd' else ['1802-01-01 00:00:00']
    if d['kind'] == 't':
        nib['clean'] = ['4000']
    nib['source'] = 'memory'
    out['nib'] = nib
    return out


REQUIRED = {
    'hes_apc': {'FYEAR', 'EPIKEY', 'PSEUDO_HESID', 'ADMIDATE', 'ADMIMETH', 'EPISTART', 'EPIORDER', 'CLASSPAT', 'SEX', 'EPISTAT', 'EPITYPE'},
    'hes_ae': {'FYEAR', 'AEKEY', 'PSEUDO_HESID', 'ARRIVALDATE', 'AEATTENDCAT', 'AEDEPTTYPE', 'SEX'},
    'hes_op': {'ATTENDKEY', 'APPTDATE', 'ATTENDED', 'FIRSTATT', 'SEX'},
}
ROLES = {
    'hes_apc': {'EPIKEY': 'record', 'EPISTART': 'event-start', 'EPIEND': 'event-end', 'SUSLDDATE': 'submitted'},
    'hes_ae': {'AEKEY': 'record', 'ARRIVALDATE': 'event-start', 'SUSLDDATE': 'submitted'},
    'hes_op': {'ATTENDKEY': 'record', 'APPTDATE': 'event-start', 'Token_Person_ID': 'person', 'PROCODET': 'provider', 'SUSLDDATE': 'submitted'},
}
KEYS = {'hes_apc': 'EPIKEY', 'hes_ae': 'AEKEY', 'hes_op': 'ATTENDKEY'}
# Names that the extract gives to another thing than the core table does.
NOT_CORE = {'hes_ae': {'EPIKEY', 'ETHNOS'}, 'hes_op': set(), 'hes_apc': set()}


def r(ident, severity, dimension, expression, message, **more):
    return dict(id=ident, severity=severity, dimension=dimension, **more,
                expression=expression, message=message)


FEMALE = "(substr(DIAG_4_01, 1, 3) NOT BETWEEN 'C51' AND 'C58' AND substr(DIAG_4_01, 1, 3) <> 'D06' AND substr(DIAG_4_01, 1, 3) NOT BETWEEN 'N70' AND 'N98' AND substr(DIAG_4_01, 1, 1) <> 'O') OR SEX <> '1'"
MALE = "(substr(DIAG_4_01, 1, 3) NOT BETWEEN 'C60' AND 'C63' AND substr(DIAG_4_01, 1, 3) NOT BETWEEN 'N40' AND 'N51') OR SEX <> '2'"
RULES = {
    'hes_apc': [
        r('HA01', 'error', 'consistency', 'EPISTART >= ADMIDATE', 'Episode starts before admission'),
        r('HA02', 'error', 'consistency', 'EPIEND >= EPISTART', 'Episode ends before it starts'),
        r('HA03', 'error', 'consistency', 'DISDATE >= ADMIDATE', 'Discharge before admission'),
        r('HA04', 'error', 'consistency', 'EPIEND <= DISDATE', 'Episode ends after discharge'),
        r('HA05', 'warning', 'consistency', "(DISMETH = '8' AND DISDATE IS NULL) OR (DISMETH <> '8' AND DISDATE IS NOT NULL)", 'Discharge method and date disagree'),
        r('HA06', 'warning', 'consistency', "(DISMETH IN ('4', '5') AND DISDEST = '79') OR (DISMETH NOT IN ('4', '5') AND DISDEST <> '79')", 'Death or stillbirth method and destination disagree'),
        r('HA07', 'warning', 'consistency', "CLASSPAT <> '2' OR ADMIDATE = DISDATE", 'Day case must start and end the same day'),
        r('HA08', 'warning', 'consistency', "CLASSPAT <> '2' OR ADMIMETH IN ('11', '12', '13')", 'Day case must be elective'),
        r('HA09', 'warning', 'consistency', "ADMIMETH NOT IN ('31', '32') OR SEX <> '1'", 'Maternity admission of a male'),
        r('HA10', 'warning', 'consistency', "ADMIMETH NOT IN ('82', '83', '2C') OR STARTAGE BETWEEN 7001 AND 7003", 'Birth admission of a non-newborn'),
        r('HA11', 'warning', 'consistency', 'ELECDATE <= ADMIDATE', 'Decision after admission'),
        r('HA12', 'warning', 'consistency', 'EPIDUR = days(EPISTART, EPIEND)', 'Duration of the episode does not match its dates'),
        r('HA13', 'warning', 'consistency', "FCE <> '1' OR EPISTAT = '3'", 'Finished episode flag and status disagree'),
        r('HA14', 'warning', 'completeness', "EPISTAT <> '3' OR DIAG_4_01 IS NOT NULL", 'Finished episode without a primary diagnosis'),
        r('HA15', 'warning', 'consistency', "substr(DIAG_4_01, 1, 1) NOT IN ('V', 'W', 'X', 'Y')", 'External cause as primary diagnosis'),
        r('HA16', 'warning', 'plausibility', FEMALE, 'Female-only code on male'),
        r('HA17', 'warning', 'plausibility', MALE, 'Male-only code on female'),
        r('HA18', 'warning', 'consistency', "substr(DIAG_4_01, 1, 3) NOT BETWEEN 'S00' AND 'T98' OR CAUSE_4 IS NOT NULL OR CAUSE_3 IS NOT NULL", 'Injury without external cause'),
        r('HA19', 'warning', 'plausibility', AGE % ('STARTAGE', 'STARTAGE'), 'Age outside 0 to 120 and 7001 to 7007'),
        r('HA20', 'warning', 'plausibility', 'SPELDUR <= 1826', 'Spell longer than five years'),
        r('HA21', 'error', 'consistency', "lag(ADMIDATE) IS NULL OR EPISTART >= lag(EPISTART)", 'Episodes of a person and admission out of order', within=['PSEUDO_HESID', 'ADMIDATE', 'PROCODE3'], order=['EPIORDER', 'EPISTART', 'EPIKEY']),
        r('HA22', 'warning', 'uniqueness', 'row() = 1', 'Same person, provider, dates, order and diagnosis twice', within=['PSEUDO_HESID', 'PROCODE3', 'ADMIDATE', 'EPISTART', 'EPIEND', 'EPIORDER', "coalesce(DIAG_4_01, '-')"], order=['EPIKEY']),
    ],
    'hes_ae': [
        r('HE01', 'warning', 'consistency', 'INITDUR <= TRETDUR AND INITDUR <= CONCLDUR AND INITDUR <= DEPDUR AND TRETDUR <= CONCLDUR AND TRETDUR <= DEPDUR AND CONCLDUR <= DEPDUR', 'Emergency times out of order'),
        r('HE02', 'warning', 'plausibility', 'DEPDUR <= 10080', 'Attendance longer than seven days'),
        r('HE03', 'warning', 'plausibility', AGE % ('ARRIVALAGE', 'ARRIVALAGE'), 'Age outside 0 to 120 and 7001 to 7007'),
        r('HE04', 'warning', 'completeness', "AEATTENDDISP <> '01' OR EPIKEY IS NOT NULL", 'Admitted without the key of an episode'),
        r('HE05', 'warning', 'consistency', "AEATTENDDISP IN ('12', '13') OR DIAG2_01 IS NOT NULL", 'Treated without a diagnosis'),
        r('HE06', 'warning', 'consistency', "(DIAG2_01 IS NULL AND DIAG3_01 IS NULL) OR substr(DIAG3_01, 1, 2) = substr(DIAG2_01, 1, 2)", 'Two- and three-character diagnosis disagree'),
    ],
    'hes_op': [
        r('HO01', 'error', 'consistency', 'REQDATE <= APPTDATE', 'Referred after appointment'),
        r('HO02', 'error', 'completeness', "ATTENDED NOT IN ('5', '6') OR OUTCOME IS NOT NULL", 'Seen without an outcome'),
        r('HO03', 'warning', 'plausibility', 'days(REQDATE, APPTDATE) <= 1826', 'Waited longer than five years'),
        r('HO04', 'warning', 'plausibility', FEMALE, 'Female-only code on male'),
        r('HO05', 'warning', 'plausibility', MALE, 'Male-only code on female'),
        r('HO06', 'warning', 'consistency', 'DNADATE <= APPTDATE', 'Missed appointment after this one'),
    ],
}
QUALITY = {
    'hes_apc': ['PSEUDO_HESID', 'SEX', ('ETHNOS', 0.06), 'MYDOB', ('GPPRAC', 0), 'PURCODE', 'PROCODE3', ('ADMIMETH', 0), ('ADMISORC', 0), ('ADMINCAT', 0), 'ADMIDATE', 'EPISTART', 'EPIEND', 'DISDATE', ('DISMETH', 1), ('DISDEST', 0), ('CLASSPAT', 0), 'MAINSPEF', 'TRETSPEF', 'DIAG_4_01', 'LSOA11'],
    'hes_ae': ['PSEUDO_HESID', ('SEX', 0), ('ETHNOS', 0.06), ('GPPRAC', 0), 'PURCODE', 'PROCODE3', 'ARRIVALDATE', 'ARRIVALTIME', ('AEARRIVALMODE', 0), ('AEATTENDCAT', 0), ('AEATTENDDISP', 0), ('AEDEPTTYPE', 0), ('AEINCLOCTYPE', 0), ('AEPATGROUP', 0), ('AEREFSOURCE', 0), 'DEPTIME', 'DIAG2_01', 'LSOA11'],
    'hes_op': [('SEX', 0), ('ETHNOS', 0.06), ('GPPRAC', 0), 'PROCODET', 'APPTDATE', ('ATTENDED', 1), 'FIRSTATT', 'OUTCOME', 'REFSOURC', 'REQDATE', 'PRIORITY', 'MAINSPEF', 'TRETSPEF', 'LSOA11'],
}
DERIVED = {
    'hes_apc': [
        ('financial_year', 'financial_year(ADMIDATE)', 'string', 'Financial year of admission'),
        ('admission_month', 'month(ADMIDATE)', 'string', 'Month of admission'),
        ('age', 'CASE WHEN STARTAGE BETWEEN 7001 AND 7007 THEN 0 ELSE STARTAGE END', 'integer', 'Age in years at the start of the episode'),
        ('length_of_stay', 'days(ADMIDATE, DISDATE)', 'integer', 'Nights in hospital: discharge minus admission'),
        ('admission_type', "CASE WHEN ADMIMETH IN ('11', '12', '13') THEN 'elective' WHEN ADMIMETH IN ('31', '32') THEN 'maternity' WHEN substr(ADMIMETH, 1, 1) = '2' THEN 'emergency' WHEN ADMIMETH IN ('81', '82', '83') THEN 'other' END", 'string', 'Kind of admission'),
        ('died_in_hospital', "CASE WHEN DISMETH IN ('4', '5') THEN 1 WHEN DISDATE IS NOT NULL THEN 0 END", 'integer', 'Did the spell end with death?'),
    ],
    'hes_ae': [
        ('financial_year', 'financial_year(ARRIVALDATE)', 'string', 'Financial year of arrival'),
        ('arrival_month', 'month(ARRIVALDATE)', 'string', 'Month of arrival'),
        ('within_four_hours', 'CASE WHEN DEPDUR <= 240 THEN 1 WHEN DEPDUR > 240 THEN 0 END', 'integer', 'Left within four hours of arrival?'),
    ],
    'hes_op': [
        ('financial_year', 'financial_year(APPTDATE)', 'string', 'Financial year of the appointment'),
        ('seen', "CASE WHEN ATTENDED IN ('5', '6') THEN 1 WHEN ATTENDED IN ('2', '3', '4', '7') THEN 0 END", 'integer', 'Was the patient seen?'),
    ],
}
TITLES = {'hes_apc': 'HES admitted patient care', 'hes_ae': 'HES accident and emergency', 'hes_op': 'HES outpatients'}


def main():
    for name, codes in LISTS.items():
        with open(f'share/codelists/{name}.csv', 'w', newline='',
                  encoding='utf-8') as out:
            w = csv.writer(out, lineterminator='\n')
            w.writerow(['code', 'meaning', 'status', 'source'])
            for code, meaning, status in codes:
                w.writerow([code, meaning, status, 'memory'])
    for dataset, title in TITLES.items():
        short = dataset[4:]
        with open(f'{SOURCE}/hes_{short}.csvw.json', encoding='utf-8') as src:
            columns = json.load(src)['tables'][0]['tableSchema']['columns']
        listed = [c['name'] for c in columns]
        header = f'{SOURCE}/hes_{short}.header.txt'
        names = []
        if os.path.exists(header):
            with open(header, encoding='utf-8') as src:
                names = src.read().split()
        fields = []
        for name in names + [n for n in listed if n not in names]:
            d = describe(name)
            if d is None:
                raise SystemExit(f'{dataset}: {name} is not described')
            d = dict(d)
            if name in NOT_CORE[dataset]:
                d.pop('core', None)
            if dataset == 'hes_ae' and d.get('core') in ('record_id', 'lsoa'):
                d.pop('core', None)
            if name in ROLES[dataset]:
                d.pop('role', None)
            if dataset == 'hes_op' and name == 'PROCODET':
                d['core'] = 'provider'
            fields.append(field(name, name if name in listed else None, d,
                                dataset))
        nib = {'version': '1.0', 'review': REVIEW, 'clean': CLEAN,
               'objections': ['national', 'type1']}
        nib['derived'] = [
            {'name': n, 'expression': e, 'type': t, 'description': m,
             'treatment': 'keep'} for n, e, t, m in DERIVED[dataset]]
        nib['rules'] = RULES[dataset]
        nib['quality'] = [
            {'field': q} if isinstance(q, str) else
            {'field': q[0], 'defaultThreshold': q[1]}
            for q in QUALITY[dataset]]
        write(f'share/datasets/{dataset}.json', {
            '$schema': 'https://datapackage.org/profiles/2.0/tableschema.json',
            'name': dataset, 'title': title,
            'description': f'Extract of Hospital Episode Statistics. Field '
            'names: the header of the artificial extract (where there is '
            'one) and the CSVW lists of CUREd-Plus/cuRed. Meanings, code '
            'lists and rules are from memory of the HES data dictionary: '
            'check before use. "-" and "&" with their padding, and the '
            'dates 1582, 1600, 1800, 1801 and 1802 that HES writes for '
            'none, are read as missing.',
            'fieldsMatch': 'superset', 'missingValues': [''],
            'fields': fields, 'primaryKey': [KEYS[dataset]], 'nib': nib})


if __name__ == '__main__':
    main()
