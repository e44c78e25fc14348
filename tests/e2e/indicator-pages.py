# Pages as a reader and a program read them: headings in order, tables with
# heads, ids once, nothing that runs or is fetched, text from data as text, the
# figures to take away those of the table, and sentences that are true of the
# numbers beside them. What is right is worked out here from the values.
#
#   python3 indicator-pages.py NIB-INDICATOR FOLDER
import csv, io, json, os, re, subprocess, sys
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

tool, folder = sys.argv[1:]
EVIL = "</title><script>alert('1')</script> & \"x\" ]]> \x01\t=1+1,#%"
VOID = {"meta", "br", "link", "img", "path", "circle", "rect"}
bad = 0


class Page(HTMLParser):
    def __init__(self, name, text):
        super().__init__(convert_charrefs=True)
        self.name, self.open, self.ids, self.level = name, [], set(), 0
        self.rows, self.row, self.text, self.links, self.heads = [], None, {}, [], []
        self.feed(text)
        self.close()
        if self.open:
            self.fail(f"left open: {self.open}")

    def fail(self, what):
        global bad
        bad += 1
        print(f"{self.name}: {what}")

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag in ("script", "link", "iframe", "object", "img", "base", "form"):
            self.fail(f"<{tag}>")
        for k, v in attrs:
            if k.startswith("on") or (k in ("href", "src", "xlink:href") and
                                      not v.startswith("data:text/csv")):
                self.fail(f"{k}={v}")
            if k == "style" or (v and "url(" in v):
                self.fail(f"{k}={v}")
        if "id" in a:
            if a["id"] in self.ids:
                self.fail(f"id {a['id']} is there twice")
            self.ids.add(a["id"])
        if re.fullmatch("h[1-6]", tag):
            if int(tag[1]) > self.level + 1:
                self.fail(f"<{tag}> after <h{self.level}>")
            self.level = int(tag[1])
        if tag == "html" and not a.get("lang"):
            self.fail("no language")
        if tag == "svg" and a.get("role") != "img":
            self.fail("a picture without a role")
        if tag == "svg":
            self.named = a["aria-labelledby"].split()
        if tag in ("title", "desc") and "svg" in self.open and "id" in a and \
                a["id"] not in self.named:
            self.fail("a title of nothing")
        if tag == "th" and a.get("scope") not in ("col", "row"):
            self.fail("a head without scope")
        if tag == "tr":
            self.row = []
        if tag in ("td", "th"):
            self.row.append("")
        if tag == "a":
            self.links.append(a)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.fail(f"</{tag}> closes what is not open")
        if tag == "tr":
            (self.heads if "thead" in self.open else self.rows).append(self.row)

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.row[-1] += data
        for tag in set(self.open):
            self.text[tag] = self.text.get(tag, "") + data

    def figures(self):
        if len(self.links) != 1:
            self.fail(f"{len(self.links)} downloads")
        head, data = self.links[0]["href"].split(",", 1)
        if head != "data:text/csv;charset=utf-8" or re.search(r"[\s<>\"#]", data):
            self.fail("data that a browser would change")
        return list(csv.DictReader(io.StringIO(unquote_to_bytes(data).decode(), newline="")))


def run(*args):
    r = subprocess.run([tool, *args], capture_output=True)
    if r.returncode:
        sys.exit(f"{args}: {r.stderr.decode()}")
    return r.stdout.decode()


def shown(x, digits):
    return f"{float(x):,.{digits}f}".replace("-", "−") if x != "" else ""


def seen(s):  # as a page can hold it
    return s.replace("\x01", "\ufffd")


def table_is_csv(page, area, digits):
    data = page.figures()
    if area is None:
        last = max(r["period"] for r in data)
        data = [r for r in data if r["period"] == last]
    want = [[seen(r["name"]), r["period"], shown(r["value"], digits),
             shown(r["lower_95"], digits), shown(r["upper_95"], digits)] for r in data]
    have = [[r[0], r[1], r[4], r[5], r[6]] for r in page.rows]
    for w in want:
        if w not in have:
            page.fail(f"in the CSV and not in the table: {w}")
    for h in have:
        if area is not None and h not in want:
            page.fail(f"in the table and not in the CSV: {h}")


counts = os.path.join(folder, "counts.csv")
values = os.path.join(folder, "values.csv")
with open(counts, "w", newline="") as f:
    w = csv.writer(f)
    w.writerow("indicator area period numerator denominator".split())
    for k, year in enumerate(range(2019, 2025)):
        w.writerow(["ae_four_hours", EVIL, year, 400 + 90 * k, 1000])
        w.writerow(["ae_four_hours", "B", year, 7, 0 if k == 5 else 10])
        w.writerow(["ae_four_hours", "All", year, 800000 + k, 1000000])
        # Misses the target of 95 by what is not shown, and England by more.
        w.writerow(["ae_four_hours", "C", year, 949600, 1000000])
        # Less than all together by what is not shown.
        w.writerow(["ae_four_hours", "D", year, 79960000, 100000000])
        w.writerow(["caesarean_rate", "B", year, 300 + k, 1000])
        w.writerow(["caesarean_rate", "All", year, 20000, 100000])
        w.writerow(["ae_unplanned_reattendance", "B", year, 30, 1000])
        w.writerow(["ae_unplanned_reattendance", "All", year, 700, 10000])
with open(values, "w") as f:
    f.write(run("rate", counts))
for area in None, EVIL, "B", "C", "D", "All":
    page = Page(f"ae_four_hours {area!r}", run(
        "report", "-c", "All", "--source", EVIL, *(["-a", area] if area else []),
        "ae_four_hours", values))
    table_is_csv(page, area, 1)
    if page.heads[0][-1] != "Compared with All; notes":
        page.fail(f"head {page.heads[0][-1]}")
    said = {
        # C, 94.96, and 850 of 1000 are better than 80.0005, D, 79.96, is worse.
        None: ["Of 3 areas, 2 are better than, 1 is worse than and 0 are not clearly different "
               "from All. 1 more could not be compared."],
        EVIL: [" That is better than All, which has 80.0%. It does not meet the target of at "
               "least 95.0%. It is up from 76.0% in 2023. Over the last five periods it has been "
               "increasing."],
        "B": ["B, 2024: no value (the denominator is not above zero).Shows"],
        "C": ["C, 2024: 95.0%. That is better than All, which has 80.0%. It just misses the "
              "target of at least 95.0%. It has not clearly changed since 2023."],
        "D": ["D, 2024: 80.0%. That is worse than All, which has slightly more. It does not "],
        "All": ["All, 2024: 80.0%. It does not meet the target of at least 95.0%. It has"],
    }[area]
    for s in said:
        if s not in page.text["p"]:
            page.fail(f"does not say {s!r}: {page.text['p'][:600]!r}")
    if area == EVIL and (seen(EVIL) not in page.text["p"] or page.text["title"].count("alert") < 1):
        page.fail("the name is not as it was")
page = Page("area", run("report", "-c", "All", "-a", "B", values))
s = ("Of its latest values 1 is better than, 0 are worse than, 1 is higher than, 0 are lower "
     "than and 0 are not clearly different from All.")
if s not in page.text["p"]:
    page.fail(f"does not say {s!r}: {page.text['p'][:600]!r}")
if len(page.rows) != 18 or len(page.figures()) != 18:
    page.fail("an area has 18 values")
page = Page("no comparator", run("report", "ae_four_hours", values))
if "5 areas" in page.text["p"] or \
        "4 areas, 2024: from 80.0% (D) to 95.0% (C). 1 more has no value." not in page.text["p"]:
    page.fail(page.text["p"][:300])

# Where low is good, a target is a most; and what is expected has its digits.
share = os.environ["NIB_SHARE"]
low = os.path.join(folder, "low_share.json")
with open(os.path.join(share, "indicators", "ae_unplanned_reattendance.json")) as f:
    d = json.load(f)
d["id"], d["target"] = "low_share", 5
with open(low, "w") as f:
    json.dump(d, f)
for n, s in (30, " It meets the target of at most 5.0%."), \
        (90, " It does not meet the target of at most 5.0%."):
    with open(counts, "w") as f:
        f.write(f"indicator,area,period,numerator,denominator\nlow_share,B,2024,{n},1000\n")
    with open(values, "w") as f:
        f.write(run("rate", low, counts))
    page = Page(f"low {n}", run("report", low, values))
    if s not in page.text["p"]:
        page.fail(f"does not say {s!r}: {page.text['p'][:300]!r}")
with open(counts, "w") as f:
    f.write("indicator,area,period,numerator,denominator\nshmi,B,2024,5,3.4\n")
with open(values, "w") as f:
    f.write(run("rate", "shmi", counts))
page = Page("expected", run("report", "shmi", values))
if page.heads[0][2:4] != ["Observed", "Expected"] or page.rows[0][2:5] != ["5", "3.40", "1.4706"]:
    page.fail(f"{page.heads[0]} {page.rows[0]}")
Page("definition", run("show", "--format", "html", "shmi"))
sys.exit(bad > 0)
