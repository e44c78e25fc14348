"""Random pairs and the persons they make, by the definitions of nib-link(1)
taken literally: sets of ids, joined one pair after the other. Nothing is
shared with nib. Prints cases as lines: case OPTIONS; pair L,R,WEIGHT;
record ID,NHS,SEX,BORN; decision L,R,WORD; want ID,PERSON."""
import random

rng = random.Random(20261123)
NHS = ["9434765919", "9434765870", "9000000009", "9434765918", ""]  # 4th: wrong digit
VALID = set(NHS[:3])
BORN = ["1970-05-06", "1980-02-03", ""]


def clash(a, b):
    """Two valid different NHS numbers, or both sex and birth date differ."""
    if a[0] in VALID and b[0] in VALID and a[0] != b[0]:
        return True
    return "" not in (a[1], b[1], a[2], b[2]) and a[1] != b[1] and a[2] != b[2]


def persons(pairs, method, threshold, ties, records, decisions):
    order = {}
    for l, r, _ in pairs:
        for x in (l, r):
            order.setdefault(x, len(order))
    for l, r, _ in decisions:
        for x in (l, r):
            order.setdefault(x, len(order))
    group = {x: {x} for x in order}
    apart = {frozenset((l, r)) for l, r, word in decisions if word == "different"}

    def join(l, r, veto):
        a, b = group[l], group[r]
        if a is b:
            return
        for x in a:
            for y in b:
                if frozenset((x, y)) in apart:
                    return
                if veto and {x, y} != {l, r} and clash(records[x], records[y]):
                    return
        a |= b
        for x in b:
            group[x] = a

    settled = set()
    for l, r, word in decisions:
        if word == "same":
            join(l, r, False)
            settled |= {l, r}
    edges = [p for p in pairs if p[2] >= threshold and p[0] != p[1]]
    if decisions or records or method == "greedy":
        edges.sort(key=lambda p: (-p[2], order[p[0]], order[p[1]]))
    if method == "components":
        chosen = edges
    elif method == "greedy":
        free = set(order) - settled
        for l, r, _ in edges:
            if l in free and r in free:
                join(l, r, bool(records))
                if group[l] is group[r]:
                    free -= {l, r}
        chosen = []
    else:
        able = [
            p
            for p in edges
            if not {p[0], p[1]} & settled and frozenset(p[:2]) not in apart
        ]

        def best(x, side):
            mine = [p for p in able if p[side] == x]
            top = max(p[2] for p in mine)
            who = {p[1 - side] for p in mine if p[2] == top}
            if len(who) > 1 and ties == "drop":
                return None
            return min(who, key=order.get)

        # Left and right ids differ, so a thing has one side.
        chosen = [
            p
            for p in able
            if best(p[1], 1) == p[0]
            and (method == "single-best" or best(p[0], 0) == p[1])
        ]
    for l, r, _ in chosen:
        join(l, r, bool(records))
    return [(x, 1 + min(order[y] for y in group[x])) for x in order]


def main():
    made = 0
    while made < 120:
        method = ("mutual-best", "single-best", "components", "greedy")[made % 4]
        ties = rng.choice(("drop", "lowest"))
        n = rng.randint(2, 9)
        left = [f"L{i}" for i in range(n)]
        right = [f"R{i}" for i in range(n)]
        if method == "components":  # within one file
            right = left
        pairs = {}
        for _ in range(rng.randint(1, 3 * n)):
            l, r = rng.choice(left), rng.choice(right)
            if l != r and (r, l) not in pairs:
                pairs[l, r] = rng.randint(-2, 6)
        pairs = [(l, r, w) for (l, r), w in pairs.items()]
        if not pairs:
            continue
        ids = {x for p in pairs for x in p[:2]}
        records = {}
        if rng.random() < 0.6:
            records = {
                x: (rng.choice(NHS), rng.choice(("1", "2", "")), rng.choice(BORN))
                for x in sorted(ids)
            }
        decisions = []
        if rng.random() < 0.4:
            p = rng.choice(pairs)
            decisions = [(p[0], p[1], rng.choice(("same", "different")))]
        threshold = rng.choice((0, 0, 2, -5))
        print(f"case --method {method} --ties {ties} --threshold {threshold}")
        for p in pairs:
            print("pair " + ",".join(map(str, p)))
        for x, values in records.items():
            print(f"record {x}," + ",".join(values))
        for d in decisions:
            print("decision " + ",".join(d))
        for x, p in persons(pairs, method, threshold, ties, records, decisions):
            print(f"want {x},P{p:010d}")
        made += 1


main()
