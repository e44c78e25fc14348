#!/usr/bin/env python3
"""Verdicts of Python's jsonschema on JSON cells, for validate-json.sh.

    json_schema.py >json_schema.csv

Needs jsonschema 4 (Draft202012Validator). Each line: a schema, a value, and
1 if it fits or 0. Left out are what the two see differently on purpose:
numbers that a double cannot hold (multipleOf .1 of .3), which nib takes as
they are written.
"""
import csv
import json
import random
import sys

from jsonschema import Draft202012Validator

CASES = [
    ({"type": "object"}, [{}, [], {"a": 1}]),
    ({"type": ["array", "object"], "minItems": 2, "minProperties": 1},
     [[1], [1, 2], {}, {"a": None}]),
    ({"properties": {"a": {"type": "integer"}}},
     [{"a": 1}, {"a": 1.0}, {"a": 1.5}, {"a": "1"}, {"a": 1e2}, {"b": "x"},
      {"a": True}, {"a": None}, {"a": -0.0}]),
    ({"properties": {"a": {"type": "number"}}},
     [{"a": 1}, {"a": False}, {"a": "1"}]),
    ({"properties": {"a": {"type": ["null", "boolean"]}}},
     [{"a": None}, {"a": True}, {"a": 0}]),
    ({"properties": {"a": {"minimum": 0, "exclusiveMaximum": 10.5}}},
     [{"a": 0}, {"a": -1}, {"a": 10.5}, {"a": 10.49}, {"a": "z"},
      {"a": -0.0001}]),
    ({"properties": {"a": {"exclusiveMinimum": 0, "maximum": 10}}},
     [{"a": 0}, {"a": 1e-9}, {"a": 10}, {"a": 10.0001}]),
    ({"properties": {"a": {"multipleOf": 3}}},
     [{"a": 9}, {"a": 10}, {"a": 0}, {"a": -3}, {"a": 4.5}, {"a": 3e5}]),
    ({"properties": {"a": {"multipleOf": 0.5}}},
     [{"a": 1.5}, {"a": 1.25}, {"a": 2}]),
    ({"properties": {"a": {"minLength": 2, "maxLength": 3}}},
     [{"a": "x"}, {"a": "\u00e9\u20ac"}, {"a": "\U0001f600\U0001f600"},
      {"a": "abcd"}, {"a": 12345}, {"a": "a\nb"}]),
    ({"properties": {"a": {"pattern": "^a|b$"}}},
     [{"a": "ax"}, {"a": "xb"}, {"a": "xa"}, {"a": ""}]),
    ({"properties": {"a": {"pattern": "[0-9]{3}"}}},
     [{"a": "x123y"}, {"a": "12"}, {"a": None}]),
    ({"properties": {"a": {"enum": [1, "x", None, [1, {"b": 2}]]}}},
     [{"a": 1}, {"a": 1.0}, {"a": "x"}, {"a": None}, {"a": [1, {"b": 2.0}]},
      {"a": [1]}, {"a": False}, {"a": "1"}]),
    ({"properties": {"a": {"const": {"x": [1, 2]}}}},
     [{"a": {"x": [1, 2]}}, {"a": {"x": [2, 1]}}, {"a": {}}]),
    ({"properties": {"a": {"const": False}}},
     [{"a": False}, {"a": 0}, {"a": []}]),
    ({"required": ["a", "b"]}, [{"a": 1}, {"a": 1, "b": 2}, []]),
    ({"maxProperties": 1}, [{}, {"a": 1}, {"a": 1, "b": 2}]),
    ({"additionalProperties": False, "properties": {"a": True},
      "patternProperties": {"^x_": {"type": "string"}}},
     [{"a": 1}, {"x_1": "s"}, {"x_1": 1}, {"b": 1}, {}]),
    ({"additionalProperties": {"type": "integer"}, "properties": {"a": {}}},
     [{"a": "s", "b": 1}, {"b": "s"}]),
    ({"propertyNames": {"maxLength": 3, "pattern": "^[a-z]+$"}},
     [{"abc": 1}, {"abcd": 1}, {"A": 1}, {}]),
    ({"dependentRequired": {"a": ["b", "c"]}},
     [{"a": 1}, {"a": 1, "b": 1, "c": 1}, {"b": 1}]),
    ({"dependentSchemas": {"a": {"properties": {"b": {"type": "string"}}}}},
     [{"a": 1, "b": 2}, {"a": 1, "b": "x"}, {"b": 2}]),
    ({"items": {"type": "integer"}}, [[1, 2], [1, "x"], [], {}]),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}],
      "items": {"type": "boolean"}},
     [["a", 1, True], ["a"], [], ["a", "b"], ["a", 1, 1]]),
    ({"prefixItems": [{"type": "string"}], "items": False},
     [["a"], ["a", 1], []]),
    ({"contains": {"const": 1}}, [[1], [2, 1.0], [2], [], [True]]),
    ({"contains": {"const": 1}, "minContains": 2, "maxContains": 3},
     [[1], [1, 1], [1, 1, 1, 1], [1, 2, 1]]),
    ({"contains": {"const": 1}, "minContains": 0}, [[], [2]]),
    ({"minContains": 2}, [[], [1]]),
    ({"uniqueItems": True},
     [[1, 2], [1, 1.0], [1, True], [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
      [[1], [1]], [[1], [2]], ["a", "A"], [0, False], [None, None]]),
    ({"uniqueItems": False}, [[1, 1]]),
    ({"minItems": 1, "maxItems": 2}, [[], [1], [1, 2, 3]]),
    ({"allOf": [{"required": ["a"]}, {"required": ["b"]}]},
     [{"a": 1}, {"a": 1, "b": 1}]),
    ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
     [{"a": 1}, {"b": 1}, {"c": 1}, {"a": 1, "b": 1}]),
    ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
     [{"a": 1}, {"b": 1}, {"c": 1}, {"a": 1, "b": 1}]),
    ({"not": {"required": ["a"]}}, [{"a": 1}, {"b": 1}]),
    ({"if": {"properties": {"a": {"const": 1}}},
      "then": {"required": ["b"]}, "else": {"required": ["c"]}},
     [{"a": 1}, {"a": 1, "b": 1}, {"a": 2}, {"a": 2, "c": 1}, {}]),
    ({"then": {"required": ["b"]}}, [{}]),
    ({"$defs": {"node": {"type": "object", "properties": {
        "value": {"type": "integer"},
        "next": {"$ref": "#/$defs/node"}}, "required": ["value"]}},
      "$ref": "#/$defs/node"},
     [{"value": 1}, {"value": 1, "next": {"value": 2}},
      {"value": 1, "next": {"value": "x"}}, {"next": {"value": 1}}]),
    ({"properties": {"children": {"items": {"$ref": "#"}}},
      "required": ["name"]},
     [{"name": 1}, {"name": 1, "children": [{"name": 2}]},
      {"name": 1, "children": [{}]}]),
    ({"$defs": {"a/b": {"type": "integer"}, "c~d": {"type": "string"},
                "e%": {"type": "null"}},
      "properties": {"x": {"$ref": "#/$defs/a~1b"},
                     "y": {"$ref": "#/$defs/c~0d"},
                     "z": {"$ref": "#/$defs/e%25"}}},
     [{"x": 1}, {"x": "1"}, {"y": "s"}, {"y": 1}, {"z": None}, {"z": 0}]),
    ({"$defs": {"a": {"$anchor": "here", "type": "integer"}},
      "properties": {"x": {"$ref": "#here", "minimum": 3}}},
     [{"x": 3}, {"x": 2}, {"x": "s"}]),
    ({"properties": {"a": {"$ref": "#/properties/b"}, "b": {"maximum": 2}}},
     [{"a": 1}, {"a": 3}]),
    ({"properties": {"a": False, "b": True}}, [{"a": 1}, {"b": 1}, {}]),
    ({"format": "email", "title": "t", "default": 1, "examples": [],
      "$comment": "c", "deprecated": True}, [{}, []]),
]


def random_schema(r, depth):
    """A schema of few words over few values, so that both answers come."""
    if depth == 0:
        return r.choice([True, False, {"type": r.choice(
            ["integer", "string", "object", "array", "null", "number"])},
            {"const": r.choice([0, 1, "a", None])},
            {"minimum": r.randint(-1, 2)}, {"maxLength": r.randint(0, 2)},
            {"enum": [r.randint(0, 2), "b"]}, {"pattern": "a"}])
    s = {}
    for word in r.sample(["properties", "items", "allOf", "anyOf", "oneOf",
                          "not", "required", "contains", "additional",
                          "if", "unique", "prefix", "type"], 3):
        if word == "properties":
            s["properties"] = {k: random_schema(r, depth - 1) for k in
                               r.sample("abc", r.randint(1, 2))}
        elif word == "additional":
            s["additionalProperties"] = random_schema(r, depth - 1)
        elif word in ("items", "contains", "not"):
            s[word] = random_schema(r, depth - 1)
        elif word in ("allOf", "anyOf", "oneOf"):
            s[word] = [random_schema(r, depth - 1)
                       for _ in range(r.randint(1, 3))]
        elif word == "prefix":
            s["prefixItems"] = [random_schema(r, depth - 1)]
        elif word == "required":
            s[word] = r.sample("abc", 1)
        elif word == "if":
            s["if"] = random_schema(r, depth - 1)
            s[r.choice(["then", "else"])] = random_schema(r, depth - 1)
        elif word == "unique":
            s["uniqueItems"] = True
        else:
            s["type"] = ["object", "array", r.choice(["string", "integer"])]
    return s


def random_value(r, depth):
    if depth == 0:
        return r.choice([0, 1, 2, 1.5, "a", "b", "", None, True, False])
    if r.random() < 0.5:
        return [random_value(r, r.randint(0, depth - 1))
                for _ in range(r.randint(0, 3))]
    return {k: random_value(r, r.randint(0, depth - 1))
            for k in r.sample("abc", r.randint(0, 3))}


def main():
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["schema", "value", "fits"])
    r = random.Random(20241129)
    cases = list(CASES)
    for _ in range(200):
        s = random_schema(r, r.randint(1, 2))
        cases.append((s, [random_value(r, r.randint(1, 3))
                          for _ in range(3)]))
    for schema, values in cases:
        Draft202012Validator.check_schema(schema)
        for value in values:
            fits = Draft202012Validator(schema).is_valid(value)
            out.writerow([json.dumps(schema), json.dumps(value), int(fits)])


main()
