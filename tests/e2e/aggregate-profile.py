# Each key of each profile in share/disclosure means something: with another
# value of it one of the commands below says something else, or refuses.
#
#   python3 aggregate-profile.py BIN SHARE TESTDATA FOLDER
import copy, glob, json, os, subprocess, sys

tools, share, testdata, folder = sys.argv[1:]
example = os.path.join(testdata, "indicator", "rates")
texts = {"title", "description", "source"}  # for people only
table, rates = os.path.join(folder, "t.csv"), os.path.join(folder, "r.csv")
with open(table, "w") as f:
    f.write("g,h,x,who\n")
    for g in range(14):
        for i in range(g * 2 + 1 + g % 3):
            f.write(f"{g:02},{i % 3},{1000 if i == 0 and g % 2 else 2 * i + 3},{i}\n")
with open(rates, "w") as f:
    f.write("indicator,area,period,numerator,denominator\n")
    for area, n in enumerate([1, 2, 3, 4, 9, 10, 11, 19, 20, 21]):
        f.write(f"ae_four_hours,a{area},2024,{n},100\n")
by = [os.path.join(tools, "nib-aggregate"), "--by", "g"]
who = ["--contributor", "who"]
commands = [
    by + ["--count", "--mean", "x", "--share", "s=h='0'", table],
    by + ["--count", "--sum", "x", table],
    by + ["--count", "--sum", "x", "--mean", "x", "--totals"] + who + [table],
    by + ["--count", "--min", "x", table],
    by + ["--by", "h", "--count", "--cube", table],
    [os.path.join(tools, "nib-indicator"), "rate", rates],
    [os.path.join(tools, "nib-indicator"), "rate", "-p", os.path.join(example, "people.csv"),
     os.path.join(example, "bands.csv")],
]


def answers(profile):
    path = os.path.join(folder, "p.json")
    with open(path, "w") as f:
        json.dump(profile, f)
    for c in commands:
        for mode in [""] if "rate" in c else ["", ":suppress"]:
            r = subprocess.run(c + ["--disclosure", path + mode], capture_output=True)
            yield r.returncode, r.stdout, r.stderr


def leaves(at, path=()):
    for k, v in at.items():
        if isinstance(v, dict):
            yield from leaves(v, path + (k,))
        else:
            yield path + (k,), v


words = {"nearest": ["midpoint"], "midpoint": ["nearest"], "show": ["refuse"], "refuse": ["show"],
         "of-rounded": ["exact"], "exact": ["of-rounded"]}
bad = keys = 0
for file in sorted(glob.glob(os.path.join(share, "disclosure", "*.json"))):
    if file.endswith("schema.json"):
        continue
    with open(file) as f:
        profile = json.load(f)
    was = list(answers(profile))
    for path, value in leaves(profile):
        if path[-1] in texts or path == ("name",):
            continue
        if path == ("ratio",) and "round" not in profile["count"]:
            continue  # parts that are not rounded: the same ratio
        keys += 1
        others = words.get(value, ["?"]) if isinstance(value, str) else [value + 1, value * 2 + 3, max(value - 1, 0)]
        for other in others:
            changed = copy.deepcopy(profile)
            at = changed
            for k in path[:-1]:
                at = at[k]
            at[path[-1]] = other
            if any(a != b for a, b in zip(answers(changed), was)):
                break
        else:
            bad += 1
            print(f"{os.path.basename(file)}: {'.'.join(path)} changes nothing")
print(f"{keys} keys, {bad} without effect")
sys.exit(bad > 0 or keys == 0)
